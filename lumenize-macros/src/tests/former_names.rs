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

#[test]
fn parameters_have_the_names_that_they_had_and_none_begins_with_an_underscore() {
    let model = built(parse_quote! {
        impl Desk {
            fn new(svc: Services<Self>) -> Self { Self(svc) }
            fn start(
                &self,
                #[handler(was = "_open", was = "match")] _at: u8,
                #[handler(default)] #[handler(was = "a")] r#type: u8,
                (b, c): (u8, u8),
                _: u8,
                __: u8,
            ) {}
        }
    });
    assert_eq!(model.handlers[0].stored_names(), "at,type,arg3,arg4,__");
    let params = model.handlers[0].params.iter().map(|param| {
        let was = param.was.iter().map(|was| was.name.clone());
        (was.collect::<Vec<_>>().join(" "), param.default)
    });
    let params: Vec<_> = params.take(3).collect();
    let expected = [("open match", false), ("a", true), ("", false)];
    assert_eq!(
        params,
        expected.map(|(was, default)| (was.to_owned(), default))
    );
}

/// What is refused on a parameter is left out, and refuses no handler; names that are alike do.
#[test]
fn former_names_of_parameters_that_are_refused_are_left_out() {
    let (model, errors) = refused(parse_quote! {
        impl Desk {
            fn new(svc: Services<Self>) -> Self { Self(svc) }
            fn start(
                &self,
                #[handler(was = "a", was = "_b", was = "c", was = "_c", was = 1)] a: u8,
                #[handler(was = "c", was = "d", skip, default, default)] b: u8,
            ) {}
            fn alike(&self, r#a: u8, _a: u8) {}
            #[handler(skip)]
            fn helper(&self, #[handler(default)] a: u8) {}
        }
    });
    let params = model.handlers[0].params.iter().map(|param| {
        let was = param.was.iter().map(|was| was.name.clone());
        (was.collect::<Vec<_>>().join(" "), param.default)
    });
    let params: Vec<_> = params.collect();
    assert_eq!(params, [("c".to_owned(), false), ("d".to_owned(), true)]);
    assert_eq!((model.handlers.len(), model.stubs.len()), (1, 1));
    assert_eq!(errors.to_string().matches("compile_error").count(), 9);
}
