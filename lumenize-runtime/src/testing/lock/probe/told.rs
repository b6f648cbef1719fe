//! What a type says when it refuses what it is given.

use serde::de;
use std::fmt::{self, Display};

#[derive(Debug)]
pub(super) enum Told {
    /// This field is required.
    Missing(&'static str),
    /// This field is there already, maybe under another name.
    Twice(&'static str),
    /// It takes no field or variant of a name that it does not know.
    Unknown,
    /// Anything else.
    Other,
}

impl Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the type refuses it")
    }
}

impl std::error::Error for Told {}

impl de::Error for Told {
    fn custom<T: Display>(_message: T) -> Self {
        Self::Other
    }

    fn missing_field(field: &'static str) -> Self {
        Self::Missing(field)
    }

    fn duplicate_field(field: &'static str) -> Self {
        Self::Twice(field)
    }

    fn unknown_field(_field: &str, _expected: &'static [&'static str]) -> Self {
        Self::Unknown
    }

    fn unknown_variant(_variant: &str, _expected: &'static [&'static str]) -> Self {
        Self::Unknown
    }
}
