use lumenize::{Object, Services, durable_object};

#[allow(dead_code)]
pub struct Idle(Services<Self>);

#[durable_object]
impl Idle {
    fn new(svc: Services<Self>) -> Self {
        Self(svc)
    }
}

mod inner {
    #[allow(dead_code)]
    pub struct Elsewhere(pub lumenize::Services<Self>);
}

#[durable_object]
impl inner::Elsewhere {
    fn new(svc: Services<Self>) -> Self {
        Self(svc)
    }
    pub fn here(&self) -> u8 {
        1
    }
}

fn main() {
    assert!(Idle::HANDLERS.is_empty());
    let _ = Idle::c();
    let _ = inner::Elsewhere::c().here();
    assert_eq!(inner::Elsewhere::CLASS, "Elsewhere");
}
