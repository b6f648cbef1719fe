//! What the tests share: an object that keeps a log of what ran, in memory and on disk, another that
//! stores all kinds of values, and what every host must do with them.

pub mod bells;
pub mod clerks;
pub mod conformance;
pub mod errands;
pub mod fetcher;
#[cfg(not(target_family = "wasm"))]
pub mod fetching;
#[cfg(not(target_family = "wasm"))]
pub mod gate;
#[cfg(not(target_family = "wasm"))]
pub mod many;
#[cfg(not(target_family = "wasm"))]
mod mishaps;
#[cfg(not(target_family = "wasm"))]
pub mod origin;
pub mod payloads;
pub mod phone;
pub mod planner;
mod shop;
pub mod switchboard;
pub mod tables;
#[cfg(not(target_family = "wasm"))]
pub mod transfers;

use lumenize::prelude::*;
use lumenize::{CallError, PendingWork};
use serde::de::Error as _;

/// Details of an error.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FaultyShelf {
    /// Its name.
    pub shelf: String,
    /// What is not on it.
    pub missing: Vec<(String, Option<u64>)>,
}

/// When to run something.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum At {
    /// So many milliseconds from now.
    After(u64),
    /// At this date.
    Date(DateTime<Utc>),
    /// At each multiple of so many milliseconds from now.
    Every(u64),
}

/// How a handler ends its process.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub enum Death {
    /// It aborts.
    Abort,
    /// It calls itself without end.
    Recurse,
    /// It allocates more than there is.
    Allocate,
}

/// What a scheduled handler does.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Job {
    /// Writes this into the log.
    Log(String),
    /// Writes into the log, then fails.
    Fail(String),
    /// Logs whether it runs at this time or later.
    Punctual(DateTime<Utc>),
    /// As `Fail` at each attempt before this one; then as `Log`.
    FailBefore(u32, String),
    /// Writes into the log, then panics.
    Panic(String),
    /// Writes into the log, then ends the process.
    Die(Death, String),
    /// Writes into the log, then stores so many bytes under `ballast`.
    Fill(u32, String),
    /// As `Fill`, and takes no notice of the error.
    FillRegardless(u32, String),
    /// Schedules another job, then writes into the log.
    Schedule(At, Box<Job>),
    /// Schedules so many more at once, each of which logs its number.
    Many(u32),
    /// Cancels the schedule whose id `Lab::remember` keeps under this name, and logs the answer.
    Cancel(String),
    /// Destroys the object.
    Destroy,
    /// Schedules itself again after so many milliseconds, this many times more.
    Again(u64, u32),
}

/// An odd number: an even one is stored without a word and can't be read.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(transparent)]
pub struct Odd(pub u32);

impl<'de> Deserialize<'de> for Odd {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match u32::deserialize(deserializer)? {
            number if number % 2 == 1 => Ok(Self(number)),
            number => Err(D::Error::custom(format!("{number} is even"))),
        }
    }
}

/// A value whose reading does what the environment variable `LUMENIZE_DEADLY` says: `refuse` or `die`.
/// (With `new`, an object can't be made without the end of the process.)
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Deadly(u8);

impl<'de> Deserialize<'de> for Deadly {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match std::env::var("LUMENIZE_DEADLY").as_deref() {
            Ok("refuse") => Err(D::Error::custom("refused")),
            Ok("die") => std::process::abort(),
            _ => u8::deserialize(deserializer).map(Self),
        }
    }
}

/// An object that logs.
pub struct Lab {
    svc: Services<Self>,
    seen: Vec<String>,
}

#[durable_object]
impl Lab {
    /// Reads the log; fails while `broken` is stored.
    pub fn new(svc: Services<Self>) -> Result<Self> {
        if std::env::var("LUMENIZE_DEADLY").as_deref() == Ok("new") {
            std::process::abort();
        }
        if svc.get::<bool>("broken")?.is_some() {
            return Err("broken on purpose".into());
        }
        let seen = svc.get("log")?.unwrap_or_default();
        Ok(Self { svc, seen })
    }

    #[handler(skip)]
    fn write(&mut self, line: impl Into<String>) -> Result<()> {
        self.seen.push(line.into());
        self.svc.put("log", &self.seen)?;
        Ok(())
    }

    /// The log; memory and disk must agree.
    pub fn log(&self) -> Result<Vec<String>> {
        let stored: Vec<String> = self.svc.get("log")?.unwrap_or_default();
        if stored != self.seen {
            return Err(format!("memory {:?}, disk {stored:?}", self.seen).into());
        }
        Ok(stored)
    }

    /// Logs and returns its argument.
    pub fn count(&mut self, n: u32) -> Result<u32> {
        self.write(format!("count({n})"))?;
        Ok(n)
    }

    /// Logs its arguments and returns them side by side.
    pub fn two(&mut self, a: u32, b: u32) -> Result<u32> {
        self.write(format!("two({a}, {b})"))?;
        Ok(a * 10 + b)
    }

    /// Logs its argument and returns its length.
    pub fn text(&mut self, text: &str) -> Result<u32> {
        self.write(format!("text({text})"))?;
        Ok(text.len() as u32)
    }

    /// Returns so many bytes.
    pub fn bytes(&mut self, count: u32) -> Vec<u8> {
        vec![0; count as usize]
    }

    /// Logs and returns how many bytes it is given.
    pub fn weigh(&mut self, bytes: &[u8]) -> Result<u32> {
        self.write("weigh")?;
        Ok(bytes.len() as u32)
    }

    /// Logs, then fails.
    pub fn fail(&mut self, text: &str) -> Result<u32> {
        self.write(format!("fail({text})"))?;
        Err(text.into())
    }

    /// Fails with a code and details.
    pub fn fail_with_code(&mut self, code: &str, details: FaultyShelf) -> Result<()> {
        self.write("failing")?;
        let error = ErrorCode::new(code, "a code of its own");
        Err(error.with_details(&details)?.into())
    }

    /// Only this module may run it.
    fn hidden(&mut self) {}

    /// A continuation that only this module can build.
    #[handler(skip)]
    pub fn hidden_continuation() -> LabContinuation<'static, ()> {
        Self::c().hidden()
    }

    /// Schedules a job.
    pub fn schedule(&mut self, at: At, job: Job) -> Result<ScheduleId> {
        self.schedule_with(at, job, RetryPolicy::default().jitter(false))
    }

    /// Schedules a job with a retry policy.
    pub fn schedule_with(&mut self, at: At, job: Job, policy: RetryPolicy) -> Result<ScheduleId> {
        let alarms = self.svc.alarms.retry(policy);
        let next = Self::c().job(job);
        let schedule = match at {
            At::After(ms) => alarms.schedule(Duration::from_millis(ms), next)?,
            At::Date(date) => alarms.schedule(date, next)?,
            At::Every(ms) => alarms.schedule(Every(Duration::from_millis(ms)), next)?,
        };
        Ok(schedule.id)
    }

    /// Schedules a chain: five steps, the last of which fails.
    pub fn schedule_failing_chain(&mut self) -> Result<ScheduleId> {
        let steps = Self::c().count(1).count(2).count(3).count(4).fail("five");
        let once = self.svc.alarms.retry(RetryPolicy::none());
        Ok(once.schedule(Duration::ZERO, steps)?.id)
    }

    /// Schedules a chain with a pipe and a nest.
    pub fn schedule_chain(&mut self, due: DateTime<Utc>) -> Result<ScheduleId> {
        let piped = Self::c()
            .count(1)
            .then(|one| Self::c().two(Self::c().count(7), one));
        Ok(self.svc.alarms.schedule(due, piped.text("end"))?.id)
    }

    /// Schedules so many items at once that have so many bytes each.
    pub fn schedule_heavy(&mut self, items: u32, bytes: u32) -> Result<()> {
        for _ in 0..items {
            let steps = Self::c().heavy("x".repeat(bytes as usize));
            self.svc.alarms.schedule(Duration::ZERO, steps)?;
        }
        Ok(())
    }

    fn heavy(&mut self, text: &str) -> Result<()> {
        self.write(format!("heavy {}", text.len()))
    }

    /// Schedules many at one instant.
    pub fn schedule_many(&mut self, count: u32) -> Result<()> {
        for n in 0..count {
            self.svc
                .alarms
                .schedule(Duration::from_secs(1), Self::c().count(n))?;
        }
        Ok(())
    }

    /// Schedules `odd` for 1 and for 2. The first shows that the type can be read back, so the
    /// second is stored.
    pub fn schedule_odds(&mut self) -> Result<()> {
        for number in [1, 2] {
            let steps = Self::c().odd(Odd(number));
            self.svc.alarms.schedule(Duration::ZERO, steps)?;
        }
        Ok(())
    }

    /// Schedules `deadly`, with two attempts.
    pub fn schedule_deadly(&mut self, due: DateTime<Utc>) -> Result<()> {
        let twice = RetryPolicy::default().attempts(2);
        let quick = twice.initial_delay(Duration::from_millis(20));
        let steps = Self::c().deadly(Deadly(1));
        self.svc.alarms.retry(quick).schedule(due, steps)?;
        Ok(())
    }

    fn deadly(&mut self, _value: Deadly) -> Result<()> {
        self.write("deadly")
    }

    fn odd(&mut self, number: Odd) -> Result<()> {
        self.write(format!("odd {}", number.0))
    }

    /// The time of its clock.
    pub fn time(&self) -> DateTime<Utc> {
        self.svc.now()
    }

    /// The name it was asked for by.
    pub fn name(&self) -> String {
        self.svc.name().to_owned()
    }

    /// Keeps an id under a name, for `Job::Cancel`.
    pub fn remember(&mut self, name: String, id: ScheduleId) -> Result<()> {
        Ok(self.svc.put(&name, &id)?)
    }

    /// Cancels a schedule.
    pub fn cancel(&mut self, id: ScheduleId) -> Result<bool> {
        Ok(self.svc.alarms.cancel(id)?)
    }

    /// Runs a job.
    pub fn job(&mut self, job: Job) -> Result<()> {
        match job {
            Job::Log(line) => self.write(line),
            Job::Fail(line) => {
                self.write(line.clone())?;
                Err(line.into())
            }
            Job::Punctual(due) => self.write(match self.svc.now() < due {
                true => "early",
                false => "on time or late",
            }),
            Job::FailBefore(attempt, line) => {
                self.write(line)?;
                match self.svc.attempt() {
                    now if now < attempt => Err(format!("attempt {now}").into()),
                    _ => Ok(()),
                }
            }
            Job::Panic(line) => {
                self.write(line.clone())?;
                panic!("{line}")
            }
            Job::Die(death, line) => {
                self.write(line)?;
                die(death)
            }
            Job::Fill(bytes, line) => {
                self.write(line)?;
                Ok(self.svc.put("ballast", &vec![0_u8; bytes as usize])?)
            }
            Job::FillRegardless(bytes, line) => {
                self.write(line)?;
                let _ = self.svc.put("ballast", &vec![0_u8; bytes as usize]);
                Ok(())
            }
            Job::Schedule(at, job) => {
                self.schedule(at, *job)?;
                self.write("scheduled")
            }
            Job::Many(count) => {
                for n in 0..count {
                    self.schedule(At::After(0), Job::Log(n.to_string()))?;
                }
                self.write("many")
            }
            Job::Cancel(name) => {
                let cancelled = match self.svc.get(&name)? {
                    Some(id) => self.svc.alarms.cancel(id)?,
                    None => false,
                };
                self.write(format!("cancelled {name}: {cancelled}"))
            }
            Job::Destroy => Ok(self.svc.destroy()?),
            Job::Again(ms, more) => {
                if more > 0 {
                    self.schedule(At::After(ms), Job::Again(ms, more - 1))?;
                }
                self.write(format!("again {more}"))
            }
        }
    }

    /// Stores a flag with which `new` fails.
    pub fn break_new(&mut self) -> Result<()> {
        Ok(self.svc.put("broken", &true)?)
    }

    /// Tries all work that was set aside once more.
    pub fn retry_failed(&mut self) -> Result<u32> {
        Ok(self.svc.failed.retry_all()? as u32)
    }

    /// Gives the number of one that was set aside, and tries it again.
    pub fn mend(&mut self, id: WorkId, number: u32) -> Result<bool> {
        Ok(self
            .svc
            .failed
            .edit(id)
            .argument("number", &number)
            .retry()?)
    }

    /// Forgets one that was set aside.
    pub fn discard(&mut self, id: WorkId) -> Result<bool> {
        Ok(self.svc.failed.discard(id)?)
    }
}

/// What the tests ask of a `Lab` on workerd.
#[derive(Debug, Serialize, Deserialize)]
pub enum Ask {
    /// For its log.
    Log,
    /// To schedule a job.
    Schedule(At, Job, RetryPolicy),
    /// To do a job now.
    Do(Job),
    /// For what is pending.
    Pending,
    /// For what was set aside.
    Failed,
}

/// What they are told.
#[derive(Debug, Serialize, Deserialize)]
pub enum Told {
    /// The log.
    Log(Vec<String>),
    /// The id of the schedule.
    Scheduled(String),
    /// It was done.
    Done,
    /// What is pending.
    Pending(Vec<PendingWork>),
    /// What was set aside.
    Failed(Vec<FailedWork>),
    /// The call failed.
    Error(CallError),
    /// It was not called.
    Refused(String),
}

fn die(death: Death) -> ! {
    match death {
        Death::Abort => std::process::abort(),
        Death::Recurse => {
            std::hint::black_box(deeper(0));
        }
        Death::Allocate => {
            let mut all = Vec::new();
            loop {
                all.push(std::hint::black_box(Vec::<u8>::with_capacity(
                    isize::MAX as usize,
                )));
            }
        }
    }
    unreachable!("it survived")
}

#[allow(unconditional_recursion)] // that is what it is for
fn deeper(depth: u64) -> u64 {
    let room = std::hint::black_box([depth; 64]);
    deeper(depth + 1) + room.iter().sum::<u64>()
}
