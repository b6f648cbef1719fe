//! The release that came next: without stamps, with people who have an address, and with receipts that no other
//! release can read.

use crate::clerks::{ClerkAsk, DeskAsk};
use lumenize::prelude::*;
use lumenize::{CallError, Result};

/// Whom a clerk greets.
#[derive(Debug, Serialize, Deserialize)]
pub struct Person {
    address: String,
    age: u64,
    name: String,
}

fn person() -> Person {
    Person {
        address: "London".to_owned(),
        age: 36,
        name: "Ada".to_owned(),
    }
}

/// What a clerk answers.
#[derive(Debug, Serialize, Deserialize)]
pub struct Receipt {
    letters: Vec<char>,
    line: String,
}

clerk! {
    /// Greets a person.
    pub fn greet(&mut self, person: Person) -> Result<Receipt> {
        let Person { address, age, name } = person;
        let line = format!("hello, {name} ({age}) of {address}");
        self.note(&line)?;
        Ok(Receipt { letters: line.chars().collect(), line })
    }
}

desk! {}

/// How a clerk is asked to plan.
pub fn planning(_ask: &ClerkAsk) -> Option<ClerkContinuation<'static, ()>> {
    None
}

/// How a clerk is asked for what it answers.
pub fn asking(ask: &ClerkAsk) -> Option<ClerkContinuation<'static, Receipt>> {
    match ask {
        ClerkAsk::Greet => Some(Clerk::c().greet(person())),
        _ => None,
    }
}

/// How a desk is asked to call.
pub fn calling(ask: &DeskAsk) -> Option<DeskContinuation<'static, ()>> {
    match ask {
        DeskAsk::Greeting => Some(Desk::c().ask_greeting()),
        _ => None,
    }
}
