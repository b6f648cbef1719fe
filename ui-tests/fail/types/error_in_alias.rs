use lumenize::prelude::*;

pub struct Wrong;

type Result<T, E = Wrong> = std::result::Result<T, E>;

pub struct Desk {
    svc: Services<Self>,
}

#[durable_object]
impl Desk {
    pub fn new(svc: Services<Self>) -> Self {
        Self { svc }
    }
    pub fn start(&mut self) -> Result<()> {
        self.svc.put("done", &true)?;
        Ok(())
    }
    fn wrong(&mut self) -> Result<()> {
        Ok(())
    }
}

fn main() {}
