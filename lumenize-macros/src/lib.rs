//! The `#[durable_object]` attribute and `cron!`. Applications use them through the `lumenize` crate.

// One phase a file, and data goes one way: `args` and `parse` read tokens, `model` says what they
// mean, with `types` and `attrs`, `check` refuses, with `clashes`, `expand` writes. `cron` is a macro by itself.
// `names` has every generated name, `text` every message, `errors` gathers them.

mod args;
mod parse;

mod attrs;
mod model;
mod types;

mod check;
mod clashes;

mod expand;

mod cron;

mod errors;
mod names;
mod text;

#[cfg(test)]
mod tests;

use errors::Errors;
use proc_macro::TokenStream;
use quote::quote;

/// Makes a durable object of a type: the attribute of the one `impl` block that holds its handlers.
///
/// Every method with a receiver becomes a _handler_: something that a continuation can name. What
/// `pub fn` marks is the object's remote interface; anything narrower is a target for continuations
/// of its own module. A method under `#[handler(skip)]` is left alone, and so are functions without
/// a receiver, except `new`, which builds the object:
/// `fn new(svc: Services<Self>) -> Self`, or `-> Result<Self, E>`.
///
/// A handler that was renamed has `#[handler(was = "old_name")]` above it, with `was` for each name that it had:
/// stored work, and callers of an older release, find it by those.
///
/// Arguments are stored with their names, too. `#[handler(was = "old_name")]` in front of a parameter is for one that
/// was renamed, `#[handler(default)]` for one that was added: in the place of an argument that was not stored its
/// type's `Default` is taken. (Of an `Option`, that is `None` in any case.)
///
/// For an object `TaskScheduler` it generates the builder `TaskSchedulerContinuation` with one
/// method for each handler, and `TaskScheduler::c()`, which begins one. A handler's
/// `Result<T, E>` contributes `T`; it must be called `Result`.
///
/// Arguments:
///
/// - `binding = "SCHEDULER"`: the name under which a Worker finds the object, instead of the type's
///   name in capitals (`TASK_SCHEDULER`).
/// - `crate = "path"`: where the `lumenize` crate is found, instead of `::lumenize`.
#[proc_macro_attribute]
pub fn durable_object(args: TokenStream, item: TokenStream) -> TokenStream {
    object(args.into(), item.into()).into()
}

fn object(
    args: proc_macro2::TokenStream,
    item: proc_macro2::TokenStream,
) -> proc_macro2::TokenStream {
    let mut errors = Errors::default();
    let args = args::parse(args, &mut errors);
    let generated = match parse::block(item.clone()) {
        Ok(block) => {
            let mut model = model::build(args, block, &mut errors);
            check::check(&mut model, &mut errors);
            expand::expand(&model)
        }
        Err(error) => {
            errors.add(error);
            proc_macro2::TokenStream::new()
        }
    };
    let block = parse::without_helpers(item);
    let errors = errors.into_tokens();
    quote!(#block #errors #generated)
}

/// A cron expression that is checked while the program is compiled: `cron!("0 9 * * mon-fri")` is a
/// `Cron`, and there is no error to handle. What is wrong is shown with carets under it.
///
/// A time zone may follow, `cron!("0 9 * * *", "Europe/Berlin")`, if the feature `timezone` is on, and
/// `crate = "path"`, where the `lumenize` crate is found instead of `::lumenize`.
#[proc_macro]
pub fn cron(tokens: TokenStream) -> TokenStream {
    cron::expand(tokens.into()).into()
}
