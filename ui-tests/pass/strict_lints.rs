//! What a strict crate denies, and a stricter one forbids.
#![forbid(unsafe_code)]
#![deny(warnings, missing_docs, unreachable_pub, unused, future_incompatible)]
#![deny(missing_debug_implementations, elided_lifetimes_in_paths, rust_2018_idioms)]
#![allow(dropping_copy_types)]

/// A module, so that something is public and documented.
pub mod object {
    use lumenize::prelude::*;

    #[derive(Serialize, Deserialize)]
    struct Private;

    /// An object.
    pub struct Strict {
        svc: Services<Self>,
    }

    impl std::fmt::Debug for Strict {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("Strict")
        }
    }

    #[durable_object]
    impl Strict {
        /// Makes one.
        pub fn new(svc: Services<Self>) -> Self {
            Self { svc }
        }
        /// Starts. See [`Self::documented`].
        pub fn documented(&mut self, name: &str) -> Result<ScheduleId> {
            let _ = name;
            let steps = Self::c().private(Private).narrower();
            Ok(self.svc.alarms.schedule(Duration::ZERO, steps)?.id)
        }
        /// Old.
        #[deprecated = "use `documented`"]
        pub fn old(&self) {}
        fn private(&mut self, it: Private) -> Private {
            it
        }
        pub(crate) fn narrower(&self) {}
        pub(super) fn never_used(&self) {}
    }

    #[derive(Serialize, Deserialize)]
    pub(crate) struct Narrow;

    pub(crate) struct Hidden(#[expect(dead_code)] Services<Self>);

    #[durable_object]
    impl Hidden {
        fn new(svc: Services<Self>) -> Self {
            Self(svc)
        }
        pub(crate) fn take(&self, it: Narrow) -> Narrow {
            it
        }
    }
}

fn main() {
    let _ = object::Strict::c().documented("a");
    let _ = object::Hidden::c().take(object::Narrow);
}
