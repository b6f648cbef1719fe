//! The enum of decoded steps: how a stored step becomes a call.

use super::Ctx;
use crate::model::Handler;
use crate::text;
use crate::types::Returns;
use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

/// ```text
/// pub enum TaskSchedulerHandler { ScheduleTask { name: String, delay: u64 }, … }
/// ```
pub(super) fn item(ctx: &Ctx<'_>) -> TokenStream {
    let name = &ctx.handler;
    let variants = ctx.model.handlers.iter().map(|handler| {
        let Handler {
            copied, variant, ..
        } = handler;
        let cfgs = &copied.cfgs;
        let fields = handler.params.iter().map(|param| &param.name);
        let types = handler.params.iter().map(|param| &param.owned);
        quote!(#(#cfgs)* #variant { #(#fields: #types),* })
    });
    quote! {
        // An associated type can't be private; nobody can name what is in here.
        #[allow(unreachable_pub, missing_debug_implementations)]
        pub enum #name {
            #(#variants),*
        }
    }
}

/// ```text
/// impl Handler<TaskScheduler> for TaskSchedulerHandler {
///     fn decode(handler: &str, args: &mut Args<'_>) -> Result<Self, StepError> {
///         match handler { "schedule_task" => { … } "former_name" => { … } _ => Err(args.unknown()) }
///     }
///     fn run(self, object: &mut TaskScheduler, returned: &mut Returned<'_>) -> Result<(), HandlerError> {
///         match self { Self::ScheduleTask { name, delay } => returned.result(…), … }
///     }
/// }
/// ```
pub(super) fn implementation(ctx: &Ctx<'_>) -> TokenStream {
    let Ctx {
        model,
        private,
        handler: name,
        ..
    } = ctx;
    let ty = &model.ty;
    let decode = model
        .handlers
        .iter()
        .map(|handler| decode(private, handler));
    let former = model.handlers.iter().filter_map(former);
    let run = model.handlers.iter().map(|handler| run(ctx, handler));
    // Names of handlers' arguments can't meet those of these functions.
    quote_spanned! {Span::mixed_site()=>
        #[automatically_derived]
        impl #private::Handler<#ty> for #name {
            fn decode(
                handler: &::core::primitive::str,
                args: &mut #private::Args<'_>,
            ) -> ::core::result::Result<Self, #private::StepError> {
                match handler {
                    #(#decode)*
                    #(#former)*
                    _ => ::core::result::Result::Err(args.unknown()),
                }
            }

            fn run(
                self,
                object: &mut #ty,
                returned: &mut #private::Returned<'_>,
            ) -> ::core::result::Result<(), #private::HandlerError> {
                match self {
                    #(#run)*
                }
            }
        }
    }
}

/// ```text
/// "schedule_task" => Ok(Self::ScheduleTask {
///     name: args.take(stored::<String>())?,
///     delay: args.take_or(stored::<u64>(), fallback::<u64>())?, // under `#[handler(default)]`
/// }),
/// ```
fn decode(private: &TokenStream, handler: &Handler) -> TokenStream {
    let Handler {
        copied,
        variant,
        params,
        ..
    } = handler;
    let cfgs = &copied.cfgs;
    let name = handler.name();
    let fields = params.iter().map(|param| {
        let (field, owned) = (&param.name, &param.owned);
        let (stored, span) = (stored(private, owned), mixed(owned));
        match param.default {
            false => quote_spanned!(span=> #field: args.take(#stored)?),
            true => quote_spanned! {span=>
                #field: args.take_or(#stored, #private::fallback::<#owned>())?
            },
        }
    });
    quote_spanned! {Span::mixed_site()=>
        #(#cfgs)*
        #name => ::core::result::Result::Ok(Self::#variant { #(#fields),* }),
    }
}

/// The names that a handler had, behind those that all have now: what is called so now comes first, and rustc warns of
/// the other.
///
/// ```text
/// "former_name" => Self::decode("schedule_task", args),
/// ```
fn former(handler: &Handler) -> Option<TokenStream> {
    let (cfgs, was, name) = (&handler.copied.cfgs, &handler.was, handler.name());
    (!was.is_empty()).then(|| {
        quote_spanned! {Span::mixed_site()=>
            #(#cfgs)*
            #(#was)|* => Self::decode(#name, args),
        }
    })
}

/// ```text
/// Self::ScheduleTask { name, delay } =>
///     returned.result::<ScheduleId, _>(<TaskScheduler>::schedule_task(object, name, delay)),
/// ```
fn run(ctx: &Ctx<'_>, handler: &Handler) -> TokenStream {
    let Handler {
        copied, variant, ..
    } = handler;
    let cfgs = &copied.cfgs;
    let (ty, ident) = (&ctx.model.ty, &handler.sig.ident);
    let contributes = handler.returns.contributes(ctx.private);
    let fields = handler.params.iter().map(|param| &param.name);
    let args = handler.params.iter().map(|param| {
        let name = &param.name;
        if param.borrowed {
            quote!(&#name)
        } else {
            quote!(#name)
        }
    });
    let span = match &handler.returns {
        Returns::Unit => Span::mixed_site(),
        Returns::Value(ty) | Returns::Result { ty, .. } => mixed(ty),
    };
    let call = quote_spanned!(span=> <#ty>::#ident(object, #(#args),*));
    let returned = match &handler.returns {
        Returns::Unit | Returns::Value(_) => {
            quote_spanned!(span=> returned.value::<#contributes>(#call))
        }
        Returns::Result { .. } => {
            let err = handler.returns.err();
            quote_spanned!(span=> returned.result::<#contributes, #err>(#call))
        }
    };
    quote! {
        #(#cfgs)*
        Self::#variant { #(#fields),* } => #returned,
    }
}

/// What rustc has to find out: whether a type under another name is a `Result`.
///
/// ```text
/// use NotResult as _;
/// const _: () = assert!(!Probe::<Label>::IS_RESULT, "…");
/// ```
pub(super) fn probes(ctx: &Ctx<'_>) -> TokenStream {
    let private = ctx.private;
    let text = text::HIDDEN_RESULT;
    let probes = ctx.model.handlers.iter().filter_map(|handler| {
        let Returns::Value(ty) = &handler.returns else {
            return None;
        };
        let cfgs = &handler.copied.cfgs;
        Some(quote_spanned! {mixed(ty)=>
            #(#cfgs)*
            const _: () = ::core::assert!(!#private::Probe::<#ty>::IS_RESULT, #text);
        })
    });
    quote! {
        #[allow(unused_imports)]
        use #private::NotResult as _;
        #(#probes)*
    }
}

/// What the runtime must know of a type to store it: `stored::<String>()`. rustc reports a type that
/// can't be stored at the type, and merges equal reports, so it is asked for in this way alone.
pub(super) fn stored(private: &TokenStream, ty: &TokenStream) -> TokenStream {
    quote_spanned!(mixed(ty)=> #private::stored::<#ty>())
}

/// The place of `tokens`, with the macro's own local names.
fn mixed(tokens: &TokenStream) -> Span {
    tokens.span().resolved_at(Span::mixed_site())
}
