//! What happens, when, and where, as lines.

use std::sync::Arc;
use std::time::Instant;

/// Prints with the time since its beginning.
#[derive(Clone)]
pub(crate) struct Timeline(Arc<Instant>);

impl Timeline {
    pub(crate) fn begin() -> Self {
        Self(Arc::new(Instant::now()))
    }

    pub(crate) fn say(&self, who: &str, what: &str) {
        println!("{:>6} ms  {who:<7} {what}", self.0.elapsed().as_millis());
    }
}
