//! The types of the handlers' arguments, told to whoever asks: a generic function, which is compiled only
//! where it is used.

use super::Ctx;
use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;

/// ```text
/// fn describe<R: Visitor>(visitor: &mut R) {
///     use NotStorable as _;
///     visitor.handler();
///     Argument::<String>::new().tell(visitor);
///     Argument::<u64>::new().tell(visitor);
///     …
/// }
/// ```
pub(super) fn method(ctx: &Ctx<'_>) -> TokenStream {
    let Ctx { model, private, .. } = ctx;
    // An argument's type may be called as any other parameter would be.
    let (r, _) = &model.parameters;
    let handlers = model.handlers.iter().map(|handler| {
        let cfgs = &handler.copied.cfgs;
        let arguments = handler.params.iter().map(|param| &param.owned);
        quote_spanned! {Span::mixed_site()=>
            #(#cfgs)*
            {
                #private::Visitor::handler(visitor);
                #(#private::Argument::<#arguments>::new().tell(visitor);)*
            }
        }
    });
    quote_spanned! {Span::mixed_site()=>
        fn describe<#r: #private::Visitor>(visitor: &mut #r) {
            #[allow(unused_imports)]
            use #private::NotStorable as _;
            #(#handlers)*
        }
    }
}
