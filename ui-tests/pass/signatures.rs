//! Signatures that look like mistakes, and are none.
#![allow(unused_parens)]

use lumenize::prelude::*;

pub struct Odd {
    svc: Services<Self>,
}

#[durable_object]
impl Odd {
    pub fn new(svc: lumenize::Services<Odd>) -> lumenize::Result<Self> {
        Ok(Self { svc })
    }
    pub const fn constant(&self) -> u8 {
        1
    }
    pub fn typed(self: &Self, n: u8) -> u8 {
        n
    }
    pub fn typed_mut(self: &mut Self) {}
    pub fn named(self: &Odd) -> u8 {
        1
    }
    pub fn named_mut(self: (&'_ mut (Odd))) {}
    pub fn hidden_lifetimes(&'_ mut self, text: &'_ str) -> String {
        text.to_owned()
    }
    pub fn sizes(&self, many: Vec<usize>, maybe: Option<isize>) -> (usize, u8) {
        (many.len(), maybe.is_some() as u8)
    }
    pub fn own_name(&self, text: usize_) -> usize_ {
        text
    }
    pub fn where_clause(&self, it: String) -> String
    where
        Self: Sized,
    {
        it
    }
    pub fn trailing(&mut self, a: u8) -> Result<(), &'static str> {
        let _ = (&self.svc, a);
        Err("a text is an error, too")
    }
    pub fn parenthesised(&self, a: (u8)) -> (u8) {
        a
    }
    #[handler(skip)]
    pub async fn waits(&self) -> &str {
        self.svc.name()
    }
    #[handler(skip)]
    pub unsafe fn generic<'a, T: ?Sized>(&'a mut self, it: &'a T, f: impl Fn()) -> &'a T {
        f();
        it
    }
    pub async fn no_receiver<T>(it: T) -> T {
        it
    }
    const NUMBER: u8 = 1;
}

#[allow(non_camel_case_types)]
#[derive(Serialize, Deserialize)]
pub struct usize_(u64);

fn main() {
    let _ = Odd::c().constant().typed(Odd::NUMBER).typed_mut().hidden_lifetimes("a").own_name(usize_(1));
    let _ = Odd::c().where_clause("a").trailing(1);
}
