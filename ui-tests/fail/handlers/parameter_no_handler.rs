use lumenize::prelude::*;

pub struct Desk {
    svc: Services<Self>,
}

#[durable_object]
impl Desk {
    pub fn new(svc: Services<Self>) -> Self {
        Self { svc }
    }
    #[handler(skip)]
    fn help(&mut self, #[handler(default)] name: String) {
        let _ = (&self.svc, name);
    }
    fn greet(#[handler(was = "me")] &mut self) {
        self.help(String::new());
    }
    fn plain(#[handler(was = "number")] count: u8) -> u8 {
        count
    }
}

fn main() {}
