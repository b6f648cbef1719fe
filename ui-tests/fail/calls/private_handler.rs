mod directory {
    use lumenize::prelude::*;

    pub struct Directory(#[allow(dead_code)] Services<Self>);

    #[durable_object]
    impl Directory {
        pub fn new(svc: Services<Self>) -> Self {
            Self(svc)
        }
        fn secret(&self) -> String {
            String::new()
        }
    }
}

use directory::Directory;
use lumenize::prelude::*;

pub struct Desk {
    svc: Services<Self>,
}

#[durable_object]
impl Desk {
    pub fn new(svc: Services<Self>) -> Self {
        Self { svc }
    }
    pub fn start(&mut self) -> Result<CallId> {
        Ok(self.svc.call("main", Directory::c().secret()).send()?)
    }
}

fn main() {}
