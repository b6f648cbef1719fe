use lumenize::prelude::*;

pub struct Directory(#[allow(dead_code)] Services<Self>);

#[durable_object]
impl Directory {
    pub fn new(svc: Services<Self>) -> Self {
        Self(svc)
    }
    pub fn name(&self) -> String {
        String::new()
    }
}

pub struct Desk {
    svc: Services<Self>,
}

#[durable_object]
impl Desk {
    pub fn new(svc: Services<Self>) -> Self {
        Self { svc }
    }
    pub fn start(&mut self) -> Result<()> {
        let mut alarms = Vec::new();
        self.svc
            .call("main", Directory::c().name())
            .on_success(|name| {
                alarms.push(Self::c().greet(name));
                Self::c().greet(name)
            })
            .send()?;
        for steps in alarms {
            self.svc.alarms.schedule(Duration::ZERO, steps)?;
        }
        Ok(())
    }
    fn greet(&mut self, _name: String) {}
}

fn main() {}
