//! What the objects of all releases have.

/// Clerks of the release that is broken can't be built.
#[allow(clippy::panic)] // it is broken
pub(crate) fn is_built() {
    if cfg!(feature = "broken") {
        panic!("a release that is broken");
    }
}

/// A clerk with these handlers beside those that each has.
macro_rules! clerk {
    ($($handlers:tt)*) => {
        /// It keeps a log.
        pub struct Clerk {
            svc: Services<Self>,
        }

        #[durable_object]
        impl Clerk {
            /// Makes the log.
            pub fn new(mut svc: Services<Self>) -> Result<Self> {
                crate::objects::is_built();
                svc.execute("CREATE TABLE IF NOT EXISTS log (place INTEGER PRIMARY KEY, line TEXT)", ())?;
                Ok(Self { svc })
            }

            /// What was done.
            pub fn log(&self) -> Result<Vec<String>> {
                Ok(self.svc.query("SELECT line FROM log ORDER BY place", ())?)
            }

            fn note(&mut self, line: &str) -> Result<()> {
                self.svc.execute("INSERT INTO log (line) VALUES (?)", (line,))?;
                Ok(())
            }

            $($handlers)*
        }
    };
}

/// A desk with these handlers beside those that each has.
macro_rules! desk {
    ($($handlers:tt)*) => {
        /// It keeps a log of what became of its calls.
        pub struct Desk {
            svc: Services<Self>,
        }

        #[durable_object]
        impl Desk {
            /// Makes the log.
            pub fn new(mut svc: Services<Self>) -> Result<Self> {
                svc.execute("CREATE TABLE IF NOT EXISTS log (place INTEGER PRIMARY KEY, line TEXT)", ())?;
                Ok(Self { svc })
            }

            /// What it was told.
            pub fn log(&self) -> Result<Vec<String>> {
                Ok(self.svc.query("SELECT line FROM log ORDER BY place", ())?)
            }

            /// Calls the clerk for a greeting.
            pub fn ask_greeting(&mut self) -> Result<()> {
                self.svc
                    .call("main", Clerk::c().greet(person()))
                    .on_success(|receipt| Self::c().heard(0, receipt))
                    .on_error(|error| Self::c().not_heard(0, error))
                    .send()?;
                Ok(())
            }

            fn heard(&mut self, number: u32, receipt: Receipt) -> Result<()> {
                self.note(format!("heard {number}: {receipt:?}"))
            }

            fn not_heard(&mut self, number: u32, error: CallError) -> Result<()> {
                self.note(format!("not heard {number}: {error} ({:?})", error.outcome()))
            }

            #[handler(skip)]
            fn note(&mut self, line: String) -> Result<()> {
                self.svc.execute("INSERT INTO log (line) VALUES (?)", (line,))?;
                Ok(())
            }

            $($handlers)*
        }
    };
}
