//! What the builder's methods bear: what the handlers do.
#![deny(warnings, missing_docs)]

/// A module, so that something is public.
pub mod object {
    #![allow(missing_debug_implementations)]
    use lumenize::prelude::*;

    /// Old.
    #[deprecated = "use `u8`"]
    #[derive(Serialize, Deserialize)]
    pub struct Old;

    /// An object.
    pub struct Bears {
        svc: Services<Self>,
    }

    #[durable_object]
    impl Bears {
        /// Makes one.
        pub fn new(svc: Services<Self>) -> Self {
            Self { svc }
        }
        #[doc = "A text "]
        #[doc = concat!("in ", "parts.")]
        #[deprecated(since = "1.0.0", note = "use `taken`")]
        pub fn given(&mut self) {
            let _ = &self.svc;
        }
        /// Takes what is old.
        #[allow(deprecated)]
        pub fn takes_old(&mut self, old: Old) -> Old {
            old
        }
        /// Takes it, and expects to be told.
        #[expect(deprecated)]
        pub fn expects_old(&mut self, old: Old) {
            let _ = old;
        }
        /// In conditions.
        #[cfg_attr(all(), deprecated = "in a condition", allow(deprecated), doc = "Two.")]
        #[cfg_attr(any(), cfg(any()), inline)]
        pub fn conditional(&mut self, old: Old) {
            let _ = old;
        }
        /// Never there.
        #[cfg_attr(all(), cfg(any()))]
        pub fn absent(&mut self, it: NoSuchType) {}
        /// Has a name as in another language.
        #[allow(non_snake_case)]
        pub fn doIt(&mut self, howOften: u8) {
            let _ = howOften;
        }
        #[doc(hidden)]
        #[must_use]
        #[inline]
        #[track_caller]
        pub fn hidden(&self) -> u8 {
            1
        }
    }
}

fn main() {
    #[allow(deprecated)]
    let _ = object::Bears::c().given().takes_old(object::Old).expects_old(object::Old);
    #[expect(deprecated)]
    let _ = object::Bears::c().conditional(object::Old);
    #[expect(deprecated)]
    let _ = object::Bears::c().given();
    let _ = object::Bears::c().doIt(1).hidden();
}
