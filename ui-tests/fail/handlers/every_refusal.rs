use lumenize::prelude::*;
use std::fmt::Display;

pub struct Object {
    svc: Services<Self>,
}

#[durable_object(unknown)]
impl Object {
    pub fn new(svc: Services<Self>, _more: u8) -> Self {
        Self { svc }
    }
    pub async fn waits(&mut self) {
        let _ = &self.svc;
    }
    pub fn generic<T>(&self) {}
    pub fn constant<const N: u8>(&self) {}
    pub fn some_type(&self, _it: impl Display) -> impl Display {
        1
    }
    pub fn lifetime<'a>(&'a self, _it: &'a str) {}
    pub fn forever(&self, _it: &'static str) {}
    pub fn by_value(self) {}
    pub fn boxed(self: Box<Self>) {}
    pub fn counted(self: &std::rc::Rc<Self>) {}
    pub fn returns(&self) -> &str {
        ""
    }
    pub fn returns_inside(&self) -> Result<&str> {
        Ok("")
    }
    pub fn size(&self, _it: usize, _other: &isize) -> usize {
        1
    }
    pub fn result_size(&self) -> Result<std::primitive::usize> {
        Ok(1)
    }
    pub fn changes(&self, _it: &mut String) {}
    pub fn inside(&self, _it: Option<&str>) -> Vec<&'static str> {
        vec![]
    }
    pub fn object(&self, _it: &dyn Display) -> Option<Box<dyn Display>> {
        None
    }
    pub unsafe fn dangerous(&self) {}
    pub extern "C" fn foreign(&self) {}
    pub fn gated(&self, #[cfg(all())] _it: u8) {}
    pub fn then(&self) {}
    pub fn __hidden(&self) {}
    pub fn c() {}
    pub fn foo1(&self) {}
    pub fn foo_1(&self) {}
    #[handler(skpi)]
    pub fn misspelt(&self) {}
    #[handler]
    pub fn bare(&self) {}
    pub fn fine(&self) {
        let _ = &self.svc;
    }
}

fn main() {
    let _ = Object::fine;
}
