//! Calls and placeholders: the code of `docs/errors.md`, which is made of this. A comment before an
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

// case: placeholders/method
// title: A method of what is not there yet
// A placeholder stands for what comes later, and is an argument of handlers alone: what is to be done with it, a
// handler does.
object! { method
    pub fn start(&mut self) -> Result<()> {
        self.svc
            .call("main", Directory::c().name())
            .on_success(|name| Self::c().upper(name))
            .send()?;
        Ok(())
    }
    fn upper(&mut self, name: String) -> String {
        name.to_uppercase()
    }
}

// case: placeholders/formatted
// title: A text of what is not there yet
object! { formatted
    pub fn start(&mut self) -> Result<()> {
        self.svc
            .call("main", Directory::c().name())
            .on_success(|name| Self::c().hello(name))
            .send()?;
        Ok(())
    }
    fn hello(&mut self, name: String) -> String {
        format!("hello, {name}")
    }
}

// case: placeholders/reference
// title: A reference to a placeholder
// It is `Copy`.
object! { reference
    pub fn start(&mut self) -> Result<()> {
        self.svc
            .call("main", Directory::c().name())
            .on_success(|name| Self::c().greet(name).greet(name))
            .send()?;
        Ok(())
    }
    fn greet(&mut self, name: String) {
        let _ = name;
    }
}

// case: calls/placeholder_type
// title: A placeholder of a wrong type
object! { placeholder_type
    pub fn start(&mut self) -> Result<()> {
        self.svc
            .call("main", Directory::c().name())
            .on_success(|name| Self::c().greet(name))
            .on_error(|error| Self::c().explain(error))
            .send()?;
        Ok(())
    }
    fn greet(&mut self, name: String) {
        let _ = name;
    }
    fn explain(&mut self, error: CallError) {
        let _ = error;
    }
}

// case: calls/placeholder_escapes
// title: A placeholder that leaves its closure
// What a call returns is known when its handler runs, and to that handler alone: what is to happen with it goes into
// the closure. To rustc the placeholder is a reference to something in there.
object! { placeholder_escapes
    pub fn start(&mut self) -> Result<()> {
        self.svc
            .call("main", Directory::c().name())
            .on_success(|name| Self::c().greet(name).count(1))
            .send()?;
        Ok(())
    }
    fn greet(&mut self, name: String) {
        let _ = name;
    }
    fn count(&mut self, number: u64) {
        let _ = number;
    }
}

// case: calls/placeholder_scheduled
// title: A placeholder in a schedule
object! { placeholder_scheduled
    pub fn start(&mut self) -> Result<()> {
        self.svc
            .call("main", Directory::c().name())
            .on_success(|name| Self::c().greet_later(name))
            .send()?;
        Ok(())
    }
    fn greet_later(&mut self, name: String) -> Result<()> {
        self.svc.alarms.schedule(Duration::from_secs(60), Self::c().greet(name))?;
        Ok(())
    }
    fn greet(&mut self, name: String) {
        let _ = name;
    }
}

// case: placeholders/piped_scheduled
// title: What is piped in a schedule
object! { piped_scheduled
    pub fn start(&mut self) -> Result<()> {
        self.svc.alarms.schedule(Duration::ZERO, Self::c().number().then(|number| Self::c().count_later(number)))?;
        Ok(())
    }
    fn count_later(&mut self, number: u64) -> Result<()> {
        self.svc.alarms.schedule(Duration::from_secs(60), Self::c().count(number))?;
        Ok(())
    }
    fn number(&self) -> u64 {
        1
    }
    fn count(&mut self, number: u64) {
        let _ = number;
    }
}

// case: placeholders/not_inline
// title: A closure that is not written where it is used
// The closure must work for a placeholder of any lifetime, and rustc finds that out only where it sees at once what
// the closure is for. Write it inline, or make it a function. rustc can be told no text for this.
object! { not_inline
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
    fn explain(error: lumenize::Placeholder<'_, CallError>) -> DeskContinuation<'_, ()> {
        Self::c().greet("nobody").count(1)
    }
    fn with_a_function(&mut self) -> Result<()> {
        self.svc.call("main", Directory::c().name()).on_error(Self::explain).send()?;
        Ok(())
    }
    fn count(&mut self, number: u64) {
        let _ = number;
    }
}

// case: placeholders/handler_called
// title: A handler that is called in a closure
object! { handler_called
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

// case: calls/returns_nothing
// title: A closure of a call that returns nothing
object! { returns_nothing
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

// case: calls/number_of_parameters
// title: A closure with too few parameters, or too many
object! { number_of_parameters
    pub fn start(&mut self) -> Result<()> {
        self.svc
            .call("main", Directory::c().name())
            .on_success(|_| Self::c().greet("Ada"))
            .send()?;
        Ok(())
    }
    fn greet(&mut self, name: String) {
        let _ = name;
    }
}

// case: calls/instance
// title: What names no instance
object! { instance
    pub fn start(&mut self) -> Result<()> {
        self.svc.call("7", Directory::c().name()).send()?;
        Ok(())
    }
}

// case: calls/unsent
// title: A call that is not sent
// A warning, unless it is denied.
object! { unsent
    pub fn start(&mut self) -> Result<()> {
        self.svc.call("main", Directory::c().name()).send()?;
        Ok(())
    }
}

// case: calls/read_only
// title: A call by a handler that reads
object! { read_only
    pub fn start(&mut self) -> Result<()> {
        self.svc.call("main", Directory::c().name()).send()?;
        Ok(())
    }
}

fn main() {}
