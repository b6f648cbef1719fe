//! What the macro refuses: the texts in one table, and the list that gathers them.

use proc_macro2::TokenStream;
use quote::ToTokens;
use std::fmt::Display;

/// All texts: rule, reason, remedy.
pub(crate) mod text {
    use lumenize_cron::CronError;
    use std::ops::Range;

    pub(crate) const UNKNOWN_ARGUMENT: &str =
        "unknown argument: `#[durable_object]` takes `binding = \"…\"` and `crate = \"…\"`";
    pub(crate) const ARGUMENT_TWICE: &str = "this argument is given twice: remove one of the two";
    pub(crate) const ARGUMENT_VALUE: &str =
        "the value must be a string: write `binding = \"…\"` or `crate = \"…\"`";
    pub(crate) const BINDING: &str =
        "a binding is a name in JavaScript: use letters, digits and `_`, and no digit first";
    pub(crate) const CRATE: &str =
        "this is not the path of a crate: write it as in `use`, for example `\"::lumenize\"`";
    pub(crate) const HELPER: &str =
        "unknown helper: the only one is `#[handler(skip)]`, for a method that is no handler";
    pub(crate) const ON_FAILED_SHAPE: &str = "`#[on_failed]` is told of work that was set aside, and may undo what that had begun; \
         write `fn name(&mut self, work: FailedWork)`, or `-> Result<(), E>`";
    pub(crate) const ON_FAILED_TWICE: &str =
        "an object has one `#[on_failed]`: all set-aside work is told to it; remove one of the two";

    pub(crate) const CRON_LITERAL: &str = "`cron!` takes a string literal: it is checked while the program is compiled; write \
         `cron!(\"0 9 * * *\")`, or `Cron::new(text)?` for what is known only later";
    pub(crate) const CRON_ARGUMENT: &str = "this is no argument of `cron!`: its expression may be followed by a time zone, and that by \
         the path of the crate; write `cron!(\"…\", \"Europe/Berlin\", crate = \"…\")`, or less";

    pub(crate) const NOT_AN_IMPL: &str = "`#[durable_object]` goes on an `impl` block: the handlers are its methods; \
         move the attribute above `impl YourType { … }`";
    pub(crate) const TRAIT_IMPL: &str = "`#[durable_object]` can't go on the `impl` of a trait: an object has one interface, \
         its own; move it above `impl YourType { … }`";
    pub(crate) const GENERIC_OBJECT: &str = "a durable object can't be generic: it is found by the name of its class and read \
         back as one known type; name the type";
    pub(crate) const NOT_A_NAME: &str = "a durable object must have a name: its class is called after it; write the `impl` \
         block for a struct or an enum of this crate";

    pub(crate) const NO_NEW: &str = "a durable object needs a `new`: it is built from its storage whenever it is loaded; \
         add `pub fn new(svc: Services<Self>) -> Self { … }`";
    pub(crate) const NEW_SHAPE: &str = "`new` builds the object when it is loaded, and only `Services<Self>` is known then; \
         write `fn new(svc: Services<Self>) -> Self`, or `-> Result<Self, E>`";

    pub(crate) const ASYNC: &str = "a handler can't be `async`: it runs inside one transaction; schedule, call or fetch, \
         and go on in the handler that the continuation names";
    pub(crate) const GENERIC: &str = "a handler can't be generic: its arguments are stored, and read back as one known \
         type; name the type";
    pub(crate) const IMPL_TRAIT: &str = "a handler can't take or return `impl Trait`: the value is stored, and read back as \
         one known type; name the type";
    pub(crate) const LIFETIME: &str = "a handler can't name a lifetime: its arguments come from storage and live only as \
         long as the call; remove the lifetime, or take an owned value";
    pub(crate) const RECEIVER: &str = "a handler can't consume its object: the object lives on after the call; take \
         `&self` to read or `&mut self` to write";
    pub(crate) const RETURNS_REFERENCE: &str = "a handler can't return a reference: the result is stored or sent elsewhere; return \
         an owned value";
    pub(crate) const POINTER_SIZED: &str = "`usize` and `isize` can't be stored: their size differs between wasm and other \
         targets; use `u32` or `u64`, `i32` or `i64`";
    pub(crate) const MUT_REFERENCE: &str = "a handler can't take `&mut`: the argument is a copy from storage, so a change \
         would be lost; take the value and return it";
    pub(crate) const INNER_REFERENCE: &str = "a reference inside a type can't be stored: what it points to is gone when the \
         handler runs; use an owned type";
    pub(crate) const TRAIT_OBJECT: &str = "a trait object can't be stored: its type is not known when it is read back; use a \
         concrete type or an enum";
    pub(crate) const UNSAFE: &str = "a handler can't be `unsafe`: the runtime calls it and can't promise what it asks \
         for; make it safe, or add `#[handler(skip)]`";
    pub(crate) const EXTERN: &str =
        "a handler can't be `extern`: Rust calls it; remove the ABI, or add `#[handler(skip)]`";
    pub(crate) const VARIADIC: &str =
        "a handler can't be variadic: its arguments are stored, each by itself; take a `Vec`";
    pub(crate) const PARAMETER_CFG: &str = "a handler's parameter can't be under `#[cfg]`: stored work has one number of \
         arguments; write two handlers, each under its own `#[cfg]`";

    /// A name that the generated code needs.
    pub(crate) fn reserved(name: &str) -> String {
        format!(
            "the name `{name}` is reserved: the generated builder uses it; choose another name{}",
            if name == "c" {
                ""
            } else {
                ", or add `#[handler(skip)]`"
            }
        )
    }

    /// Two handlers whose variant has one name.
    pub(crate) fn collision(name: &str, other: &str, variant: &str) -> String {
        format!(
            "the handlers `{other}` and `{name}` are too alike: both become the variant \
             `{variant}` of the generated enum; rename one of them"
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

    /// An alias of `Result`, found by rustc. Part of the generated code.
    pub(crate) const HIDDEN_RESULT: &str = "a handler's `Result` must be called `Result`: under another name its `Err` would be \
         kept as data instead of undoing the handler; write `Result<T, E>`";
}

/// The refusals so far. All are reported, not only the first.
#[derive(Default)]
pub(crate) struct Errors(Option<syn::Error>);

impl Errors {
    /// Reports `text` at `tokens`.
    pub(crate) fn at(&mut self, tokens: impl ToTokens, text: impl Display) {
        self.add(syn::Error::new_spanned(tokens, text));
    }

    /// Reports an error that has its span.
    pub(crate) fn add(&mut self, error: syn::Error) {
        match &mut self.0 {
            Some(errors) => errors.combine(error),
            None => self.0 = Some(error),
        }
    }

    /// The refusals as `compile_error!`s.
    pub(crate) fn into_tokens(self) -> TokenStream {
        self.0
            .map(|errors| errors.into_compile_error())
            .unwrap_or_default()
    }
}
