//! The object itself, as the runtime sees it.

use super::{Ctx, describe};
use crate::model::{Constructor, OnFailed};
use crate::types::Returns;
use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;

/// ```text
/// impl Object for TaskScheduler {
///     type Continuation<'c, R> = TaskSchedulerContinuation<'c, R>;
///     type Handler = TaskSchedulerHandler;
///     const CLASS: &'static str = "TaskScheduler";
///     const BINDING: &'static str = "TASK_SCHEDULER";
///     const HANDLERS: &'static [HandlerInfo] = &[HandlerInfo { … }, …];
///     const ON_FAILED: Option<OnFailed<Self>> = …; // if there is one
///     fn create(svc: Services<Self>) -> Result<Self, HandlerError> { Ok(Self::new(svc)) }
///     fn describe<R: Visitor>(visitor: &mut R) { … }
/// }
/// ```
pub(super) fn implementation(ctx: &Ctx<'_>) -> TokenStream {
    let Ctx {
        model,
        private,
        continuation,
        handler,
    } = ctx;
    let (r, _) = &model.parameters;
    let (ty, binding) = (&model.ty, &model.binding);
    let class = model.name.unraw().to_string();
    let handlers = model.handlers.iter().map(|handler| {
        let cfgs = &handler.copied.cfgs;
        let (name, public, reads) = (handler.name(), handler.public(), handler.reads());
        let was = handler.was.iter().map(|was| &was.name);
        let params = handler.params.iter().map(|param| {
            let (name, default) = (&param.stored, param.default);
            let was = param.was.iter().map(|was| &was.name);
            quote!(#private::ParamInfo { name: #name, was: &[#(#was),*], default: #default })
        });
        quote! {
            #(#cfgs)*
            #private::HandlerInfo {
                name: #name,
                was: &[#(#was),*],
                public: #public,
                reads: #reads,
                params: &[#(#params),*],
            }
        }
    });
    let on_failed = model.on_failed.iter().map(|told| on_failed(ctx, told));
    let create: TokenStream = if model.constructors.is_empty() {
        // Beside the error that says so, for a block that is otherwise whole.
        create(ctx, &[], &quote!(loop {}))
    } else {
        model
            .constructors
            .iter()
            .map(|new| constructor(ctx, new))
            .collect()
    };
    let describe = describe::method(ctx);
    quote! {
        #[automatically_derived]
        impl #private::Object for #ty {
            type Continuation<'c, #r> = #continuation<'c, #r>;
            type Handler = #handler;
            const CLASS: &'static ::core::primitive::str = #class;
            const BINDING: &'static ::core::primitive::str = #binding;
            const HANDLERS: &'static [#private::HandlerInfo] = &[#(#handlers),*];
            #(#on_failed)*
            #create
            #describe
        }
    }
}

/// ```text
/// const ON_FAILED: Option<OnFailed<Self>> = Some(|object, work| Ok(<TaskScheduler>::undo(object, work)));
/// ```
fn on_failed(ctx: &Ctx<'_>, told: &OnFailed) -> TokenStream {
    let Ctx { model, private, .. } = ctx;
    let OnFailed { cfgs, sig, returns } = told;
    let (ty, ident) = (&model.ty, &sig.ident);
    let span = sig.inputs.span().resolved_at(Span::mixed_site());
    let call = quote_spanned!(span=> <#ty>::#ident(object, work));
    let told = match returns {
        Returns::Result { .. } => {
            let output = sig.output.span().resolved_at(Span::mixed_site());
            let err = returns.err();
            quote_spanned!(output=> #private::outcome::<_, #err>(#call))
        }
        _ => quote_spanned!(span=> ::core::result::Result::Ok(#call)),
    };
    quote_spanned! {Span::mixed_site()=>
        #(#cfgs)*
        const ON_FAILED: ::core::option::Option<#private::OnFailed<Self>> =
            ::core::option::Option::Some(|object, work| #told);
    }
}

fn constructor(ctx: &Ctx<'_>, new: &Constructor) -> TokenStream {
    let Ctx { model, private, .. } = ctx;
    let ty = &model.ty;
    let new_ident = &new.sig.ident;
    let input = new.sig.inputs.span().resolved_at(Span::mixed_site());
    let svc = quote_spanned!(input=> svc);
    let output = new.sig.output.span().resolved_at(Span::mixed_site());
    let call = quote_spanned!(output=> <#ty>::#new_ident(#svc));
    let body = match &new.returns {
        Returns::Result { .. } => {
            let err = new.returns.err();
            quote_spanned!(output=> #private::outcome::<_, #err>(#call))
        }
        _ => quote_spanned!(output=> ::core::result::Result::Ok(#call)),
    };
    create(ctx, &new.cfgs, &body)
}

fn create(ctx: &Ctx<'_>, cfgs: &[TokenStream], body: &TokenStream) -> TokenStream {
    let private = ctx.private;
    quote_spanned! {Span::mixed_site()=>
        #(#cfgs)*
        fn create(
            svc: #private::Services<Self>,
        ) -> ::core::result::Result<Self, #private::HandlerError> {
            #body
        }
    }
}
