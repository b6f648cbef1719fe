//! What `new` and handlers may fail with, and how a `Result` may be written.

use lumenize::{ErrorCode, HandlerError, Services, durable_object};
use std::fmt;

#[derive(Debug)]
pub struct Own;
impl fmt::Display for Own {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("own")
    }
}
impl std::error::Error for Own {}

mod app {
    pub type Result<T = ()> = std::result::Result<T, super::Own>;
}

#[allow(dead_code)]
pub struct Fallible(Services<Self>);

#[durable_object]
impl Fallible {
    pub fn new(svc: Services<Self>) -> Result<Self, Own> {
        Ok(Self(svc))
    }
    pub fn own(&self) -> Result<u8, Own> {
        Err(Own)
    }
    pub fn code(&self) -> Result<u8, ErrorCode> {
        Err(ErrorCode::new("no", "no"))
    }
    pub fn text(&self) -> Result<u8, String> {
        Err("no".into())
    }
    pub fn fixed(&self) -> Result<u8, &'static str> {
        Err("no")
    }
    pub fn plain(&self) -> Result<u8, HandlerError> {
        Ok(1)
    }
    pub fn boxed(&self) -> Result<u8, Box<dyn std::error::Error>> {
        Ok(1)
    }
    pub fn path(&self) -> ::std::result::Result<u8, Own> {
        Ok(1)
    }
    pub fn io(&self) -> std::io::Result<u8> {
        Ok(1)
    }
    pub fn bare(&self) -> app::Result {
        Ok(())
    }
    pub fn formatted(&self) -> fmt::Result {
        Ok(())
    }
    pub fn take(&mut self, a: u8, unit: ()) {
        let _ = (a, unit);
    }
}

fn main() {
    let _ = Fallible::c().take(Fallible::c().own(), Fallible::c().bare());
    let _ = Fallible::c().formatted().then(|unit| Fallible::c().take(Fallible::c().io(), unit));
}
