use lumenize::prelude::*;

pub struct Desk {
    svc: Services<Self>,
}

#[durable_object]
impl Desk {
    pub fn new(svc: Services<Self>) -> Self {
        Self { svc }
    }
    pub fn start(&mut self) -> Result<()> {
        self.svc.alarms.schedule(Duration::ZERO, Self::c().sort(vec![String::new()]))?;
        Ok(())
    }
    fn sort(&mut self, names: &mut Vec<String>) {
        names.sort();
    }
}

fn main() {}
