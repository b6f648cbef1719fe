//! The generated code. Bodies are one call into the runtime, paths are absolute, and what users type
//! is visible and documented; the rest sits in `const _`.

mod builder;
mod describe;
mod export;
mod handler;
mod object;

use crate::model::Model;
use crate::names;
use proc_macro2::{Ident, TokenStream};
use quote::quote;

/// The names that all parts use.
struct Ctx<'m> {
    model: &'m Model,
    private: &'m TokenStream,
    continuation: Ident,
    handler: &'m Ident,
}

/// Writes everything that goes behind the block.
///
/// ```text
/// pub struct TaskSchedulerContinuation<'c, R>(…);
/// impl TaskScheduler { pub fn c<'c>() -> … }
/// impl<'c, R> TaskSchedulerContinuation<'c, R> { /* a method for each handler, and `then` */ }
/// const _: () = {
///     pub enum TaskSchedulerHandler { /* a variant for each handler */ }
///     /* the implementations of the runtime's traits, the probes, the export */
/// };
/// ```
pub(crate) fn expand(model: &Model) -> TokenStream {
    if !model.expandable {
        return TokenStream::new();
    }
    let ctx = Ctx {
        model,
        private: &model.private,
        continuation: names::continuation(&model.name),
        handler: &model.handler_enum,
    };
    let cfgs = &model.cfgs;
    let builder = builder::items(&ctx);
    let handler = handler::item(&ctx);
    let builder_impls = builder::impls(&ctx);
    let handler_impl = handler::implementation(&ctx);
    let probes = handler::probes(&ctx);
    let object = object::implementation(&ctx);
    let export = export::class(&ctx);
    quote! {
        #builder
        #(#cfgs)*
        #[allow(
            dead_code, deprecated, nonstandard_style, private_interfaces, unused_variables,
            clippy::all, clippy::pedantic,
        )]
        const _: () = {
            #builder_impls
            #handler
            #handler_impl
            #object
            #probes
            #export
        };
    }
}
