//! The builder: a type with a method for each handler.

use super::Ctx;
use super::handler::stored;
use crate::attrs::Copied;
use crate::model::{Handler, Stub};
use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};

/// ```text
/// #[must_use = "…"]
/// pub struct TaskSchedulerContinuation<'c, R>(Steps<'c, R>);
/// impl TaskScheduler {
///     pub fn c<'c>() -> TaskSchedulerContinuation<'c, NoStep> { … }
/// }
/// impl<'c, R> TaskSchedulerContinuation<'c, R> {
///     pub fn schedule_task(…) -> TaskSchedulerContinuation<'c, ScheduleId> { … }
///     pub fn then<R2>(…) -> TaskSchedulerContinuation<'c, R2> { … }
/// }
/// ```
pub(super) fn items(ctx: &Ctx<'_>) -> TokenStream {
    let Ctx {
        model,
        private,
        continuation,
        ..
    } = ctx;
    let (r, _) = &model.parameters;
    let (ty, cfgs, name, lumenize) = (&model.ty, &model.cfgs, &model.name, &model.lumenize);
    let doc = format!(
        "A continuation of [`{name}`], begun by [`{name}::c`]: steps that run in order, all or \
         nothing, once it is scheduled or called. `R` is what the last step returns."
    );
    let c_doc = format!("Begins a continuation of this object: `{name}::c().my_handler(..)`.");
    let methods = model.handlers.iter().map(|handler| method(ctx, handler));
    let stubs = model.stubs.iter().map(|refused| stub(ctx, refused));
    let then = then(ctx);
    // The block's own `c` has been refused; two of them would be a second error.
    let begin = (!model.has_own_c).then(|| {
        quote! {
            #(#cfgs)*
            #[allow(dead_code, unreachable_pub, clippy::all, clippy::pedantic)]
            impl #ty {
                #[doc = #c_doc]
                pub fn c<'c>() -> #continuation<'c, #lumenize::NoStep> {
                    #continuation(#private::Steps::new())
                }
            }
        }
    });
    quote! {
        #[doc = #doc]
        #(#cfgs)*
        #[must_use = "a continuation does nothing until it is scheduled, called or nested"]
        #[allow(unreachable_pub, missing_debug_implementations, nonstandard_style)]
        pub struct #continuation<'c, #r>(#private::Steps<'c, #r>);

        #begin

        #(#cfgs)*
        #[allow(
            dead_code, nonstandard_style, private_bounds, private_interfaces, unreachable_pub,
            clippy::all, clippy::pedantic,
        )]
        impl<'c, #r> #continuation<'c, #r> {
            #(#methods)*
            #(#stubs)*
            #then
        }
    }
}

/// ```text
/// pub fn schedule_task(
///     self,
///     name: impl Arg<'c, TaskScheduler, String>,
/// ) -> TaskSchedulerContinuation<'c, ScheduleId> {
///     TaskSchedulerContinuation(self.0.step("schedule_task", "name", |lowering| {
///         [Arg::<'c, TaskScheduler, String>::lower(name, lowering, stored::<String>())]
///     }))
/// }
/// ```
fn method(ctx: &Ctx<'_>, handler: &Handler) -> TokenStream {
    let Ctx {
        model,
        private,
        continuation,
        ..
    } = ctx;
    let (object, lumenize) = (&model.ty, &model.lumenize);
    let Handler { copied, vis, .. } = handler;
    let Copied {
        docs,
        cfgs,
        deprecated,
        allows,
    } = copied;
    let (ident, name) = (&handler.sig.ident, handler.name());
    let stored_names = handler.stored_names();
    let default = format!("Adds a step that runs `{name}`.");
    let default = docs.is_empty().then(|| quote!(#[doc = #default]));
    let args: Vec<_> = handler.params.iter().map(|param| &param.name).collect();
    let types: Vec<_> = handler.params.iter().map(|param| &param.owned).collect();
    let returns = handler.returns.contributes(private);
    // The closure's parameter can't meet an argument of the same name.
    let lower = if args.is_empty() {
        quote!(|_| [])
    } else {
        let stored = types.iter().map(|ty| stored(private, ty));
        quote_spanned! {Span::mixed_site()=>
            |lowering| [#(#private::Arg::<'c, #object, #types>::lower(#args, lowering, #stored)),*]
        }
    };
    quote! {
        #(#docs)*
        #default
        #(#cfgs)*
        #(#deprecated)*
        #(#allows)*
        #vis fn #ident(self, #(#args: impl #lumenize::Arg<'c, #object, #types>),*) -> #continuation<'c, #returns> {
            #continuation(self.0.step(#name, #stored_names, #lower))
        }
    }
}

/// Beside the error that says what is wrong with a handler, for those that call it.
///
/// ```text
/// pub fn schedule_task(self, name: impl Sized) -> TaskSchedulerContinuation<'c, ScheduleId> { loop {} }
/// ```
fn stub(ctx: &Ctx<'_>, stub: &Stub) -> TokenStream {
    let continuation = &ctx.continuation;
    let Stub {
        cfgs,
        vis,
        name,
        params,
        contributes,
    } = stub;
    quote! {
        #(#cfgs)*
        #[allow(missing_docs, unused_variables)]
        #vis fn #name(self, #(#params: impl ::core::marker::Sized),*) -> #continuation<'c, #contributes> {
            loop {}
        }
    }
}

/// ```text
/// pub fn then<R2>(
///     self,
///     pipe: impl for<'x> FnOnce(Piped<'x, 'c, R>) -> TaskSchedulerContinuation<'x, R2>,
/// ) -> TaskSchedulerContinuation<'c, R2> where Steps<'c, R>: Begun {
///     TaskSchedulerContinuation(self.0.then(|piped| pipe(piped).0))
/// }
/// ```
fn then(ctx: &Ctx<'_>) -> TokenStream {
    let Ctx {
        model,
        private,
        continuation,
        ..
    } = ctx;
    let (r, r2) = &model.parameters;
    let lumenize = &model.lumenize;
    quote! {
        /// Pipes the result of the step before into what follows. The closure runs at once, with a
        /// placeholder for that result, which can be an argument of any step that the closure adds.
        pub fn then<#r2>(
            self,
            pipe: impl for<'x> ::core::ops::FnOnce(#lumenize::Piped<'x, 'c, #r>) -> #continuation<'x, #r2>,
        ) -> #continuation<'c, #r2>
        where
            #private::Steps<'c, #r>: #private::Begun,
        {
            #continuation(self.0.then(|piped| pipe(piped).0))
        }
    }
}

/// ```text
/// impl<'c, R> ContinuationOf<'c, TaskScheduler, R> for TaskSchedulerContinuation<'c, R> { … }
/// impl<'c, R> Arg<'c, TaskScheduler, R> for TaskSchedulerContinuation<'c, R> { … }
/// ```
pub(super) fn impls(ctx: &Ctx<'_>) -> TokenStream {
    let Ctx {
        model,
        private,
        continuation,
        ..
    } = ctx;
    let (r, _) = &model.parameters;
    let ty = &model.ty;
    quote! {
        #[automatically_derived]
        impl<'c, #r> #private::ContinuationOf<'c, #ty, #r> for #continuation<'c, #r> {
            fn into_steps(self) -> #private::Steps<'c, #r> {
                self.0
            }
        }

        #[automatically_derived]
        impl<'c, #r> #private::Arg<'c, #ty, #r> for #continuation<'c, #r>
        {
            fn lower(
                self,
                lowering: &mut #private::Lowering<'_>,
                _: #private::Stored<#r>,
            ) -> #private::Lowered {
                #private::Steps::nest(self.0, lowering)
            }
        }
    }
}
