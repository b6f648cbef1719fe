//! All names that the macro gives.

use heck::{ToShoutySnakeCase, ToUpperCamelCase};
use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote};
use std::collections::HashSet;
use syn::Path;
use syn::ext::IdentExt;

/// The names that no handler can have.
pub(crate) fn is_reserved(name: &str) -> bool {
    name == "then" || name == "c" || name.starts_with("__")
}

/// What the `lumenize` crate keeps for generated code, in the crate that was named or that is called so.
pub(crate) fn private(krate: Option<Path>) -> TokenStream {
    let krate = krate.map_or_else(|| quote!(::lumenize), Path::into_token_stream);
    quote!(#krate::__private)
}

/// The builder: `TaskSchedulerContinuation`.
pub(crate) fn continuation(object: &Ident) -> Ident {
    format_ident!("{}Continuation", object.unraw(), span = object.span())
}

/// The enum of decoded steps: `TaskSchedulerHandler`.
pub(crate) fn handler_enum(object: &Ident) -> Ident {
    format_ident!("{}Handler", object.unraw(), span = object.span())
}

/// The class that wasm exports: `TaskSchedulerExport`.
pub(crate) fn export(object: &Ident) -> Ident {
    format_ident!("{}Export", object.unraw(), span = Span::mixed_site())
}

/// What registers that class: `register_TaskScheduler`. It is a symbol of the module, so no two may
/// be the same.
pub(crate) fn start(object: &Ident) -> Ident {
    format_ident!("register_{}", object.unraw(), span = Span::mixed_site())
}

/// The binding: `TASK_SCHEDULER`.
pub(crate) fn binding(object: &Ident) -> String {
    object.unraw().to_string().to_shouty_snake_case()
}

/// The variant of a handler: `schedule_task` → `ScheduleTask`.
pub(crate) fn variant(handler: &Ident) -> Ident {
    let name = handler.unraw().to_string().to_upper_camel_case();
    // `Self`, a keyword, and `1`, of `_1`, are no names.
    let name = match syn::parse_str::<Ident>(&name) {
        Ok(_) => name,
        Err(_) => format!("Handler{name}"),
    };
    Ident::new(&name, handler.span().resolved_at(Span::call_site()))
}

/// The name of the argument at `position` if its pattern gives none: `arg1`.
pub(crate) fn argument(position: usize, taken: &HashSet<String>) -> Ident {
    fresh(&format!("arg{}", position + 1), taken)
}

/// The type parameters of the builder, `R` and `R2`, unless the object uses these names itself.
pub(crate) fn type_parameters(taken: &HashSet<String>) -> (Ident, Ident) {
    (fresh("R", taken), fresh("R2", taken))
}

fn fresh(name: &str, taken: &HashSet<String>) -> Ident {
    let mut name = name.to_owned();
    while taken.contains(&name) {
        name.push('_');
    }
    Ident::new(&name, Span::call_site())
}

/// Adds all names that occur in `tokens`.
pub(crate) fn collect(tokens: TokenStream, names: &mut HashSet<String>) {
    for token in tokens {
        match token {
            TokenTree::Ident(ident) => {
                names.insert(ident.to_string());
            }
            TokenTree::Group(group) => collect(group.stream(), names),
            TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
}
