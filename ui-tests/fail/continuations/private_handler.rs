mod object {
    use lumenize::prelude::*;

    pub struct Object(#[allow(dead_code)] Services<Self>);

    #[durable_object]
    impl Object {
        fn new(svc: Services<Self>) -> Self {
            Self(svc)
        }
        fn private(&self) {}
        pub fn public(&self) {}
    }
}

fn main() {
    let _ = object::Object::c().public();
    let _ = object::Object::c().private();
}
