//! Continuations: the code of `docs/errors.md`, which is made of this. A comment before an
//! item names the case of `fail/` that it mends, its title there, and what else is to be said.
#![allow(dead_code, unused_variables, unused_mut)]

use lumenize::prelude::*;

pub struct Directory(Services<Self>);

#[durable_object]
impl Directory {
    pub fn new(svc: Services<Self>) -> Self {
        Self(svc)
    }
    pub fn name(&self) -> String {
        String::new()
    }
}

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

// case: continuations/empty
// title: An empty continuation
// An empty one is no argument, either: it has nothing to return.
object! { empty
    pub fn start(&mut self) -> Result<()> {
        self.svc.alarms.schedule(Duration::ZERO, Self::c().number())?;
        Ok(())
    }
    fn number(&self) -> u64 {
        1
    }
}

// case: continuations/another_object
// title: A continuation of another object
// An alarm runs handlers of its own object; those of another are called.
object! { another_object
    pub fn start(&mut self) -> Result<()> {
        self.svc.call("main", Directory::c().name()).send()?;
        Ok(())
    }
}

// case: continuations/nested_another_object
// title: An argument that is a continuation of another object
object! { nested_another_object
    pub fn start(&mut self) -> Result<()> {
        self.svc
            .call("main", Directory::c().name())
            .on_success(|name| Self::c().greet(name))
            .send()?;
        Ok(())
    }
    fn greet(&mut self, name: String) {
        let _ = name;
    }
}

// case: continuations/then_another_object
// title: One in `.then`
object! { then_another_object
    pub fn start(&mut self) -> Result<()> {
        self.svc
            .call("main", Directory::c().name())
            .on_success(|name| Self::c().greet(name).number())
            .send()?;
        Ok(())
    }
    fn greet(&mut self, name: String) {
        let _ = name;
    }
    fn number(&self) -> u64 {
        1
    }
}

// case: continuations/argument_type
// title: An argument of a wrong type
object! { argument_type
    pub fn start(&mut self) -> Result<()> {
        self.svc.alarms.schedule(Duration::ZERO, Self::c().count(1))?;
        self.svc.alarms.schedule(Duration::ZERO, Self::c().count(Self::c().number()))?;
        self.svc.alarms.schedule(Duration::ZERO, Self::c().number().then(|number| Self::c().count(number)))?;
        Ok(())
    }
    fn number(&self) -> u64 {
        1
    }
    fn count(&mut self, number: u64) {
        let _ = number;
    }
}

// case: continuations/optional
// title: `Some("…")` for an `Option<String>`
object! { optional
    pub fn start(&mut self) -> Result<()> {
        self.svc.alarms.schedule(Duration::ZERO, Self::c().maybe(Some("Ada".to_owned())))?;
        Ok(())
    }
    fn maybe(&mut self, name: Option<String>) {
        let _ = name;
    }
}

// case: continuations/number_type
// title: A number of another type
object! { number_type
    pub fn start(&mut self) -> Result<()> {
        let items = vec![1, 2, 3];
        self.svc.alarms.schedule(Duration::ZERO, Self::c().count(items.len() as u64))?;
        Ok(())
    }
    fn count(&mut self, number: u64) {
        let _ = number;
    }
}

// case: continuations/into
// title: `.into()` as an argument
// An argument may be a value, a placeholder or a continuation, so its type does not say what to convert to: write
// the type. rustc can be told no text for this.
object! { into
    pub fn start(&mut self) -> Result<()> {
        self.svc.alarms.schedule(Duration::ZERO, Self::c().greet("Ada"))?;
        self.svc.alarms.schedule(Duration::ZERO, Self::c().greet(String::from('A')))?;
        Ok(())
    }
    fn greet(&mut self, name: String) {
        let _ = name;
    }
}

// case: continuations/default
// title: `Default::default()` as an argument
// As `.into()`; and so are `.sum()` and `.collect()`.
object! { default
    pub fn start(&mut self) -> Result<()> {
        self.svc.alarms.schedule(Duration::ZERO, Self::c().count(u64::default()))?;
        Ok(())
    }
    fn count(&mut self, number: u64) {
        let _ = number;
    }
}

// case: continuations/parse
// title: `.parse()?` as an argument
// As `.into()`. Since edition 2024 rustc takes the type to be `!` when nothing else says it, and finds that
// wrong twice.
object! { parse
    pub fn start(&mut self) -> Result<()> {
        self.svc.alarms.schedule(Duration::ZERO, Self::c().count("1".parse::<u64>()?))?;
        Ok(())
    }
    fn count(&mut self, number: u64) {
        let _ = number;
    }
}

// case: continuations/number_of_arguments
// title: Too few arguments, or too many
object! { number_of_arguments
    pub fn start(&mut self) -> Result<()> {
        self.svc.alarms.schedule(Duration::ZERO, Self::c().greet("Ada"))?;
        Ok(())
    }
    fn greet(&mut self, name: String) {
        let _ = name;
    }
}

// case: continuations/called
// title: A handler that is called instead of named
// `self.number()` runs it now, as ever; `Self::c().number()` says that it is to run later.
object! { called
    pub fn start(&mut self) -> Result<()> {
        self.svc.alarms.schedule(Duration::ZERO, Self::c().number())?;
        Ok(())
    }
    fn number(&self) -> u64 {
        1
    }
}

// case: continuations/by_name
// title: A name instead of a handler
object! { by_name
    pub fn start(&mut self) -> Result<()> {
        self.svc.alarms.schedule(Duration::ZERO, Self::c().number())?;
        Ok(())
    }
    fn number(&self) -> u64 {
        1
    }
}

// case: continuations/unknown_handler
// title: A handler that there is none of
object! { unknown_handler
    pub fn start(&mut self) {
        let _ = Self::c().start();
    }
}

// case: continuations/private_handler
// title: A private handler from outside of its module
// A handler that is `pub` is part of the remote interface; any other is for continuations of its own module.
mod private_handler {
    mod object {
        use lumenize::prelude::*;

        pub struct Object(Services<Self>);

        #[durable_object]
        impl Object {
            fn new(svc: Services<Self>) -> Self {
                Self(svc)
            }
            fn private(&self) {}
            pub fn public(&self) {
                let _ = Self::c().private();
            }
        }
    }

    fn outside() {
        let _ = object::Object::c().public();
    }
}

// case: continuations/unused
// title: A continuation that is not used
// A warning, unless it is denied.
object! { unused
    pub fn start(&mut self) -> Result<()> {
        self.svc.alarms.schedule(Duration::ZERO, Self::c().start())?;
        Ok(())
    }
}

// case: continuations/empty_then
// title: `.then` without a step before
object! { empty_then
    pub fn start(&mut self) -> Result<()> {
        self.svc.alarms.schedule(Duration::ZERO, Self::c().number().then(|number| Self::c().count(number)))?;
        Ok(())
    }
    fn number(&self) -> u64 {
        1
    }
    fn count(&mut self, number: u64) {
        let _ = number;
    }
}

// case: continuations/then_returns_nothing
// title: A closure that returns nothing
object! { then_returns_nothing
    pub fn start(&mut self) -> Result<()> {
        let steps = Self::c().number().then(|number| {
            Self::c().count(number)
        });
        self.svc.alarms.schedule(Duration::ZERO, steps)?;
        Ok(())
    }
    fn number(&self) -> u64 {
        1
    }
    fn count(&mut self, number: u64) {
        let _ = number;
    }
}

// case: continuations/when
// title: A number instead of a time
object! { when
    pub fn start(&mut self) -> Result<()> {
        self.svc.alarms.schedule(Duration::from_secs(60), Self::c().number())?;
        Ok(())
    }
    fn number(&self) -> u64 {
        1
    }
}

// case: continuations/moved
// title: A continuation used twice
object! { moved
    pub fn start(&mut self) -> Result<()> {
        let steps = || Self::c().number();
        self.svc.alarms.schedule(Duration::ZERO, steps())?;
        self.svc.alarms.schedule(Duration::ZERO, steps())?;
        Ok(())
    }
    fn number(&self) -> u64 {
        1
    }
}

fn main() {}
