//! The release that was first.

use crate::clerks::{ClerkAsk, DeskAsk};
use lumenize::prelude::*;
use lumenize::{CallError, Result};

/// Whom a clerk greets.
#[derive(Debug, Serialize, Deserialize)]
pub struct Person {
    name: String,
    age: u8,
}

fn person() -> Person {
    Person {
        name: "Ada".to_owned(),
        age: 36,
    }
}

/// What a clerk answers.
#[derive(Debug, Serialize, Deserialize)]
pub struct Receipt {
    letters: u32,
    line: String,
}

clerk! {
    /// Plans what the second release knows, what it reads otherwise, what it doesn't know, and a
    /// chain that ends with such.
    pub fn plan(&mut self, due: DateTime<Utc>) -> Result<()> {
        let alarms = &mut self.svc.alarms;
        alarms.schedule(due, Self::c().note("noted"))?;
        alarms.schedule(due, Self::c().greet(person()))?;
        alarms.named("stamp").schedule(due, Self::c().stamp(1))?;
        alarms.schedule(due, Self::c().note("for a stamp").stamp(2))?;
        Ok(())
    }

    /// Plans stamps from this number on, each 5 ms after the one before.
    pub fn plan_stamps(&mut self, from: u32, count: u32, due: DateTime<Utc>) -> Result<()> {
        for number in 0..count {
            let due = due + Duration::from_millis(5) * number;
            self.svc.alarms.schedule(due, Self::c().stamp(from + number))?;
        }
        Ok(())
    }

    /// Greets a person.
    pub fn greet(&mut self, person: Person) -> Result<Receipt> {
        self.receipt(format!("hello, {} ({})", person.name, person.age))
    }

    /// Stamps; so it is called in this release alone.
    pub fn stamp(&mut self, number: u32) -> Result<Receipt> {
        self.receipt(format!("stamp {number}"))
    }

    #[handler(skip)]
    fn receipt(&mut self, line: String) -> Result<Receipt> {
        self.note(&line)?;
        Ok(Receipt { letters: line.len() as u32, line })
    }
}

desk! {
    /// Calls the clerk for so many stamps from this number on.
    pub fn ask_stamps(&mut self, from: u32, count: u32) -> Result<()> {
        for number in from..from + count {
            self.svc
                .call("main", Clerk::c().stamp(number))
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
        ClerkAsk::Stamp(number) => Some(Clerk::c().stamp(number)),
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
