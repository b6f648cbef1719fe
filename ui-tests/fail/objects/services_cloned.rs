use lumenize::prelude::*;

pub struct Desk {
    svc: Services<Self>,
}

#[durable_object]
impl Desk {
    pub fn new(svc: Services<Self>) -> Self {
        Self { svc }
    }
    pub fn start(&self) -> Result<()> {
        let mut svc = self.svc.clone();
        svc.put("started", &true)?;
        Ok(())
    }
}

fn main() {}
