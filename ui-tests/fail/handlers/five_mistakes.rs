use lumenize::prelude::*;

pub struct Task;

pub struct Desk {
    svc: Services<Self>,
}

#[durable_object]
impl Desk {
    pub fn new(svc: Services<Self>) -> Self {
        Self { svc }
    }
    pub async fn fetch(&mut self, url: String) {
        let _ = (&self.svc, url);
    }
    pub fn take(&mut self, count: usize) {
        let _ = count;
    }
    pub fn put(&mut self, task: Task) {
        let _ = task;
    }
    pub fn start(&mut self) -> Result<()> {
        self.svc.alarms.schedule(Duration::ZERO, Self::c().fetch("a").take(1).put(Task))?;
        self.svc.alarms.schedule(Duration::ZERO, Self::c().start().then(|_| Self::c().name()))?;
        self.svc.alarms.schedule(Duration::ZERO, Self::c().greet(1))?;
        Ok(())
    }
    fn name(&self) -> &str {
        ""
    }
    fn greet(&mut self, name: String) {
        let _ = name;
    }
}

fn main() {}
