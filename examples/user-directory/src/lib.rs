//! The objects of the example: a directory of users and a reception that asks it, and accounts between
//! which money moves.

mod account;
mod directory;
mod reception;
mod timeline;

pub use account::{Account, FULL, Full, SHORT, Sent, Short, State, Statement, total};
pub use directory::{NOT_FOUND, NotFound, Org, User, UserAndOrg, UserDirectory};
pub use reception::{Reception, Visit};
