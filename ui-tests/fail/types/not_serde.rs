use lumenize::prelude::*;

pub struct Object {
    svc: Services<Self>,
}

pub struct Task;

#[derive(Serialize)]
pub struct Written;

#[durable_object]
impl Object {
    pub fn new(svc: Services<Self>) -> Self {
        Self { svc }
    }
    pub fn start(&mut self, _task: Task) {
        let _ = &self.svc;
    }
    pub fn finish(&self) -> Task {
        Task
    }
    pub fn half(&self, _many: Vec<Written>) {}
}

fn main() {}
