//! Objects and the arguments of the attribute: the code of `docs/errors.md`, which is made of this. A comment before an
//! item names the case of `fail/` that it mends, its title there, and what else is to be said.
#![allow(dead_code, unused_variables, unused_mut)]

use lumenize::prelude::*;

// case: arguments/unknown
// title: An argument that it does not have
mod unknown {
    use super::*;

    pub struct Desk(Services<Self>);

    #[durable_object(binding = "DESK")]
    impl Desk {
        pub fn new(svc: Services<Self>) -> Self {
            Self(svc)
        }
    }
}

// case: arguments/misspelt
// title: A misspelt argument
mod misspelt {
    use super::*;

    pub struct Desk(Services<Self>);

    #[durable_object(binding = "DESK")]
    impl Desk {
        pub fn new(svc: Services<Self>) -> Self {
            Self(svc)
        }
    }
}

// case: arguments/twice
// title: An argument given twice
mod given_twice {
    use super::*;

    pub struct Desk(Services<Self>);

    #[durable_object(binding = "FRONT")]
    impl Desk {
        pub fn new(svc: Services<Self>) -> Self {
            Self(svc)
        }
    }
}

// case: arguments/value
// title: A value that is no string
mod value {
    use super::*;

    pub struct Desk(Services<Self>);

    #[durable_object(binding = "DESK")]
    impl Desk {
        pub fn new(svc: Services<Self>) -> Self {
            Self(svc)
        }
    }
}

// case: arguments/binding
// title: A binding that is no name
mod binding {
    use super::*;

    pub struct Desk(Services<Self>);

    #[durable_object(binding = "FRONT_DESK")]
    impl Desk {
        pub fn new(svc: Services<Self>) -> Self {
            Self(svc)
        }
    }
}

// case: arguments/crate_path
// title: A path of no crate
mod crate_path {
    use super::*;

    pub struct Desk(Services<Self>);

    #[durable_object(crate = "::lumenize")]
    impl Desk {
        pub fn new(svc: Services<Self>) -> Self {
            Self(svc)
        }
    }
}

// case: arguments/not_arguments
// title: What is no argument at all
mod not_arguments {
    use super::*;

    pub struct Desk(Services<Self>);

    #[durable_object(binding = "DESK")]
    impl Desk {
        pub fn new(svc: Services<Self>) -> Self {
            Self(svc)
        }
    }
}

// case: objects/on_struct
// title: The attribute on a struct
mod on_struct {
    use super::*;

    pub struct Desk {
        svc: Services<Self>,
    }

    #[durable_object]
    impl Desk {
        pub fn new(svc: Services<Self>) -> Self {
            Self { svc }
        }
    }
}

// case: objects/trait_impl
// title: The attribute on the `impl` of a trait
mod trait_impl {
    use super::*;

    #[derive(Clone)]
    pub struct Object;

    #[durable_object]
    impl Object {
        pub fn new(_svc: Services<Self>) -> Self {
            Self
        }
    }
}

// case: objects/enum_generic
// title: A generic object
mod enum_generic {
    use super::*;

    pub enum Either {
        Left(u32),
        Right(String),
    }

    #[durable_object]
    impl Either {
        pub fn new(svc: Services<Self>) -> Result<Self> {
            Ok(match svc.get("left")? {
                Some(left) => Self::Left(left),
                None => Self::Right(String::new()),
            })
        }
    }
}

// case: objects/not_a_name
// title: An object without a name
mod not_a_name {
    use super::*;

    pub struct Pair(u8, u8);

    #[durable_object]
    impl Pair {
        pub fn new(_svc: Services<Self>) -> Self {
            Self(0, 0)
        }
    }
}

// case: objects/missing_new
// title: No `new`
mod missing_new {
    use super::*;

    pub struct Object;

    #[durable_object]
    impl Object {
        pub fn new(_svc: Services<Self>) -> Self {
            Self
        }
        pub fn start(&mut self) {
            let _ = Self::c().start();
        }
    }
}

// case: objects/new_arguments
// title: A `new` that takes more
// What an object is to know from the beginning is told to a handler, and kept.
mod new_arguments {
    use super::*;

    pub struct Desk {
        svc: Services<Self>,
        name: String,
    }

    #[durable_object]
    impl Desk {
        pub fn new(svc: Services<Self>) -> Result<Self> {
            let name = svc.get("name")?.unwrap_or_default();
            Ok(Self { svc, name })
        }
        pub fn rename(&mut self, name: String) -> Result<()> {
            self.svc.put("name", &name)?;
            self.name = name;
            Ok(())
        }
    }
}

// case: objects/new_fails_wrongly
// title: An error that is none, of `new`
mod new_fails_wrongly {
    use super::*;

    #[derive(Debug)]
    pub struct Wrong;

    impl std::fmt::Display for Wrong {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("wrong")
        }
    }

    impl std::error::Error for Wrong {}

    pub struct Desk(Services<Self>);

    #[durable_object]
    impl Desk {
        pub fn new(svc: Services<Self>) -> Result<Self, Wrong> {
            Ok(Self(svc))
        }
    }
}

// case: objects/twice
// title: The attribute twice on one type
// The handlers of an object are in one block; others, without the attribute, may hold what is no handler. A
// macro sees one block at a time, so it is rustc that finds the second, with a message for each thing that is
// there twice: the builder, its methods `c` and `then`, three implementations.
mod twice {
    use super::*;

    pub struct Object {
        svc: Services<Self>,
    }

    #[durable_object]
    impl Object {
        pub fn new(svc: Services<Self>) -> Self {
            Self { svc }
        }
        pub fn start(&mut self) {
            let _ = &self.svc;
        }
    }

    impl Object {
        fn help(&self) {}
    }
}

// case: objects/stacked
// title: The attribute twice on one block
mod stacked {
    use super::*;

    pub struct Desk(Services<Self>);

    #[durable_object(binding = "DESK")]
    impl Desk {
        pub fn new(svc: Services<Self>) -> Self {
            Self(svc)
        }
    }
}

// case: objects/name_taken
// title: A type that is called as the builder is
// For an object `Desk` there is a builder `DeskContinuation`, in the module of the `impl` block. The further
// messages come from uses of that name.
mod name_taken {
    use super::*;

    pub struct Desk(Services<Self>);
    pub struct Continued;

    #[durable_object]
    impl Desk {
        pub fn new(svc: Services<Self>) -> Self {
            Self(svc)
        }
    }
}

// case: objects/no_attribute
// title: An object without the attribute
// shows: 2
mod no_attribute {
    use super::*;

    pub struct Desk {
        svc: Services<Self>,
    }

    #[durable_object]
    impl Desk {
        pub fn new(svc: Services<Self>) -> Self {
            Self { svc }
        }
        pub fn start(&mut self) -> Result<()> {
            self.svc.put("started", &true)?;
            Ok(())
        }
    }
}

// case: objects/services_cloned
// title: `Services` in two places
// An object has one `Services`, so that what writes needs `&mut self`: lend it.
mod services_cloned {
    use super::*;

    pub struct Desk {
        svc: Services<Self>,
    }

    #[durable_object]
    impl Desk {
        pub fn new(svc: Services<Self>) -> Self {
            Self { svc }
        }
        pub fn start(&mut self) -> Result<()> {
            self.svc.put("started", &true)?;
            Ok(())
        }
    }
}

fn main() {}
