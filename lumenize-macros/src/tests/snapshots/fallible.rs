///A continuation of [`Desk`], begun by [`Desk::c`]: steps that run in order, all or nothing, once it is scheduled or called. `R` is what the last step returns.
#[must_use = "a continuation does nothing until it is scheduled, called or nested"]
#[allow(unreachable_pub, missing_debug_implementations, nonstandard_style)]
pub struct DeskContinuation<'c, R>(crate::facade::lumenize::__private::Steps<'c, R>);
#[allow(dead_code, unreachable_pub, clippy::all, clippy::pedantic)]
impl Desk {
    ///Begins a continuation of this object: `Desk::c().my_handler(..)`.
    pub fn c<'c>() -> DeskContinuation<'c, crate::facade::lumenize::NoStep> {
        DeskContinuation(crate::facade::lumenize::__private::Steps::new())
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
    /// Pipes the result of the step before into what follows. The closure runs at once, with a
    /// placeholder for that result, which can be an argument of any step that the closure adds.
    pub fn then<R2>(
        self,
        pipe: impl for<'x> ::core::ops::FnOnce(
            crate::facade::lumenize::Piped<'x, 'c, R>,
        ) -> DeskContinuation<'x, R2>,
    ) -> DeskContinuation<'c, R2>
    where
        crate::facade::lumenize::__private::Steps<
            'c,
            R,
        >: crate::facade::lumenize::__private::Begun,
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
    impl<'c, R> crate::facade::lumenize::__private::ContinuationOf<'c, Desk, R>
    for DeskContinuation<'c, R> {
        fn into_steps(self) -> crate::facade::lumenize::__private::Steps<'c, R> {
            self.0
        }
    }
    #[automatically_derived]
    impl<'c, R> crate::facade::lumenize::__private::Arg<'c, Desk, R>
    for DeskContinuation<'c, R> {
        fn lower(
            self,
            lowering: &mut crate::facade::lumenize::__private::Lowering<'_>,
            _: crate::facade::lumenize::__private::Stored<R>,
        ) -> crate::facade::lumenize::__private::Lowered {
            crate::facade::lumenize::__private::Steps::nest(self.0, lowering)
        }
    }
    #[allow(unreachable_pub, missing_debug_implementations)]
    pub enum DeskHandler {}
    #[automatically_derived]
    impl crate::facade::lumenize::__private::Handler<Desk> for DeskHandler {
        fn decode(
            handler: &::core::primitive::str,
            args: &mut crate::facade::lumenize::__private::Args<'_>,
        ) -> ::core::result::Result<
            Self,
            crate::facade::lumenize::__private::StepError,
        > {
            match handler {
                _ => ::core::result::Result::Err(args.unknown()),
            }
        }
        fn run(
            self,
            object: &mut Desk,
            returned: &mut crate::facade::lumenize::__private::Returned<'_>,
        ) -> ::core::result::Result<
            (),
            crate::facade::lumenize::__private::HandlerError,
        > {
            match self {}
        }
    }
    #[automatically_derived]
    impl crate::facade::lumenize::__private::Object for Desk {
        type Continuation<'c, R> = DeskContinuation<'c, R>;
        type Handler = DeskHandler;
        const CLASS: &'static ::core::primitive::str = "Desk";
        const BINDING: &'static ::core::primitive::str = "DESK";
        const HANDLERS: &'static [crate::facade::lumenize::__private::HandlerInfo] = &[];
        const ON_FAILED: ::core::option::Option<
            crate::facade::lumenize::__private::OnFailed<Self>,
        > = ::core::option::Option::Some(|object, work| crate::facade::lumenize::__private::outcome::<
            _,
            _,
        >(<Desk>::undo(object, work)));
        fn create(
            svc: crate::facade::lumenize::__private::Services<Self>,
        ) -> ::core::result::Result<
            Self,
            crate::facade::lumenize::__private::HandlerError,
        > {
            crate::facade::lumenize::__private::outcome::<_, _>(<Desk>::new(svc))
        }
        fn describe<R: crate::facade::lumenize::__private::Visitor>(visitor: &mut R) {
            #[allow(unused_imports)]
            use crate::facade::lumenize::__private::NotStorable as _;
        }
    }
    #[allow(unused_imports)]
    use crate::facade::lumenize::__private::NotResult as _;
    #[cfg(target_family = "wasm")]
    const _: () = {
        use crate::facade::lumenize::__private::workerd::wasm_bindgen;
        #[crate::facade::lumenize::__private::workerd::wasm_bindgen::prelude::wasm_bindgen(
            wasm_bindgen = crate::facade::lumenize::__private::workerd::wasm_bindgen,
            js_name = "Desk"
        )]
        pub struct DeskExport;
        #[crate::facade::lumenize::__private::workerd::wasm_bindgen::prelude::wasm_bindgen(
            wasm_bindgen = crate::facade::lumenize::__private::workerd::wasm_bindgen,
            js_class = "Desk"
        )]
        impl DeskExport {
            #[wasm_bindgen(constructor)]
            pub fn new(
                ctx: crate::facade::lumenize::__private::workerd::wasm_bindgen::JsValue,
                env: crate::facade::lumenize::__private::workerd::wasm_bindgen::JsValue,
            ) -> crate::facade::lumenize::__private::workerd::wasm_bindgen::JsValue {
                crate::facade::lumenize::__private::workerd::construct::<Desk>(ctx, env)
            }
        }
        #[crate::facade::lumenize::__private::workerd::wasm_bindgen::prelude::wasm_bindgen(
            wasm_bindgen = crate::facade::lumenize::__private::workerd::wasm_bindgen,
            start,
            private
        )]
        #[allow(non_snake_case)]
        fn register_Desk() {
            crate::facade::lumenize::__private::workerd::register::<
                Desk,
            >(::core::convert::Into::into(DeskExport));
        }
    };
};
