//! Types: the code of `docs/errors.md`, which is made of this. A comment before an
//! item names the case of `fail/` that it mends, its title there, and what else is to be said.
#![allow(dead_code, unused_variables, unused_mut)]

use lumenize::prelude::*;

macro_rules! object {
    ($name:ident $($methods:tt)*) => {
        mod $name {
            #[allow(unused_imports)]
            use super::*;

            pub struct Desk {
                svc: Services<Self>,
            }

            #[durable_object]
            impl Desk {
                pub fn new(svc: Services<Self>) -> Self {
                    Self { svc }
                }
                $($methods)*
            }
        }
    };
}

// case: types/argument_not_serde
// title: An argument that can't be stored
// It is said where the handler names the type, and not again where it is called.
mod argument_not_serde {
    use super::*;

    #[derive(Serialize, Deserialize)]
    pub struct Task;

    pub struct Desk {
        svc: Services<Self>,
    }

    #[durable_object]
    impl Desk {
        pub fn new(svc: Services<Self>) -> Self {
            Self { svc }
        }
        pub fn start(&mut self) -> Result<()> {
            self.svc.alarms.schedule(Duration::ZERO, Self::c().put(Task).start())?;
            Ok(())
        }
        fn put(&mut self, task: Task) {
            let _ = task;
        }
    }
}

// case: continuations/result_not_serde
// title: A result that can't be stored
// Where a continuation that ends in it is run for a caller, the caller can't read it: that is a message of its own.
mod result_not_serde {
    use super::*;

    #[derive(Serialize, Deserialize)]
    pub struct Receipt;

    pub struct Desk {
        svc: Services<Self>,
    }

    #[durable_object]
    impl Desk {
        pub fn new(svc: Services<Self>) -> Self {
            Self { svc }
        }
        pub fn start(&mut self) -> Result<()> {
            self.svc.alarms.schedule(Duration::ZERO, Self::c().receipt())?;
            Ok(())
        }
        fn receipt(&self) -> Receipt {
            Receipt
        }
    }
}

// case: types/not_an_error
// title: An error that is none
mod not_an_error {
    use super::*;

    #[derive(Debug)]
    pub struct Wrong;

    impl std::fmt::Display for Wrong {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("wrong")
        }
    }

    impl std::error::Error for Wrong {}

    pub struct Object {
        svc: Services<Self>,
    }

    #[durable_object]
    impl Object {
        pub fn new(svc: Services<Self>) -> Self {
            Self { svc }
        }
        pub fn start(&mut self) -> Result<(), Wrong> {
            let _ = &self.svc;
            Err(Wrong)
        }
    }
}

// case: types/field_not_serde
// title: A field that can't be stored
// It is serde's derives that say so, each by itself.
mod field_not_serde {
    use super::*;

    #[derive(Serialize, Deserialize)]
    pub struct Name;

    #[derive(Serialize, Deserialize)]
    pub struct Task(Name);

    pub struct Desk {
        svc: Services<Self>,
    }

    #[durable_object]
    impl Desk {
        pub fn new(svc: Services<Self>) -> Self {
            Self { svc }
        }
        pub fn start(&mut self) -> Result<()> {
            self.svc.alarms.schedule(Duration::ZERO, Self::c().put(Task(Name)))?;
            Ok(())
        }
        fn put(&mut self, task: Task) {
            let _ = task;
        }
    }
}

// case: types/no_default
// title: A parameter under `#[handler(default)]` whose type has none
mod no_default {
    use super::*;

    #[derive(Default, Serialize, Deserialize)]
    pub struct Name(String);

    pub struct Desk {
        svc: Services<Self>,
    }

    #[durable_object]
    impl Desk {
        pub fn new(svc: Services<Self>) -> Self {
            Self { svc }
        }
        pub fn greet(&mut self, #[handler(default)] name: Name) {
            let _ = (&self.svc, name);
        }
    }
}

// case: types/state_not_serde
// title: State that can't be stored
object! { state_not_serde
    pub fn start(&mut self) -> Result<()> {
        #[derive(Serialize, Deserialize)]
        struct Task;
        Ok(self.svc.put("task", &Task)?)
    }
}

fn main() {}
