//! The first release with a handler that has another name, and a wider argument; people may have an address, and
//! receipts a language.

use crate::clerks::{ClerkAsk, DeskAsk};
use lumenize::prelude::*;
use lumenize::{CallError, Result};

/// Whom a clerk greets.
#[derive(Debug, Serialize, Deserialize)]
pub struct Person {
    #[serde(default)]
    address: Option<String>,
    age: u64,
    name: String,
}

fn person() -> Person {
    Person {
        address: Some("London".to_owned()),
        age: 36,
        name: "Ada".to_owned(),
    }
}

/// What a clerk answers.
#[derive(Debug, Serialize, Deserialize)]
pub struct Receipt {
    #[serde(default)]
    language: Option<String>,
    letters: u64,
    line: String,
}

clerk! {
    /// Plans what the first release knows, what it doesn't know, and a chain that ends with such.
    pub fn plan(&mut self, due: DateTime<Utc>) -> Result<()> {
        let alarms = &mut self.svc.alarms;
        alarms.schedule(due, Self::c().note("noted again"))?;
        alarms.named("seal").schedule(due, Self::c().seal(10))?;
        alarms.schedule(due, Self::c().note("for a seal").seal(11))?;
        Ok(())
    }

    /// Plans seals from this number on, each 5 ms after the one before.
    pub fn plan_stamps(&mut self, from: u32, count: u32, due: DateTime<Utc>) -> Result<()> {
        for number in 0..count {
            let due = due + Duration::from_millis(5) * number;
            self.svc.alarms.schedule(due, Self::c().seal(u64::from(from + number)))?;
        }
        Ok(())
    }

    /// Greets a person.
    pub fn greet(&mut self, person: Person) -> Result<Receipt> {
        let Person { address, age, name } = person;
        self.receipt(format!("hello, {name} ({age}) of {address:?}"))
    }

    /// It was `stamp`.
    #[handler(was = "stamp")]
    pub fn seal(&mut self, number: u64) -> Result<Receipt> {
        self.receipt(format!("seal {number}"))
    }

    #[handler(skip)]
    fn receipt(&mut self, line: String) -> Result<Receipt> {
        self.note(&line)?;
        Ok(Receipt { language: Some("en".to_owned()), letters: line.len() as u64, line })
    }
}

desk! {
    /// Calls the clerk for so many seals from this number on.
    pub fn ask_stamps(&mut self, from: u32, count: u32) -> Result<()> {
        for number in from..from + count {
            self.svc
                .call("main", Clerk::c().seal(u64::from(number)))
                .timeout(Duration::from_secs(3_600))
                .on_success(|receipt| Self::c().heard(number, receipt))
                .on_error(|error| Self::c().not_heard(number, error))
                .send()?;
        }
        Ok(())
    }
}

/// How a clerk is asked to plan.
pub fn planning(ask: &ClerkAsk) -> Option<ClerkContinuation<'static, ()>> {
    match *ask {
        ClerkAsk::Plan(due) => Some(Clerk::c().plan(due)),
        ClerkAsk::PlanStamps(from, count, due) => Some(Clerk::c().plan_stamps(from, count, due)),
        _ => None,
    }
}

/// How a clerk is asked for what it answers.
pub fn asking(ask: &ClerkAsk) -> Option<ClerkContinuation<'static, Receipt>> {
    match *ask {
        ClerkAsk::Stamp(number) => Some(Clerk::c().seal(u64::from(number))),
        ClerkAsk::Greet => Some(Clerk::c().greet(person())),
        _ => None,
    }
}

/// How a desk is asked to call.
pub fn calling(ask: &DeskAsk) -> Option<DeskContinuation<'static, ()>> {
    match *ask {
        DeskAsk::Stamps(from, count) => Some(Desk::c().ask_stamps(from, count)),
        DeskAsk::Greeting => Some(Desk::c().ask_greeting()),
        DeskAsk::Look => None,
    }
}
