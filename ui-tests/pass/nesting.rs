use lumenize::prelude::*;

pub struct Nests {
    svc: Services<Self>,
}

#[durable_object]
impl Nests {
    fn new(svc: Services<Self>) -> Self {
        Self { svc }
    }
    pub fn number(&self) -> u32 {
        1
    }
    pub fn text(&self, n: u32) -> String {
        n.to_string()
    }
    pub fn both(&mut self, n: u32, text: &str) -> String {
        format!("{n}{text}")
    }
    pub fn optional(&mut self, text: Option<String>, many: Vec<u32>) {
        let _ = (text, many);
    }
    pub fn start(&mut self) -> Result<()> {
        let name = String::from("a");
        let alarms = &mut self.svc.alarms;
        alarms.schedule(Duration::ZERO, Self::c().both(1, "b"))?;
        alarms.schedule(Duration::ZERO, Self::c().both(Self::c().number(), &name))?;
        alarms.schedule(Duration::ZERO, Self::c().both(Self::c().number(), Self::c().text(2)))?;
        alarms.schedule(
            Duration::ZERO,
            Self::c().both(1, Self::c().text(Self::c().number().number())).optional(None, vec![1]),
        )?;
        alarms.schedule(
            Duration::ZERO,
            Self::c().number().then(|n| Self::c().both(n, Self::c().text(n))),
        )?;
        alarms.schedule(
            Duration::ZERO,
            Self::c().number().then(|n| {
                Self::c().text(n).then(|text| Self::c().both(n, text).then(move |_| Self::c().both(n, text)))
            }),
        )?;
        let steps = Self::c().both(Self::c().number().then(|_| Self::c().number()), name).number();
        alarms.schedule(Duration::ZERO, steps)?;
        Ok(())
    }
}

fn main() {}
