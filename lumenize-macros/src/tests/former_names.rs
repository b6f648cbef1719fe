//! What the macro makes of the names that handlers had before.

use super::model::{built, refused};
use crate::model::Model;
use syn::parse_quote;

#[test]
fn handlers_have_the_names_that_they_had() {
    let model = built(parse_quote! {
        impl Desk {
            fn new(svc: Services<Self>) -> Self { Self(svc) }
            #[handler(was = "open", was = "begin")]
            #[handler(was = "type")]
            fn start(&self) {}
            fn none(&self) {}
            #[cfg(a)]
            #[handler(was = "old")]
            fn young(&self) {}
            #[cfg(not(a))]
            #[handler(was = "old")]
            fn younger(&self) {}
        }
    });
    assert_eq!(former_names(&model), "open begin type,,old,old");
}

/// Each name is one handler's, whatever is refused.
#[test]
fn former_names_that_are_refused_are_left_out() {
    let (model, errors) = refused(parse_quote! {
        impl Desk {
            fn new(svc: Services<Self>) -> Self { Self(svc) }
            #[handler(was = "start", was = "open", was = "open", was = 1, was)]
            fn start(&self) {}
            #[handler(was = "begin", was = "open", was = "start")]
            fn begun(&self) {}
            #[handler(skip, was = "gone")]
            fn gone_too(&self) {}
            #[handler(was = "nothing")]
            fn associated() {}
        }
    });
    assert_eq!(former_names(&model), "open,begin");
    assert_eq!(errors.to_string().matches("compile_error").count(), 8);
}

/// Those of each handler.
fn former_names(model: &Model) -> String {
    let names = model.handlers.iter().map(|handler| {
        let names = handler.was.iter().map(|was| was.name.clone());
        names.collect::<Vec<_>>().join(" ")
    });
    names.collect::<Vec<_>>().join(",")
}
