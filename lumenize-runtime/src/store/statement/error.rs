use super::{MAX_BYTES, MAX_PARAMETERS};

/// Why a statement was refused before the database saw it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StatementError {
    /// There is none.
    #[error("there is no statement in the text")]
    Empty,
    /// There is more than one.
    #[error("the text has another statement at byte {at}; run one statement at a time")]
    Several {
        /// Where it begins.
        at: usize,
    },
    /// It is longer than SQLite on Cloudflare takes.
    #[error("the statement has {bytes} bytes, the limit is {MAX_BYTES}; bind data as parameters")]
    TooLong {
        /// How many it has, its parameters written out.
        bytes: usize,
    },
    /// SQLite has no such token, or the statement is put together wrongly.
    #[error("the statement is malformed at byte {at}: {reason}")]
    Malformed {
        /// Where.
        at: usize,
        /// What is wrong.
        reason: &'static str,
    },
    /// It is not for an object's handlers.
    #[error("`{what}` is refused: {reason}")]
    Refused {
        /// The part that is refused, as it was written.
        what: String,
        /// Why, and what to do.
        reason: &'static str,
    },
    /// It names what belongs to the engine or to the platform.
    #[error(
        "`{name}` is refused: names that begin like it belong to the engine, to SQLite or to \
         Cloudflare; choose another, and bind text that begins so as a parameter"
    )]
    Reserved {
        /// The name, or the string that SQLite might take for one.
        name: String,
    },
    /// It would write, in a handler that takes `&self`.
    #[error("it may write; a handler that takes `&self` may not")]
    Writes,
    /// Its parameters are not to be numbered or named like this.
    #[error("the parameter `{parameter}` is refused: {reason}")]
    Parameter {
        /// As it was written.
        parameter: String,
        /// Why, and what to do.
        reason: &'static str,
    },
    /// It has more parameters than SQLite on Cloudflare takes.
    #[error(
        "the statement has more than {MAX_PARAMETERS} parameters; bind a list as JSON and use `json_each`"
    )]
    TooManyParameters,
}
