::core::compile_error! {
    "a durable object needs a `new`: it is built from its storage whenever it is loaded; add `pub fn new(svc: Services<Self>) -> Self { … }` to this block, the only one with the attribute"
}
::core::compile_error! {
    "a handler can't be `async`: it runs inside one transaction; schedule, call or fetch, and go on in the handler that the continuation names, or mark a helper with `#[handler(skip)]`"
}
///A continuation of [`Desk`], begun by [`Desk::c`]: steps that run in order, all or nothing, once it is scheduled or called. `R` is what the last step returns.
#[must_use = "a continuation does nothing until it is scheduled, called or nested"]
#[allow(unreachable_pub, missing_debug_implementations, nonstandard_style)]
pub struct DeskContinuation<'c, R>(::lumenize::__private::Steps<'c, R>);
#[allow(dead_code, unreachable_pub, clippy::all, clippy::pedantic)]
impl Desk {
    ///Begins a continuation of this object: `Desk::c().my_handler(..)`.
    pub fn c<'c>() -> DeskContinuation<'c, ::lumenize::NoStep> {
        DeskContinuation(::lumenize::__private::Steps::new())
    }
}
#[allow(
    dead_code,
    nonstandard_style,
    private_bounds,
    private_interfaces,
    unreachable_pub,
    clippy::all,
    clippy::pedantic,
)]
impl<'c, R> DeskContinuation<'c, R> {
    ///Adds a step that runs `answer`.
    fn answer(self) -> DeskContinuation<'c, u8> {
        DeskContinuation(self.0.step("answer", "", |_| []))
    }
    #[allow(missing_docs, unused_variables)]
    fn ask(self, url: impl ::core::marker::Sized) -> DeskContinuation<'c, String> {
        loop {}
    }
    /// Pipes the result of the step before into what follows. The closure runs at once, with a
    /// placeholder for that result, which can be an argument of any step that the closure adds.
    pub fn then<R2>(
        self,
        pipe: impl for<'x> ::core::ops::FnOnce(
            ::lumenize::Piped<'x, 'c, R>,
        ) -> DeskContinuation<'x, R2>,
    ) -> DeskContinuation<'c, R2>
    where
        ::lumenize::__private::Steps<'c, R>: ::lumenize::__private::Begun,
    {
        DeskContinuation(self.0.then(|piped| pipe(piped).0))
    }
}
#[allow(
    dead_code,
    deprecated,
    nonstandard_style,
    private_interfaces,
    unused_variables,
    clippy::all,
    clippy::pedantic,
)]
const _: () = {
    #[automatically_derived]
    impl<'c, R> ::lumenize::__private::ContinuationOf<'c, Desk, R>
    for DeskContinuation<'c, R> {
        fn into_steps(self) -> ::lumenize::__private::Steps<'c, R> {
            self.0
        }
    }
    #[automatically_derived]
    impl<'c, R> ::lumenize::__private::Arg<'c, Desk, R> for DeskContinuation<'c, R> {
        fn lower(
            self,
            lowering: &mut ::lumenize::__private::Lowering<'_>,
            _: ::lumenize::__private::Stored<R>,
        ) -> ::lumenize::__private::Lowered {
            ::lumenize::__private::Steps::nest(self.0, lowering)
        }
    }
    #[allow(unreachable_pub, missing_debug_implementations)]
    pub enum DeskHandler {
        Answer {},
    }
    #[automatically_derived]
    impl ::lumenize::__private::Handler<Desk> for DeskHandler {
        fn decode(
            handler: &::core::primitive::str,
            args: &mut ::lumenize::__private::Args<'_>,
        ) -> ::core::result::Result<Self, ::lumenize::__private::StepError> {
            match handler {
                "answer" => ::core::result::Result::Ok(Self::Answer {}),
                _ => ::core::result::Result::Err(args.unknown()),
            }
        }
        fn run(
            self,
            object: &mut Desk,
            returned: &mut ::lumenize::__private::Returned<'_>,
        ) -> ::core::result::Result<(), ::lumenize::__private::HandlerError> {
            match self {
                Self::Answer {} => returned.value::<u8>(<Desk>::answer(object)),
            }
        }
    }
    #[automatically_derived]
    impl ::lumenize::__private::Object for Desk {
        type Continuation<'c, R> = DeskContinuation<'c, R>;
        type Handler = DeskHandler;
        const CLASS: &'static ::core::primitive::str = "Desk";
        const BINDING: &'static ::core::primitive::str = "DESK";
        const HANDLERS: &'static [::lumenize::__private::HandlerInfo] = &[
            ::lumenize::__private::HandlerInfo {
                name: "answer",
                was: &[],
                public: false,
                reads: true,
                params: &[],
            },
        ];
        fn create(
            svc: ::lumenize::__private::Services<Self>,
        ) -> ::core::result::Result<Self, ::lumenize::__private::HandlerError> {
            loop {}
        }
        fn describe<R: ::lumenize::__private::Visitor>(visitor: &mut R) {
            #[allow(unused_imports)]
            use ::lumenize::__private::NotStorable as _;
            {
                ::lumenize::__private::Visitor::handler(visitor);
            }
        }
    }
    #[allow(unused_imports)]
    use ::lumenize::__private::NotResult as _;
    const _: () = ::core::assert!(
        ! ::lumenize::__private::Probe:: < u8 > ::IS_RESULT,
        "a handler's `Result` must be called `Result`: under another name its `Err` would be kept as data instead of undoing the handler; write `Result<T, E>`"
    );
    #[cfg(target_family = "wasm")]
    const _: () = {
        use ::lumenize::__private::workerd::wasm_bindgen;
        #[::lumenize::__private::workerd::wasm_bindgen::prelude::wasm_bindgen(
            wasm_bindgen = ::lumenize::__private::workerd::wasm_bindgen,
            js_name = "Desk"
        )]
        pub struct DeskExport;
        #[::lumenize::__private::workerd::wasm_bindgen::prelude::wasm_bindgen(
            wasm_bindgen = ::lumenize::__private::workerd::wasm_bindgen,
            js_class = "Desk"
        )]
        impl DeskExport {
            #[wasm_bindgen(constructor)]
            pub fn new(
                ctx: ::lumenize::__private::workerd::wasm_bindgen::JsValue,
                env: ::lumenize::__private::workerd::wasm_bindgen::JsValue,
            ) -> ::lumenize::__private::workerd::wasm_bindgen::JsValue {
                ::lumenize::__private::workerd::construct::<Desk>(ctx, env)
            }
        }
        #[::lumenize::__private::workerd::wasm_bindgen::prelude::wasm_bindgen(
            wasm_bindgen = ::lumenize::__private::workerd::wasm_bindgen,
            start,
            private
        )]
        #[allow(non_snake_case)]
        fn register_Desk() {
            ::lumenize::__private::workerd::register::<
                Desk,
            >(::core::convert::Into::into(DeskExport));
        }
    };
};
