use lumenize::{Object, Services, durable_object};

#[allow(dead_code)]
pub struct Gated(Services<Self>);

#[durable_object]
impl Gated {
    #[cfg(not(any()))]
    fn new(svc: Services<Self>) -> Self {
        Self(svc)
    }
    #[cfg(any())]
    fn new(svc: Services<Self>) -> Result<Self, NoSuchType> {
        Ok(Self(svc))
    }
    #[cfg(any())]
    pub fn gone(&self, it: NoSuchType) -> NoSuchType {
        it
    }
    #[cfg(any())]
    pub fn either(&self, it: NoSuchType) -> NoSuchType {
        it
    }
    #[cfg(not(any()))]
    pub fn either(&self, it: u8) -> u8 {
        it
    }
}

pub struct Whole;

#[durable_object]
#[cfg(any())]
impl Whole {
    pub fn gone(&self, it: NoSuchType) {}
}

fn main() {
    let _ = Whole;
    let _ = Gated::c().either(1);
    assert_eq!(Gated::HANDLERS.len(), 1);
}
