//! What the macro makes of a block, before anything is written.

use crate::args::{self, Args};
use crate::errors::Errors;
use crate::model::{self, Model};
use crate::parse::{self, Block};
use crate::types::Returns;
use crate::{check, names, object};
use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::parse_quote;

pub(super) fn built(block: Block) -> Model {
    let mut errors = Errors::default();
    let mut model = model::build(Args::default(), block, &mut errors);
    check::check(&mut model, &mut errors);
    let refused = errors.into_tokens().to_string();
    assert_eq!(refused, "");
    model
}

pub(super) fn refused(block: Block) -> (Model, TokenStream) {
    let mut errors = Errors::default();
    let mut model = model::build(Args::default(), block, &mut errors);
    check::check(&mut model, &mut errors);
    (model, errors.into_tokens())
}

fn text(tokens: impl ToTokens) -> String {
    tokens.to_token_stream().to_string().replace(' ', "")
}

#[test]
fn methods_are_handlers_and_nothing_else_is() {
    let model = built(parse_quote! {
        impl Desk {
            const FIRST: u32 = 1;
            pub fn new(svc: Services<Self>) -> Self { Self(svc) }
            pub fn writes(&mut self) {}
            fn reads(&self) {}
            pub(crate) fn typed(self: &mut Self) {}
            fn named(self: &Desk) {}
            fn path(self: &mut crate::Desk) {}
            #[handler(skip)]
            pub async fn helper<T>(self, it: T) {}
            pub fn associated<T>(it: T) -> T { it }
            #[on_failed]
            fn undo(&mut self, work: FailedWork) {}
        }
    });
    let handlers: Vec<_> = model
        .handlers
        .iter()
        .map(|handler| (handler.name(), handler.public(), handler.reads()))
        .collect();
    let expected = [
        ("writes", true, false),
        ("reads", false, true),
        ("typed", false, false),
        ("named", false, true),
        ("path", false, false),
    ];
    assert_eq!(
        handlers,
        expected.map(|(name, public, reads)| (name.to_owned(), public, reads))
    );
    assert_eq!(model.constructors.len(), 1);
    assert_eq!(model.on_failed.len(), 1);
    assert_eq!(model.functions, ["helper", "associated"]);
    assert_eq!(
        (model.name.to_string(), model.binding),
        ("Desk".into(), "DESK".into())
    );
}

#[test]
fn parameters_are_named_and_owned() {
    let model = built(parse_quote! {
        impl crate::desks::Desk {
            fn new(svc: Services<Self>) -> Self { Self(svc) }
            fn all(
                &self, mut count: u32, (a, b): (u8, u8), _: String, arg3: u8, text: &str, many: &[Self],
                one: &Option<Task>, r#type: [u8; Self::LENGTH],
            ) {}
        }
    });
    let [all] = &model.handlers[..] else {
        panic!("one handler");
    };
    let params: Vec<_> = all
        .params
        .iter()
        .map(|param| (param.name.to_string(), text(&param.owned), param.borrowed))
        .collect();
    let expected = [
        ("count", "u32", false),
        ("arg2", "(u8,u8)", false),
        ("arg3_", "String", false),
        ("arg3", "u8", false),
        ("text", "::std::string::String", true),
        ("many", "::std::vec::Vec<crate::desks::Desk>", true),
        ("one", "Option<Task>", true),
        ("r#type", "[u8;crate::desks::Desk::LENGTH]", false),
    ];
    assert_eq!(
        params,
        expected.map(|(name, ty, borrowed)| (name.to_owned(), ty.to_owned(), borrowed))
    );
}

#[test]
fn results_contribute_what_is_in_them() {
    let model = built(parse_quote! {
        impl Desk {
            fn new(svc: Services<Self>) -> lumenize::Result<Self> { Ok(Self(svc)) }
            fn nothing(&self) {}
            fn value(&self) -> Option<Self> { None }
            fn result(&self) -> Result<u8, Wrong> { Ok(1) }
            fn own(&self) -> crate::Result<(u8)> { Ok(1) }
            fn bare(&self) -> std::fmt::Result { Ok(()) }
            fn alias(&self) -> Outcome<u8> { Ok(1) }
        }
    });
    let private = quote!(p);
    let contributes: Vec<_> = model
        .handlers
        .iter()
        .map(|handler| text(handler.returns.contributes(&private)))
        .collect();
    let expected = [
        "()",
        "Option<Desk>",
        "u8",
        "(u8)",
        "<std::fmt::ResultasResultOk>::Ok",
        "Outcome<u8>",
    ];
    assert_eq!(contributes.join(" ").replace("p::", ""), expected.join(" "));
    assert!(matches!(
        model.constructors[0].returns,
        Returns::Result { .. }
    ));
}

#[test]
fn generated_names_evade_those_in_the_signatures() {
    let model = built(parse_quote! {
        impl Desk {
            fn new(svc: Services<Self>) -> Self { Self(svc) }
            fn takes(&self, it: R, other: Vec<R2>, own: DeskHandler) {}
        }
    });
    assert_eq!(
        (
            &*model.parameters.0.to_string(),
            &*model.parameters.1.to_string()
        ),
        ("R_", "R2_")
    );
    assert_eq!(model.handler_enum, "DeskHandler_");
}

#[test]
fn variants_are_names() {
    for (handler, variant) in [
        ("handle_task", "HandleTask"),
        ("r#type", "Type"),
        ("self_", "HandlerSelf"),
        ("_1", "Handler1"),
        ("foo1", "Foo1"),
        ("foo_1", "Foo1"),
    ] {
        let handler = syn::parse_str(handler).unwrap();
        assert_eq!(names::variant(&handler), variant, "{handler}");
    }
}

#[test]
fn attributes_are_copied_through_conditions() {
    let model = built(parse_quote! {
        #[cfg(a)]
        #[cfg_attr(b, cfg(c), inline)]
        impl Desk {
            fn new(svc: Services<Self>) -> Self { Self(svc) }
            /// See [`Self::other`].
            #[cfg_attr(all(d, not(e)), deprecated(note = "a, b"), must_use, doc = "Two.")]
            #[allow(f)]
            #[expect(g, reason = "h")]
            #[inline]
            fn bears(&self) {}
        }
    });
    assert_eq!(
        text(quote_all(&model.cfgs)),
        "#[cfg(a)]#[cfg_attr(b,cfg(c))]"
    );
    let copied = &model.handlers[0].copied;
    let [docs, cfgs, deprecated, allows] = [
        &copied.docs,
        &copied.cfgs,
        &copied.deprecated,
        &copied.allows,
    ]
    .map(|all| text(quote_all(all)));
    assert_eq!(
        docs,
        "#[doc=\"See[`Desk::other`].\"]#[cfg_attr(all(d,not(e)),doc=\"Two.\")]"
    );
    assert_eq!(cfgs, "");
    assert_eq!(
        deprecated,
        "#[cfg_attr(all(d,not(e)),deprecated(note=\"a,b\"))]"
    );
    assert_eq!(allows, "#[allow(f)]#[allow(g,reason=\"h\")]");
}

fn quote_all(all: &[TokenStream]) -> TokenStream {
    quote!(#(#all)*)
}

#[test]
fn what_is_refused_leaves_a_stub() {
    let (model, errors) = refused(parse_quote! {
        impl Desk {
            fn new(svc: Services<Self>) -> Self { Self(svc) }
            async fn waits(&self, url: String) -> String { url }
            fn borrows(&self) -> &str { "" }
            fn generic<T>(&self, it: T) -> T { it }
            fn foo1(&self) {}
            fn foo_1(&self) -> u8 { 1 }
            fn then(&self) {}
        }
    });
    let stubs: Vec<_> = model
        .stubs
        .iter()
        .map(|stub| {
            (
                stub.name.to_string(),
                stub.params.len(),
                text(&stub.contributes),
            )
        })
        .collect();
    let expected = [
        ("waits", 1, "String"),
        ("borrows", 0, "()"),
        ("generic", 1, "()"),
        ("foo_1", 0, "u8"),
    ];
    assert_eq!(
        stubs,
        expected.map(|(name, params, ty)| (name.to_owned(), params, ty.to_owned()))
    );
    assert_eq!(model.handlers.len(), 1);
    assert_eq!(errors.to_string().matches("compile_error").count(), 5);
}

/// What rustc refuses in the block itself is not refused again where it is copied to.
#[test]
fn what_rustc_refuses_leaves_a_stub_and_no_text() {
    let (model, errors) = refused(parse_quote! {
        impl Desk {
            fn new(svc: Services<Self>) -> Self { Self(svc) }
            fn text(&self, it: str) {}
            fn slice(&self) -> [u8] {}
            fn inferred(&self, it: Vec<_>) {}
            fn lent(&self, it: &str, many: &[u8]) {}
            fn same(&self, it: u8, it: u16) {}
        }
    });
    assert!(errors.is_empty(), "{errors}");
    let names: Vec<_> = model
        .stubs
        .iter()
        .map(|stub| stub.name.to_string())
        .collect();
    assert_eq!(names, ["text", "slice", "inferred"]);
    let same = &model.handlers[1];
    let params: Vec<_> = same
        .params
        .iter()
        .map(|param| param.name.to_string())
        .collect();
    assert_eq!(params, ["it", "arg2"]);
}

#[test]
fn a_slip_is_known() {
    let known = ["binding", "crate"];
    for (written, meant) in [
        ("bindng", Some("binding")),
        ("Binding", Some("binding")),
        ("binding_name", Some("binding")),
        ("krate", Some("crate")),
        ("name", None),
        ("x", None),
    ] {
        assert_eq!(names::closest(written, &known), meant, "{written}");
    }
    assert_eq!(names::closest("skpi", &["skip", "was"]), Some("skip"));
    assert_eq!(names::closest("wsa", &["skip", "was"]), Some("was"));
}

#[test]
fn arguments_are_read_to_the_end() {
    let mut errors = Errors::default();
    let args = args::parse(
        quote!(
            bnding = "A",
            crate = "::durable",
            binding = "B",
            binding = 1
        ),
        &mut errors,
    );
    assert_eq!(args.binding.as_deref(), Some("B"));
    assert_eq!(args.krate.map(text).as_deref(), Some("::durable"));
    assert_eq!(
        errors
            .into_tokens()
            .to_string()
            .matches("compile_error")
            .count(),
        2
    );
}

/// Bodies are tokens: what is in them is left to rustc, and to who types it.
#[test]
fn a_half_typed_body_hides_nothing() {
    let body = quote!({ let x = self.svc. });
    let half = quote! {
        impl Desk {
            pub fn new(svc: Services<Self>) -> Self { Self { svc } }
            pub fn start(&mut self) #body
            fn handle_task(&mut self, name: String) { let = }
        }
    };
    assert!(
        syn::parse2::<syn::ItemImpl>(half.clone()).is_err(),
        "it is not Rust yet"
    );
    let expanded = text(object(TokenStream::new(), half));
    assert!(!expanded.contains("compile_error"), "{expanded}");
    assert!(expanded.contains(&text(&body)), "{expanded}");
    for method in ["pubfnstart(self,)", "fnhandle_task(self,name:impl"] {
        assert!(expanded.contains(method), "{method}: {expanded}");
    }
}

#[test]
fn the_block_stays_as_it_is_but_for_the_helpers() {
    let block = quote! {
        #[allow(a)]
        impl Desk {
            #[handler(skip)] #[inline] fn help(&self) { #[handler] fn inner() {} }
            #[on_failed] fn undo(&mut self, work: FailedWork) {}
            /// A handler.
            fn handler(&self, handler: u8) { handler; on_failed!(handler) }
        }
    };
    let expected = quote! {
        #[allow(a)]
        impl Desk {
            #[inline] fn help(&self) { #[handler] fn inner() {} }
            fn undo(&mut self, work: FailedWork) {}
            /// A handler.
            fn handler(&self, handler: u8) { handler; on_failed!(handler) }
        }
    };
    assert_eq!(
        parse::without_helpers(block).to_string(),
        expected.to_string()
    );
}
