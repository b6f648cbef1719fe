#![no_implicit_prelude]

pub struct Bare {
    _svc: ::lumenize::Services<Self>,
}

#[::lumenize::durable_object]
impl Bare {
    pub fn new(svc: ::lumenize::Services<Self>) -> Self {
        Self { _svc: svc }
    }
    pub fn one(&mut self, name: ::std::string::String, many: &[u8], text: &str) -> ::lumenize::Result<u32> {
        let _ = (name, many, text);
        ::lumenize::Result::Ok(1)
    }
    pub fn two(&self) -> u32 {
        2
    }
    pub fn three(&self) {}
}

fn main() {
    let _ = Bare::c().one("a", ::std::vec::Vec::<u8>::new(), "b").then(|_| Bare::c().two()).three();
}
