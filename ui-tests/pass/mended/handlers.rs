//! Handlers: the code of `docs/errors.md`, which is made of this. A comment before an
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

// case: handlers/async_fn
// title: An `async` handler
object! { async_fn
    pub fn ask(&mut self) -> Result<CallId> {
        let name = Self::c().name();
        Ok(self.svc.call("other", name).on_success(|name| Self::c().keep(name)).send()?)
    }
    pub fn name(&self) -> String {
        self.svc.name().to_owned()
    }
    fn keep(&mut self, name: String) -> Result<()> {
        Ok(self.svc.put("name", &name)?)
    }
}

// case: handlers/generic
// title: A generic handler
object! { generic
    fn keep(&mut self, value: u64) -> Result<()> {
        Ok(self.svc.put("value", &value)?)
    }
    #[handler(skip)]
    fn log<T: std::fmt::Debug>(&self, value: T) {
        println!("{value:?}");
    }
}

// case: handlers/impl_argument
// title: `impl Trait`
object! { impl_argument
    fn each(&mut self, names: Vec<String>) {
        let _ = names;
    }
}

// case: handlers/lifetime
// title: A lifetime
// A parameter may be `&str`, `&[T]` or `&T`: the owned value is stored, and lent.
object! { lifetime
    fn greet(&mut self, name: &str) {
        let _ = name;
    }
}

// case: handlers/by_value
// title: `self` by value, or in a pointer
object! { by_value
    fn close(&mut self) -> Result<()> {
        Ok(self.svc.destroy()?)
    }
}

// case: handlers/returns_reference
// title: A reference as the result
object! { returns_reference
    fn name(&self) -> String {
        self.svc.name().to_owned()
    }
}

// case: handlers/pointer_sized
// title: `usize`
// Only where it stands by itself: within other types, such as `Vec<usize>`, it is stored as a `u64`.
object! { pointer_sized
    fn skip(&mut self, count: u64) {
        let _ = count;
    }
}

// case: handlers/mut_reference
// title: `&mut`
object! { mut_reference
    fn sort(&mut self, mut names: Vec<String>) -> Vec<String> {
        names.sort();
        names
    }
}

// case: handlers/inner_reference
// title: A reference within a type
object! { inner_reference
    fn greet(&mut self, name: Option<String>) {
        let _ = name;
    }
}

// case: handlers/trait_object
// title: A trait object
object! { trait_object
    fn show(&mut self, it: String) {
        let _ = it;
    }
}

// case: handlers/unsafe_fn
// title: An `unsafe` handler
object! { unsafe_fn
    #[handler(skip)]
    unsafe fn poke(&mut self, at: u64) {
        let _ = at;
    }
}

// case: handlers/extern_fn
// title: An `extern` handler
object! { extern_fn
    fn answer(&self) -> u32 {
        42
    }
}

// case: handlers/variadic
// title: A variadic handler
// shows: 3
// rustc has something to say of it, too.
object! { variadic
    fn print(&self, format: u8, values: Vec<u8>) {
        let _ = (format, values);
    }
}

// case: handlers/parameter_cfg
// title: A parameter under `#[cfg]`
object! { parameter_cfg
    #[cfg(not(target_family = "wasm"))]
    fn greet(&mut self, name: String) {
        let _ = name;
    }
    #[cfg(target_family = "wasm")]
    fn greet(&mut self) {}
}

// case: handlers/reserved_then
// title: A reserved name
// Reserved are `c`, `then` and what begins with two underscores.
object! { reserved_then
    fn after(&mut self) {}
    #[handler(skip)]
    fn then(&mut self) {}
}

// case: handlers/reserved_c
// title: A function called `c`
object! { reserved_c
    fn speed_of_light(&self) -> u32 {
        299_792_458
    }
}

// case: handlers/collision
// title: Names that are too alike
object! { collision
    fn step1(&mut self) {}
    fn step2(&mut self) {}
}

// case: handlers/helper_misspelt
// title: An argument that `#[handler]` does not have
object! { helper_misspelt
    #[handler(skip)]
    fn help(&self) {}
}

// case: handlers/helper_bare
// title: `#[handler]` without an argument
object! { helper_bare
    fn help(&self) {}
    #[handler(skip)]
    fn none(&self) {}
}

// case: handlers/helper_condition
// title: `#[handler]` in a `#[cfg_attr]`
// So with `#[on_failed]`, and on parameters.
object! { helper_condition
    #[cfg(test)]
    #[handler(skip)]
    pub fn log<T: std::fmt::Debug>(&self, value: T) {}
    #[cfg(not(test))]
    pub fn log(&self, value: String) {}
}

// case: handlers/helper_twice
// title: `skip` twice
object! { helper_twice
    #[handler(skip)]
    fn once(&self) {}
}

// case: handlers/was_name
// title: `was` without the name that the handler had
object! { was_name
    #[handler(was = "end", was = "finish")]
    fn done(&self) {}
}

// case: handlers/was_twice
// title: A former name twice
object! { was_twice
    #[handler(was = "end", was = "finish")]
    fn done(&self) {}
}

// case: handlers/was_itself
// title: A former name that the handler has
object! { was_itself
    #[handler(was = "end")]
    fn done(&self) {}
}

// case: handlers/was_of_a_handler
// title: A former name that another handler has
object! { was_of_a_handler
    #[handler(was = "end")]
    fn done(&self) {}
    fn end_all(&self) {}
}

// case: handlers/was_of_two
// title: A former name that two handlers had
// What one handler did and two do now is named by one of them, which may schedule the other.
object! { was_of_two
    #[handler(was = "end")]
    fn done(&self) {}
    #[handler(was = "finish")]
    fn finished(&self) {}
}

// case: handlers/was_no_handler
// shows: 3
// title: `was` above what is no handler
object! { was_no_handler
    #[handler(was = "help")]
    fn helper(&self) {}
}

// case: handlers/parameter_misspelt
// title: An unknown argument of `#[handler]` on a parameter
object! { parameter_misspelt
    fn greet(&mut self, #[handler(default)] name: String, times: u8, at: u64) {
        let _ = (name, times, at);
    }
}

// case: handlers/default_twice
// title: `default` twice
object! { default_twice
    fn greet(&mut self, name: String, #[handler(default)] times: u8) {
        let _ = (name, times);
    }
}

// case: handlers/parameter_was_name
// title: `was` without the name that the parameter had
object! { parameter_was_name
    fn greet(&mut self, #[handler(was = "whom")] name: String, #[handler(was = "for", was = "number")] times: u8) {
        let _ = (name, times);
    }
}

// case: handlers/parameter_was_itself
// title: A former name that the parameter has
object! { parameter_was_itself
    fn greet(&mut self, #[handler(was = "whom")] name: String) {
        let _ = name;
    }
}

// case: handlers/parameter_was_of_a_parameter
// title: A former name that another parameter has
// What was stored as `word` is given to the parameter that is called so. If it is what is now called `name`, the
// other must be called something else.
object! { parameter_was_of_a_parameter
    fn greet(&mut self, #[handler(was = "word")] name: String, #[handler(default)] greeting: String) {
        let _ = (name, greeting);
    }
}

// case: handlers/parameter_was_of_two
// title: A former name that two parameters had
object! { parameter_was_of_two
    fn greet(&mut self, #[handler(was = "text")] name: String, #[handler(default)] word: String) {
        let _ = (name, word);
    }
}

// case: handlers/parameters_alike
// title: Parameters whose names are too alike
// The underscores in front say that a parameter is not used, and are left out where names are stored.
object! { parameters_alike
    fn greet(&mut self, name: String, _other: String) {
        let _ = name;
    }
}

// case: handlers/parameter_no_handler
// title: `#[handler]` on a parameter of what is no handler
object! { parameter_no_handler
    fn greet(&mut self, #[handler(default)] name: String) {
        let _ = name;
    }
}

// case: handlers/on_failed_shape
// title: A method that can't be told of failed work
object! { on_failed_shape
    #[on_failed]
    fn undo(&mut self, work: FailedWork) {
        let _ = work;
    }
}

// case: handlers/on_failed_twice
// title: Two of them
object! { on_failed_twice
    #[on_failed]
    fn undo(&mut self, work: FailedWork) -> Result<()> {
        self.tell(&work)
    }
    #[handler(skip)]
    fn tell(&mut self, work: &FailedWork) -> Result<()> {
        Ok(self.svc.put("told", &work.id.to_string())?)
    }
}

// case: handlers/result_alias
// title: A `Result` under another name
// An alias is told from a value by its last name alone, so rustc has to find it: it evaluates a constant, and the
// message is its panic.
object! { result_alias
    pub fn hidden(&self) -> Result<u32, String> {
        Ok(1)
    }
}

// case: handlers/read_only_writes
// title: A write through `&self`
// A handler with `&self` reads. What is written in spite of that, through a `RefCell` or in SQL, is refused
// when it runs.
object! { read_only_writes
    pub fn start(&mut self) -> Result<()> {
        self.svc.alarms.schedule(Duration::ZERO, Self::c().start())?;
        Ok(())
    }
}

fn main() {}
