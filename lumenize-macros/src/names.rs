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

/// The `lumenize` crate: that which was named, or the one that is called so.
pub(crate) fn lumenize(krate: Option<Path>) -> TokenStream {
    krate.map_or_else(|| quote!(::lumenize), Path::into_token_stream)
}

/// What that crate keeps for generated code.
pub(crate) fn private(lumenize: &TokenStream) -> TokenStream {
    quote!(#lumenize::__private)
}

/// The builder: `TaskSchedulerContinuation`.
pub(crate) fn continuation(object: &Ident) -> Ident {
    format_ident!("{}Continuation", object.unraw(), span = object.span())
}

/// The enum of decoded steps: `TaskSchedulerHandler`, unless an argument's type is called so. Nobody else
/// sees it.
pub(crate) fn handler_enum(object: &Ident, taken: &HashSet<String>) -> Ident {
    fresh(&format!("{}Handler", object.unraw()), taken)
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

/// The name under which an argument is stored: without the underscores that say that it is not used.
pub(crate) fn stored(name: &str) -> &str {
    match name.trim_start_matches('_') {
        "" => name,
        name => name,
    }
}

/// The type parameters of the builder, `R` and `R2`, unless the object uses these names itself.
pub(crate) fn type_parameters(taken: &HashSet<String>) -> (Ident, Ident) {
    (fresh("R", taken), fresh("R2", taken))
}

/// Which of `known` was meant by `name`, if it is one with a slip or two, or the beginning of it.
pub(crate) fn closest(name: &str, known: &[&'static str]) -> Option<&'static str> {
    let name = name.to_lowercase();
    let meant = |known: &&str| name.starts_with(known) || slips(&name, known) <= 2;
    let found = known.iter().copied().filter(meant);
    found.min_by_key(|known| slips(&name, known))
}

/// How many letters were added, left out or changed.
fn slips(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.chars().count()).collect();
    for (above, x) in a.chars().enumerate() {
        let mut left = above + 1;
        let mut next = vec![left];
        for (y, pair) in b.chars().zip(row.windows(2)) {
            let &[corner, up] = pair else {
                continue;
            };
            left = (corner + usize::from(x != y)).min(left + 1).min(up + 1);
            next.push(left);
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
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
