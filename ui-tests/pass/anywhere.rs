//! In a function's body, in nested modules, from a macro by example, and through a re-export.

mod facade {
    pub use lumenize;
    pub mod deeper {
        pub use lumenize as objects;
    }
}

mod outer {
    pub mod inner {
        use crate::facade::lumenize::{Services, durable_object};

        pub struct Nested(#[allow(dead_code)] Services<Self>);

        #[durable_object(crate = "crate::facade::lumenize")]
        impl Nested {
            fn new(svc: Services<Self>) -> Self {
                Self(svc)
            }
            pub(in crate::outer) fn near(&self) {}
            pub fn name(&self, of: &str) -> String {
                of.to_owned()
            }
        }
    }

    pub struct Sibling(#[allow(dead_code)] crate::facade::deeper::objects::Services<Self>);

    pub fn near() {
        let _ = inner::Nested::c().near();
    }
}

// The `impl` block may be elsewhere than the type.
#[crate::facade::lumenize::durable_object(crate = "crate::facade::deeper::objects")]
impl outer::Sibling {
    pub fn new(_svc: crate::facade::lumenize::Services<Self>) -> Self {
        loop {}
    }
    pub fn number(&self) -> u32 {
        1
    }
}

macro_rules! objects {
    ($($(#[$meta:meta])* $name:ident { $($handler:ident($($arg:ident: $ty:ty),*) $(-> $returns:ty)? $body:block)* })*) => {
        $(
            $(#[$meta])*
            pub struct $name(#[allow(dead_code)] lumenize::Services<Self>);

            #[lumenize::durable_object]
            impl $name {
                pub fn new(svc: lumenize::Services<Self>) -> Self {
                    Self(svc)
                }
                $(pub fn $handler(&mut self, $($arg: $ty),*) $(-> $returns)? $body)*
            }
        )*
    };
}

objects! {
    /// One.
    First {
        add(a: u32, b: &u32) -> u32 { a + b }
        nothing() {}
    }
    Second {
        greet(name: &str) -> lumenize::Result<String> { Ok(name.to_owned()) }
    }
}

fn main() {
    use lumenize::prelude::*;

    pub struct Local {
        svc: Services<Self>,
    }

    #[durable_object]
    impl Local {
        pub fn new(svc: Services<Self>) -> Self {
            Self { svc }
        }
        pub fn start(&mut self) -> Result<()> {
            self.svc.alarms.schedule(Duration::ZERO, Self::c().start())?;
            Ok(())
        }
    }

    outer::near();
    let _ = Local::c().start();
    let _ = outer::inner::Nested::c().name("a");
    let _ = outer::Sibling::c().number();
    let _ = First::c().add(1, 2).nothing();
    let _ = Second::c().greet("a");
}
