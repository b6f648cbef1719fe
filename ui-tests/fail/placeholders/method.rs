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
        self.svc.call("main", Directory::c().name())
            .on_success(|name| Self::c().greet(name.to_uppercase()))
            .send()?;
        Ok(())
    }
    fn greet(&mut self, name: String) {
        let _ = name;
    }
}

fn main() {}
