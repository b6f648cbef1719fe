///A continuation of [`TaskScheduler`], begun by [`TaskScheduler::c`]: steps that run in order, all or nothing, once it is scheduled or called. `R` is what the last step returns.
#[must_use = "a continuation does nothing until it is scheduled, called or nested"]
#[allow(unreachable_pub, missing_debug_implementations, nonstandard_style)]
pub struct TaskSchedulerContinuation<'c, R>(::lumenize::__private::Steps<'c, R>);
#[allow(dead_code, unreachable_pub, clippy::all, clippy::pedantic)]
impl TaskScheduler {
    ///Begins a continuation of this object: `TaskScheduler::c().my_handler(..)`.
    pub fn c<'c>() -> TaskSchedulerContinuation<'c, ::lumenize::NoStep> {
        TaskSchedulerContinuation(::lumenize::__private::Steps::new())
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
impl<'c, R> TaskSchedulerContinuation<'c, R> {
    /// Schedules a task.
    pub fn schedule_task(
        self,
        name: impl ::lumenize::Arg<'c, TaskScheduler, ::std::string::String>,
        delay: impl ::lumenize::Arg<'c, TaskScheduler, u64>,
    ) -> TaskSchedulerContinuation<'c, ScheduleId> {
        TaskSchedulerContinuation(
            self
                .0
                .step(
                    "schedule_task",
                    "name,delay",
                    |lowering| [
                        ::lumenize::__private::Arg::<
                            'c,
                            TaskScheduler,
                            ::std::string::String,
                        >::lower(
                            name,
                            lowering,
                            ::lumenize::__private::stored::<::std::string::String>(),
                        ),
                        ::lumenize::__private::Arg::<
                            'c,
                            TaskScheduler,
                            u64,
                        >::lower(delay, lowering, ::lumenize::__private::stored::<u64>()),
                    ],
                ),
        )
    }
    ///Adds a step that runs `size`.
    #[deprecated = "use `schedule_task`"]
    pub(crate) fn size(self) -> TaskSchedulerContinuation<'c, u32> {
        TaskSchedulerContinuation(self.0.step("size", "", |_| []))
    }
    ///Adds a step that runs `more`.
    #[cfg(feature = "more")]
    fn more(
        self,
        arg1: impl ::lumenize::Arg<'c, TaskScheduler, (u8, TaskScheduler)>,
    ) -> TaskSchedulerContinuation<'c, ()> {
        TaskSchedulerContinuation(
            self
                .0
                .step(
                    "more",
                    "arg1",
                    |lowering| [
                        ::lumenize::__private::Arg::<
                            'c,
                            TaskScheduler,
                            (u8, TaskScheduler),
                        >::lower(
                            arg1,
                            lowering,
                            ::lumenize::__private::stored::<(u8, TaskScheduler)>(),
                        ),
                    ],
                ),
        )
    }
    /// Pipes the result of the step before into what follows. The closure runs at once, with a
    /// placeholder for that result, which can be an argument of any step that the closure adds.
    pub fn then<R2>(
        self,
        pipe: impl for<'x> ::core::ops::FnOnce(
            ::lumenize::Piped<'x, 'c, R>,
        ) -> TaskSchedulerContinuation<'x, R2>,
    ) -> TaskSchedulerContinuation<'c, R2>
    where
        ::lumenize::__private::Steps<'c, R>: ::lumenize::__private::Begun,
    {
        TaskSchedulerContinuation(self.0.then(|piped| pipe(piped).0))
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
    impl<'c, R> ::lumenize::__private::ContinuationOf<'c, TaskScheduler, R>
    for TaskSchedulerContinuation<'c, R> {
        fn into_steps(self) -> ::lumenize::__private::Steps<'c, R> {
            self.0
        }
    }
    #[automatically_derived]
    impl<'c, R> ::lumenize::__private::Arg<'c, TaskScheduler, R>
    for TaskSchedulerContinuation<'c, R> {
        fn lower(
            self,
            lowering: &mut ::lumenize::__private::Lowering<'_>,
            _: ::lumenize::__private::Stored<R>,
        ) -> ::lumenize::__private::Lowered {
            ::lumenize::__private::Steps::nest(self.0, lowering)
        }
    }
    #[allow(unreachable_pub, missing_debug_implementations)]
    pub enum TaskSchedulerHandler {
        ScheduleTask { name: ::std::string::String, delay: u64 },
        Size {},
        #[cfg(feature = "more")]
        More { arg1: (u8, TaskScheduler) },
    }
    #[automatically_derived]
    impl ::lumenize::__private::Handler<TaskScheduler> for TaskSchedulerHandler {
        fn decode(
            handler: &::core::primitive::str,
            args: &mut ::lumenize::__private::Args<'_>,
        ) -> ::core::result::Result<Self, ::lumenize::__private::StepError> {
            match handler {
                "schedule_task" => {
                    ::core::result::Result::Ok(Self::ScheduleTask {
                        name: args
                            .take(
                                ::lumenize::__private::stored::<::std::string::String>(),
                            )?,
                        delay: args.take(::lumenize::__private::stored::<u64>())?,
                    })
                }
                "size" => ::core::result::Result::Ok(Self::Size {}),
                #[cfg(feature = "more")]
                "more" => {
                    ::core::result::Result::Ok(Self::More {
                        arg1: args
                            .take(
                                ::lumenize::__private::stored::<(u8, TaskScheduler)>(),
                            )?,
                    })
                }
                "add_task" | "plan_task" => Self::decode("schedule_task", args),
                _ => ::core::result::Result::Err(args.unknown()),
            }
        }
        fn run(
            self,
            object: &mut TaskScheduler,
            returned: &mut ::lumenize::__private::Returned<'_>,
        ) -> ::core::result::Result<(), ::lumenize::__private::HandlerError> {
            match self {
                Self::ScheduleTask { name, delay } => {
                    returned
                        .result::<
                            ScheduleId,
                            _,
                        >(<TaskScheduler>::schedule_task(object, &name, delay))
                }
                Self::Size {} => returned.value::<u32>(<TaskScheduler>::size(object)),
                #[cfg(feature = "more")]
                Self::More { arg1 } => {
                    returned.value::<()>(<TaskScheduler>::more(object, arg1))
                }
            }
        }
    }
    #[automatically_derived]
    impl ::lumenize::__private::Object for TaskScheduler {
        type Continuation<'c, R> = TaskSchedulerContinuation<'c, R>;
        type Handler = TaskSchedulerHandler;
        const CLASS: &'static ::core::primitive::str = "TaskScheduler";
        const BINDING: &'static ::core::primitive::str = "TASK_SCHEDULER";
        const HANDLERS: &'static [::lumenize::__private::HandlerInfo] = &[
            ::lumenize::__private::HandlerInfo {
                name: "schedule_task",
                was: &["add_task", "plan_task"],
                public: true,
                reads: false,
                params: &[
                    ::lumenize::__private::ParamInfo {
                        name: "name",
                        was: &[],
                        default: false,
                    },
                    ::lumenize::__private::ParamInfo {
                        name: "delay",
                        was: &[],
                        default: false,
                    },
                ],
            },
            ::lumenize::__private::HandlerInfo {
                name: "size",
                was: &[],
                public: false,
                reads: true,
                params: &[],
            },
            #[cfg(feature = "more")]
            ::lumenize::__private::HandlerInfo {
                name: "more",
                was: &[],
                public: false,
                reads: false,
                params: &[
                    ::lumenize::__private::ParamInfo {
                        name: "arg1",
                        was: &[],
                        default: false,
                    },
                ],
            },
        ];
        fn create(
            svc: ::lumenize::__private::Services<Self>,
        ) -> ::core::result::Result<Self, ::lumenize::__private::HandlerError> {
            ::core::result::Result::Ok(<TaskScheduler>::new(svc))
        }
        fn describe<R: ::lumenize::__private::Visitor>(visitor: &mut R) {
            #[allow(unused_imports)]
            use ::lumenize::__private::NotStorable as _;
            {
                ::lumenize::__private::Visitor::handler(visitor);
                ::lumenize::__private::Argument::<::std::string::String>::new()
                    .tell(visitor);
                ::lumenize::__private::Argument::<u64>::new().tell(visitor);
            }
            {
                ::lumenize::__private::Visitor::handler(visitor);
            }
            #[cfg(feature = "more")]
            {
                ::lumenize::__private::Visitor::handler(visitor);
                ::lumenize::__private::Argument::<(u8, TaskScheduler)>::new()
                    .tell(visitor);
            }
        }
    }
    #[allow(unused_imports)]
    use ::lumenize::__private::NotResult as _;
    const _: () = ::core::assert!(
        ! ::lumenize::__private::Probe:: < u32 > ::IS_RESULT,
        "a handler's `Result` must be called `Result`: under another name its `Err` would be kept as data instead of undoing the handler; write `Result<T, E>`"
    );
    #[cfg(target_family = "wasm")]
    const _: () = {
        use ::lumenize::__private::workerd::wasm_bindgen;
        #[::lumenize::__private::workerd::wasm_bindgen::prelude::wasm_bindgen(
            wasm_bindgen = ::lumenize::__private::workerd::wasm_bindgen,
            js_name = "TaskScheduler"
        )]
        pub struct TaskSchedulerExport;
        #[::lumenize::__private::workerd::wasm_bindgen::prelude::wasm_bindgen(
            wasm_bindgen = ::lumenize::__private::workerd::wasm_bindgen,
            js_class = "TaskScheduler"
        )]
        impl TaskSchedulerExport {
            #[wasm_bindgen(constructor)]
            pub fn new(
                ctx: ::lumenize::__private::workerd::wasm_bindgen::JsValue,
                env: ::lumenize::__private::workerd::wasm_bindgen::JsValue,
            ) -> ::lumenize::__private::workerd::wasm_bindgen::JsValue {
                ::lumenize::__private::workerd::construct::<TaskScheduler>(ctx, env)
            }
        }
        #[::lumenize::__private::workerd::wasm_bindgen::prelude::wasm_bindgen(
            wasm_bindgen = ::lumenize::__private::workerd::wasm_bindgen,
            start,
            private
        )]
        #[allow(non_snake_case)]
        fn register_TaskScheduler() {
            ::lumenize::__private::workerd::register::<
                TaskScheduler,
            >(::core::convert::Into::into(TaskSchedulerExport));
        }
    };
};
