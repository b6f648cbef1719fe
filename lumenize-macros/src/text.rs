//! What the macros say: each text gives the rule, the reason and the remedy. `docs/errors.md` is made from
//! this table and from the UI tests.

use lumenize_cron::CronError;
use std::ops::Range;

/// Makes a constant of each text, and a list of them for the tests.
macro_rules! texts {
    ($($name:ident = $text:expr;)*) => {
        $(pub(crate) const $name: &str = $text;)*

        /// All of them.
        #[cfg(test)]
        pub(crate) const ALL: &[(&str, &str)] = &[$((stringify!($name), $name)),*];
    };
}

texts! {
    NOT_ARGUMENTS = "this is no argument of `#[durable_object]`: it takes names with values; write \
        `binding = \"…\"` or `crate = \"…\"`";
    ARGUMENT_TWICE = "this argument is given twice: only one value can hold; remove one of the two";
    ARGUMENT_VALUE = "the value must be a string: it is read while the program is compiled; write \
        `binding = \"…\"` or `crate = \"…\"`";
    BINDING = "a binding is a name in JavaScript: Workers find the object under it; use letters, digits and \
        `_`, and no digit first";
    CRATE = "this is not the path of a crate: generated code refers to what is in it; write it as in `use`, for \
        example `\"::lumenize\"`";

    NOT_AN_IMPL = "`#[durable_object]` goes on an `impl` block: the handlers are its methods; move it above \
        `impl YourType { … }` (the one for a struct is that of the crate `worker`, whose place this one takes)";
    STACKED = "`#[durable_object]` stands above this block twice: an object is made once; remove one of the two";
    TRAIT_IMPL = "`#[durable_object]` can't go on the `impl` of a trait: an object has one interface, its own; \
        move it above `impl YourType { … }`";
    GENERIC_OBJECT = "a durable object can't be generic: it is found by the name of its class and read back as \
        one known type; name the type";
    NOT_A_NAME = "a durable object must have a name: its class is called after it; write the `impl` block for a \
        struct or an enum of this crate";
    NO_NEW = "a durable object needs a `new`: it is built from its storage whenever it is loaded; add \
        `pub fn new(svc: Services<Self>) -> Self { … }` to this block, the only one with the attribute";
    NEW_SHAPE = "`new` takes `Services<Self>` and returns the object: nothing else is known when it is loaded; \
        write `fn new(svc: Services<Self>) -> Self`, or `-> Result<Self, E>`";
    ON_FAILED_SHAPE = "`#[on_failed]` goes on a method that is told of failed work: it may undo what that had \
        begun; write `fn name(&mut self, work: FailedWork)`, or `-> Result<(), E>`";
    ON_FAILED_TWICE = "an object has one `#[on_failed]`: all work that is set aside is told to it; remove one of \
        the two";
    HELPER_TWICE = "`skip` is given twice: once is enough; remove one of the two";
    HELPER_CONDITION = "this can't stand in a `#[cfg_attr]`: `#[durable_object]` reads it before conditions are known; \
        write it without one, or write two methods, each under its own `#[cfg]`";
    WAS_NAME = "`was` takes a name that the handler had: work that was stored under it is found by it; write it \
        as it stood behind `fn`, `was = \"old_name\"`, once for each name";
    WAS_TWICE = "this former name is given twice: once is enough; remove one of the two";
    WAS_ITSELF = "a handler needs no `was` with the name that it has: work under that name is its own; write the \
        name that it had before, or remove this";
    WAS_NO_HANDLER = "`was` goes on a handler: work that was stored under the old name is run by it; remove this, \
        or make the method a handler";

    DEFAULT_TWICE = "`default` is given twice: once is enough; remove one of the two";
    PARAMETER_WAS_NAME = "`was` takes a name that the parameter had: what was stored under it is given to it; write \
        it as it stood in front of the type, `was = \"old_name\"`, once for each name";
    PARAMETER_WAS_ITSELF = "a parameter needs no `was` with the name that it has, underscores in front left out: what \
        is stored under that name is its own; write the name that it had before, or remove this";
    PARAMETER_NO_HANDLER = "this goes on a parameter of a handler, behind the receiver: only what is stored has other \
        names or a default; remove this, or make the method a handler";

    ASYNC = "a handler can't be `async`: it runs inside one transaction; schedule, call or fetch, and go on in the \
        handler that the continuation names, or mark a helper with `#[handler(skip)]`";
    GENERIC = "a handler can't be generic: its arguments are stored, and read back as one known type; name the \
        type, or mark a helper with `#[handler(skip)]`";
    IMPL_TRAIT = "a handler can't take or return `impl Trait`: the value is stored, and read back as one known \
        type; name the type, or mark a helper with `#[handler(skip)]`";
    LIFETIME = "a handler can't name a lifetime: its arguments come from storage and live only as long as the \
        call; remove the lifetime, take an owned value, or mark a helper with `#[handler(skip)]`";
    RECEIVER = "a handler can't consume or wrap its object: the runtime owns it, and lends it for the call; take \
        `&self` to read or `&mut self` to write, or mark a helper with `#[handler(skip)]`";
    RETURNS_REFERENCE = "a handler can't return a reference: the result is stored or sent elsewhere; return an \
        owned value, or mark a helper with `#[handler(skip)]`";
    POINTER_SIZED = "`usize` and `isize` can't be stored: their size differs between wasm and other targets; use \
        `u32` or `u64`, `i32` or `i64`, or mark a helper with `#[handler(skip)]`";
    MUT_REFERENCE = "a handler can't take `&mut`: the argument is a copy from storage, so a change would be lost; \
        take the value and return it, or mark a helper with `#[handler(skip)]`";
    INNER_REFERENCE = "a reference inside a type can't be stored: what it points to is gone when the handler \
        runs; use an owned type, or mark a helper with `#[handler(skip)]`";
    TRAIT_OBJECT = "a trait object can't be stored: its type is not known when it is read back; use a concrete \
        type or an enum, or mark a helper with `#[handler(skip)]`";
    UNSAFE = "a handler can't be `unsafe`: the runtime calls it and can't promise what it asks for; make it safe, \
        or mark a helper with `#[handler(skip)]`";
    EXTERN = "a handler can't be `extern`: only Rust calls it; remove the ABI, or mark a helper with \
        `#[handler(skip)]`";
    VARIADIC = "a handler can't be variadic: its arguments are stored, each by itself; take a `Vec`";
    PARAMETER_CFG = "a handler's parameter can't be under `#[cfg]`: stored work has one number of arguments; \
        write two handlers, each under its own `#[cfg]`";

    // An alias of `Result`, found by rustc: this text is part of the generated code.
    HIDDEN_RESULT = "a handler's `Result` must be called `Result`: under another name its `Err` would be kept as \
        data instead of undoing the handler; write `Result<T, E>`";

    CRON_LITERAL = "`cron!` takes a string literal: it is checked while the program is compiled; write \
        `cron!(\"0 9 * * *\")`, or `Cron::new(text)?` for what is known only later";
    CRON_ARGUMENT = "this is no argument of `cron!`: its expression may be followed by a time zone, and that by \
        the path of the crate; write `cron!(\"…\", \"Europe/Berlin\", crate = \"…\")`, or less";
}

/// An argument of the attribute that it does not have.
pub(crate) fn unknown_argument(name: &str, meant: Option<&str>) -> String {
    let remedy = meant.map_or_else(
        || "remove it".to_owned(),
        |meant| format!("did you mean `{meant}`?"),
    );
    format!(
        "`#[durable_object]` has no argument `{name}`: it knows `binding = \"…\"` and `crate = \"…\"`; {remedy}"
    )
}

/// What `#[handler(…)]` does not know.
pub(crate) fn unknown_helper(found: &str, meant: Option<&str>) -> String {
    let remedy = meant.map_or_else(
        || "write `skip` for a method that is no handler, and nothing for one that is".to_owned(),
        |meant| format!("did you mean `{meant}`?"),
    );
    format!("`#[handler]` {found}: it knows `skip` and `was = \"…\"`; {remedy}")
}

/// What `#[handler(…)]` on a parameter does not know.
pub(crate) fn unknown_param_helper(found: &str, meant: Option<&str>) -> String {
    let remedy = meant.map_or_else(
        || "write nothing for a parameter that is as it was".to_owned(),
        |meant| format!("did you mean `{meant}`?"),
    );
    format!("`#[handler]` on a parameter {found}: it knows `default` and `was = \"…\"`; {remedy}")
}

/// Two parameters whose arguments are stored under one name.
pub(crate) fn alike(name: &str, other: &str, stored: &str) -> String {
    format!(
        "the parameters `{other}` and `{name}` are too alike: what is given to either is stored as `{stored}`; \
         rename one of them"
    )
}

/// A former name that is the name of another parameter.
pub(crate) fn was_parameter(was: &str) -> String {
    format!(
        "`{was}` is a parameter of this handler: what is stored under that name is given to it; give that \
         parameter another name, or remove this"
    )
}

/// A former name that another parameter has, too.
pub(crate) fn was_other_parameter(was: &str, other: &str) -> String {
    format!(
        "`{other}` was `{was}`, too: what is stored under that name is given to one parameter; remove one of the \
         two"
    )
}

/// A former name that is the name of another handler.
pub(crate) fn was_handler(was: &str) -> String {
    format!(
        "`{was}` is a handler of this object: work under that name is run by it; give that handler another \
         name, or remove this"
    )
}

/// A former name that another handler has, too.
pub(crate) fn was_other(was: &str, other: &str) -> String {
    format!(
        "`{other}` was `{was}`, too: work under that name is run by one handler; remove one of the two"
    )
}

/// A name that the generated code needs.
pub(crate) fn reserved(name: &str) -> String {
    format!(
        "the name `{name}` is reserved: the generated builder uses it; choose another name{}",
        if name == "c" {
            ""
        } else {
            ", or mark a helper with `#[handler(skip)]`"
        }
    )
}

/// Two handlers whose variant has one name.
pub(crate) fn collision(name: &str, other: &str, variant: &str) -> String {
    format!(
        "the handlers `{other}` and `{name}` are too alike: both become the variant `{variant}` of the \
         generated enum; rename one of them"
    )
}

/// A cron expression with carets under what is wrong. The rule, the reason and the remedy are the
/// error's own, so that they are the same when the program runs.
pub(crate) fn cron(expression: &str, error: &CronError) -> String {
    let Some(span) = error.span() else {
        return error.to_string();
    };
    let width = |bytes: Range<usize>| expression.get(bytes).unwrap_or_default().chars().count();
    let line: String = expression.chars().map(printable).collect();
    let indent = " ".repeat(width(0..span.start));
    let carets = "^".repeat(width(span).max(1));
    format!("{error}\n\n{line}\n{indent}{carets}")
}

/// One column for each character: what can't be printed is shown by its sign in Unicode.
fn printable(c: char) -> char {
    match c {
        '\t' => ' ',
        '\0'..' ' => char::from_u32('\u{2400}' as u32 + c as u32).unwrap_or('\u{fffd}'),
        _ if c.is_control() => '\u{fffd}',
        _ => c,
    }
}
