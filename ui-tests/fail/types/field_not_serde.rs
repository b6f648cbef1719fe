use lumenize::prelude::*;

pub struct Name;

#[derive(Serialize, Deserialize)]
pub struct Task(Name);

pub struct Desk {
    svc: Services<Self>,
}

#[durable_object]
impl Desk {
    pub fn new(svc: Services<Self>) -> Self {
        Self { svc }
    }
    pub fn start(&mut self) -> Result<()> {
        self.svc.alarms.schedule(Duration::ZERO, Self::c().put(Task(Name)))?;
        Ok(())
    }
    fn put(&mut self, task: Task) {
        let _ = task;
    }
}

fn main() {}
