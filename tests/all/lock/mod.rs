//! The lock file: what it says of objects, and what it says when they change.

use std::path::PathBuf;

mod file;
mod guide;
mod handlers;
mod kinds;
mod values;

/// The lock file of an object with these types and handlers.
macro_rules! locked {
    ($path:expr, { $($types:tt)* } { $($handlers:tt)* }) => {{
        #[allow(unused_imports)]
        use lumenize::prelude::*;

        $($types)*

        struct Desk;

        #[durable_object]
        #[allow(dead_code, unused_variables, clippy::too_many_arguments)] // nobody runs them
        impl Desk {
            pub fn new(_svc: Services<Self>) -> Self {
                Self
            }

            $($handlers)*
        }
        lumenize::testing::Lock::at(&$path).object::<Desk>()
    }};
}

/// What is said of new handlers, and types, where the old ones are locked.
macro_rules! plan {
    ({ $($old_types:tt)* } { $($old:tt)* } => { $($new_types:tt)* } { $($new:tt)* }) => {{
        let (_directory, path) = super::place();
        super::locked!(path, { $($old_types)* } { $($old)* }).update().unwrap();
        let checked = super::locked!(path, { $($new_types)* } { $($new)* }).check();
        match checked {
            Ok(()) => String::new(),
            Err(lumenize::testing::LockError::Differs { plan, .. }) => plan.to_string(),
            Err(error) => panic!("{error}"),
        }
    }};
}

pub(crate) use {locked, plan};

/// A place for a lock file, as long as the directory stays.
fn place() -> (tempfile::TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("lumenize.lock");
    (directory, path)
}
