//! Releases of one object. On workerd all are in one Worker, and the configuration chooses which of
//! them is the class of the objects.

use lumenize::Result;
use lumenize::prelude::*;

/// What a clerk is asked.
#[derive(Debug, Serialize, Deserialize)]
pub enum ClerkAsk {
    /// To plan one of each kind of work for a date.
    Plan(DateTime<Utc>),
    /// To stamp now.
    Stamp(u32),
    /// Nothing.
    Look,
    /// Nothing that its code is needed for: the log stays empty.
    Inspect,
}

/// What is told of a clerk: what was done, what is pending and what was set aside.
#[derive(Debug, Serialize, Deserialize)]
pub struct Clerked {
    /// What was done.
    pub log: Vec<String>,
    /// What is pending.
    pub pending: Vec<lumenize::PendingWork>,
    /// What was set aside.
    pub failed: Vec<FailedWork>,
}

/// The release that was first.
pub mod first {
    use super::*;

    /// Whom a clerk greets.
    #[derive(Clone, Debug, Serialize, Deserialize)]
    pub struct Person {
        name: String,
        age: u8,
    }

    /// The object.
    pub struct FirstClerk {
        svc: Services<Self>,
    }

    #[durable_object(binding = "CLERK")]
    impl FirstClerk {
        /// Nothing is read.
        pub fn new(svc: Services<Self>) -> Self {
            Self { svc }
        }

        /// Plans what the second release knows, what it reads otherwise, what it doesn't know, and a
        /// chain that ends with such.
        pub fn plan(&mut self, due: DateTime<Utc>) -> Result<()> {
            let person = Person {
                name: "Ada".to_owned(),
                age: 36,
            };
            let alarms = &mut self.svc.alarms;
            alarms.schedule(due, Self::c().note("noted"))?;
            alarms.schedule(due, Self::c().greet(person))?;
            alarms.named("stamp").schedule(due, Self::c().stamp(1))?;
            alarms.schedule(due, Self::c().note("for a stamp").stamp(2))?;
            Ok(())
        }

        /// What was done.
        pub fn log(&self) -> Result<Vec<String>> {
            Ok(self.svc.get("log")?.unwrap_or_default())
        }

        fn note(&mut self, line: &str) -> Result<()> {
            let mut log = self.log()?;
            log.push(line.to_owned());
            Ok(self.svc.put("log", &log)?)
        }

        fn greet(&mut self, person: Person) -> Result<()> {
            self.note(&format!("hello, {} ({})", person.name, person.age))
        }

        /// Only this release has it.
        pub fn stamp(&mut self, number: u32) -> Result<()> {
            self.note(&format!("stamp {number}"))
        }
    }
}

/// The release that came next: without `stamp`, and with people who have an address.
pub mod second {
    use super::*;

    /// Whom a clerk greets.
    #[derive(Clone, Debug, Serialize, Deserialize)]
    pub struct Person {
        address: String,
        age: u64,
        name: String,
    }

    /// The object.
    pub struct SecondClerk {
        svc: Services<Self>,
    }

    #[durable_object(binding = "CLERK")]
    impl SecondClerk {
        /// Nothing is read.
        pub fn new(svc: Services<Self>) -> Self {
            Self { svc }
        }

        /// What was done.
        pub fn log(&self) -> Result<Vec<String>> {
            Ok(self.svc.get("log")?.unwrap_or_default())
        }

        fn note(&mut self, line: &str) -> Result<()> {
            let mut log = self.log()?;
            log.push(line.to_owned());
            Ok(self.svc.put("log", &log)?)
        }

        fn greet(&mut self, person: Person) -> Result<()> {
            let Person { address, age, name } = person;
            self.note(&format!("hello, {name} ({age}) of {address}"))
        }
    }
}

/// The first release with a handler that has another name, and a wider argument; people may have an address.
pub mod renamed {
    use super::*;

    /// Whom a clerk greets.
    #[derive(Clone, Debug, Serialize, Deserialize)]
    pub struct Person {
        #[serde(default)]
        address: Option<String>,
        age: u64,
        name: String,
    }

    /// The object.
    pub struct RenamedClerk {
        svc: Services<Self>,
    }

    #[durable_object(binding = "CLERK")]
    impl RenamedClerk {
        /// Nothing is read.
        pub fn new(svc: Services<Self>) -> Self {
            Self { svc }
        }

        /// Plans what the first release knows, what it doesn't know, and a chain that ends with such.
        pub fn plan(&mut self, due: DateTime<Utc>) -> Result<()> {
            let alarms = &mut self.svc.alarms;
            alarms.schedule(due, Self::c().note("noted again"))?;
            alarms.named("seal").schedule(due, Self::c().seal(10))?;
            alarms.schedule(due, Self::c().note("for a seal").seal(11))?;
            Ok(())
        }

        /// What was done.
        pub fn log(&self) -> Result<Vec<String>> {
            Ok(self.svc.get("log")?.unwrap_or_default())
        }

        fn note(&mut self, line: &str) -> Result<()> {
            let mut log = self.log()?;
            log.push(line.to_owned());
            Ok(self.svc.put("log", &log)?)
        }

        fn greet(&mut self, person: Person) -> Result<()> {
            let Person { address, age, name } = person;
            self.note(&format!("hello, {name} ({age}) of {address:?}"))
        }

        /// It was `stamp`.
        #[handler(was = "stamp")]
        pub fn seal(&mut self, number: u64) -> Result<()> {
            self.note(&format!("seal {number}"))
        }
    }
}

/// One that can't be built.
pub mod broken {
    use super::*;

    /// The object.
    pub struct BrokenClerk;

    #[durable_object(binding = "CLERK")]
    impl BrokenClerk {
        /// Panics.
        pub fn new(_svc: Services<Self>) -> Self {
            panic!("a release that is broken")
        }

        fn note(&mut self, _line: &str) {}
        fn greet(&mut self, _person: first::Person) {}

        /// Never.
        pub fn stamp(&mut self, _number: u32) {}
    }
}
