//! The object that programs are for: what both of its `versions` are. It notes each step that runs, in a table (what
//! stays is what happened) and for the witness (who also sees what was undone).

use crate::program::{End, Record, When};
use lumenize::prelude::*;
use std::cell::RefCell;
use std::collections::BTreeMap;

/// In what is said of a failure that is meant to be.
pub(crate) const ON_PURPOSE: &str = "on purpose: ";

/// As many more attempts than it fails has what is not meant to fail for good.
pub(crate) const SPARE_ATTEMPTS: u32 = 8;

/// The tag of an occurrence of what recurs that failed because the process ended.
pub(crate) const INTERRUPTED: u32 = 0;

thread_local! {
    static WITNESSED: RefCell<Vec<(String, Record)>> = const { RefCell::new(Vec::new()) };
}

pub(crate) fn witness(name: &str, record: &Record) {
    WITNESSED.with_borrow_mut(|witnessed| witnessed.push((name.to_owned(), record.clone())));
}

/// All steps that ran in this thread since it was last asked, and the name of their object: also
/// those whose transaction was lost.
pub(crate) fn witnessed() -> Vec<(String, Record)> {
    WITNESSED.with_borrow_mut(std::mem::take)
}

/// What an object keeps in memory, beside the same on disk.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Memory {
    pub(crate) log: Vec<Record>,
    pub(crate) values: BTreeMap<u8, i64>,
}

pub(crate) fn end(end: End, what: &str, tag: u32) -> Result<()> {
    match end {
        End::Ok => Ok(()),
        End::Error => Err(format!("{ON_PURPOSE}{what} {tag}").into()),
        End::Panic => panic!("{ON_PURPOSE}{what} {tag}"),
        End::Kill => lumenize::testing::end_process(),
    }
}

/// The tag in what was said of a failure; [`INTERRUPTED`] if the process ended instead.
pub(crate) fn tag_of(error: &HandlerError) -> Result<u32> {
    let Some((_, said)) = error.message.split_once(ON_PURPOSE) else {
        return Ok(INTERRUPTED);
    };
    let digits = said.split(' ').nth(1).unwrap_or_default();
    Ok(digits.parse()?)
}

pub(crate) fn when(when: When) -> Result<lumenize::When> {
    Ok(match when {
        When::After(ms) => Duration::from_millis(ms).into(),
        When::At(ms) => DateTime::from_timestamp_millis(ms)
            .ok_or("no such date")?
            .into(),
        When::Every(ms) => Every(Duration::from_millis(ms)).into(),
        When::Cron(30_000) => cron!("*/30 * * * * *").into(),
        When::Cron(60_000) => cron!("* * * * *").into(),
        When::Cron(3_600_000) => cron!("@hourly").into(),
        When::Cron(other) => return Err(format!("no expression for {other} ms").into()),
    })
}

pub(crate) fn name(name: u8) -> String {
    format!("name {name}")
}

/// Both versions; what they differ in is given: the type of a job, the names of some handlers, a value for an
/// argument, and those handlers.
macro_rules! actor {
    (
        $version:ident,
        $job:ident,
        $size:expr,
        $own:ident $alone:ident $called:ident $answered:ident,
        { $($more:tt)* }
    ) => {
        /// The object.
        pub struct Actor {
            svc: Services<Self>,
            pub(crate) memory: Memory,
        }

        #[durable_object]
        impl Actor {
            /// Reads what it keeps in memory.
            pub fn new(mut svc: Services<Self>) -> Result<Self> {
                svc.execute("CREATE TABLE IF NOT EXISTS log (line INTEGER PRIMARY KEY, text TEXT)", ())?;
                svc.execute("CREATE TABLE IF NOT EXISTS kept (key INTEGER PRIMARY KEY, value INTEGER)", ())?;
                let memory = read(&svc)?;
                Ok(Self { svc, memory })
            }

            /// Does this for a caller.
            pub fn ask(&mut self, tag: u32, acts: Vec<Act>, ends: End) -> Result<Vec<Told>> {
                let told = self.acts(acts)?;
                self.note_that(tag, What::Asked, told.clone())?;
                end(ends, "ask", tag)?;
                Ok(told)
            }

            fn not_answered(&mut self, tag: u32, error: CallError, fails: u32, ends: End) -> Result<()> {
                let told = match (&error, error.outcome()) {
                    (CallError::Handler(_), _) => Told::ItFailed,
                    (_, Outcome::NotExecuted) => Told::NotExecuted,
                    (_, Outcome::Unknown) => Told::Unknown,
                };
                self.note_that(tag, What::NotAnswered, vec![told])?;
                self.fails(fails, ends, tag)
            }

            /// Says what it knows; memory and disk must agree.
            pub fn look(&self) -> Result<Looked> {
                let disk = read(&self.svc)?;
                if disk != self.memory {
                    return Err(format!("memory {:?}, disk {disk:?}", self.memory).into());
                }
                let mut looked = Looked {
                    values: disk.values.into_iter().collect(),
                    pending: Vec::new(),
                    failed: Vec::new(),
                    parked: 0,
                };
                let most = ScheduleFilter::default().limit(ScheduleFilter::MAX_LIMIT);
                for work in self.svc.alarms.list(most)?.items {
                    if work.steps.iter().all(|step| step.handler != "#[on_failed]") {
                        let tag: Option<u32> = self.svc.get(&format!("of {}", work.id))?;
                        looked.pending.push(tag.ok_or("nobody scheduled this")?);
                    }
                }
                let most = FailedFilter::default().limit(FailedFilter::MAX_LIMIT);
                for work in self.svc.failed.list(most)?.items {
                    match work.parked {
                        true => looked.parked += 1,
                        false => looked.failed.push((self.tag(&work)?, work.attempts)),
                    }
                }
                looked.pending.sort_unstable();
                looked.failed.sort_unstable();
                Ok(looked)
            }

            fn note(&mut self, tag: u32) -> Result<()> {
                self.note_that(tag, What::Note, Vec::new())
            }

            fn value(&mut self, tag: u32, value: i64) -> Result<i64> {
                self.note_that(tag, What::Value, vec![Told::Value(Some(value))])?;
                Ok(value)
            }

            fn keep(&mut self, tag: u32, value: i64) -> Result<()> {
                self.note_that(tag, What::Keep, vec![Told::Value(Some(value))])
            }

            fn add(&mut self, tag: u32, a: i64, b: i64) -> Result<()> {
                let sum = a.checked_add(b).ok_or("too much")?;
                self.note_that(tag, What::Add, vec![Told::Value(Some(sum))])
            }

            fn work(&mut self, job: $job) -> Result<()> {
                self.do_job(job.try_into()?)
            }

            #[on_failed]
            fn told(&mut self, work: FailedWork) -> Result<()> {
                self.note_that(self.tag(&work)?, What::Failed, Vec::new())
            }

            $($more)*

            #[handler(skip)]
            fn do_job(&mut self, job: Job) -> Result<()> {
                let told = self.acts(job.acts)?;
                self.note_that(job.tag, What::Job, told)?;
                self.fails(job.fails, job.end, job.tag)
            }

            #[handler(skip)]
            fn do_called(&mut self, tag: u32, acts: Vec<Act>, ends: End) -> Result<Vec<Told>> {
                let told = self.acts(acts)?;
                self.note_that(tag, What::Called, told.clone())?;
                end(ends, "call", tag)?;
                Ok(told)
            }

            #[handler(skip)]
            fn was_answered(&mut self, tag: u32, told: Vec<Told>, fails: u32, ends: End) -> Result<()> {
                self.note_that(tag, What::Answered, told)?;
                self.fails(fails, ends, tag)
            }

            #[handler(skip)]
            fn fails(&mut self, times: u32, how: End, tag: u32) -> Result<()> {
                match self.svc.attempt() <= times {
                    true => end(how, "job", tag),
                    false => Ok(()),
                }
            }

            #[handler(skip)]
            fn note_that(&mut self, tag: u32, what: What, told: Vec<Told>) -> Result<()> {
                let (at, attempt) = (self.svc.now().timestamp_millis(), self.svc.attempt());
                let by = Version::$version;
                let record = Record { tag, what, at, attempt, by, told };
                witness(self.svc.name(), &record);
                let text = serde_json::to_string(&record)?;
                self.svc.execute("INSERT INTO log (text) VALUES (?)", (text,))?;
                self.memory.log.push(record);
                Ok(())
            }

            #[handler(skip)]
            fn acts(&mut self, acts: Vec<Act>) -> Result<Vec<Told>> {
                acts.into_iter().map(|act| self.act(act)).collect()
            }

            #[handler(skip)]
            fn act(&mut self, act: Act) -> Result<Told> {
                Ok(match act {
                    Act::Schedule(plan) => self.schedule(plan)?,
                    Act::Cancel(tag) => Told::Cancelled(match self.id(tag)? {
                        Some(id) => self.svc.alarms.cancel(id)?,
                        None => false,
                    }),
                    Act::CancelNamed(of) => Told::Cancelled(self.svc.alarms.cancel_named(&name(of))?),
                    Act::Retry(tag) => Told::Retried(match self.id(tag)? {
                        Some(id) => self.svc.failed.retry(id.into())?,
                        None => false,
                    }),
                    Act::Discard(tag) => Told::Discarded(match self.id(tag)? {
                        Some(id) => self.svc.failed.discard(id.into())?,
                        None => false,
                    }),
                    Act::Put(key, value) => {
                        self.svc.put(&format!("value {key}"), &value)?;
                        let keep = "INSERT INTO kept VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value";
                        self.svc.execute(keep, (key, value))?;
                        self.memory.values.insert(key, value);
                        Told::Done
                    }
                    Act::Get(key) => Told::Value(self.svc.get(&format!("value {key}"))?),
                    Act::Delete(key) => {
                        let deleted = self.svc.delete(&format!("value {key}"))?;
                        self.svc.execute("DELETE FROM kept WHERE key = ?", (key,))?;
                        self.memory.values.remove(&key);
                        Told::Deleted(deleted)
                    }
                    Act::Destroy => {
                        self.svc.destroy()?;
                        Told::Done
                    }
                    Act::Call(call) => self.call(call)?,
                    Act::CancelCall(tag) => {
                        let id = self.svc.get(&format!("call {tag}"))?;
                        Told::Cancelled(match id {
                            Some(id) => self.svc.calls.cancel(id)?,
                            None => false,
                        })
                    }
                })
            }

            #[handler(skip)]
            fn id(&self, tag: u32) -> Result<Option<ScheduleId>> {
                Ok(self.svc.get(&format!("id {tag}"))?)
            }

            #[handler(skip)]
            fn tag(&self, failed: &FailedWork) -> Result<u32> {
                // That of an occurrence of what recurs is not known.
                match self.svc.get(&format!("of {}", failed.id))? {
                    Some(tag) => Ok(tag),
                    None => tag_of(&failed.why),
                }
            }

            #[handler(skip)]
            fn call(&mut self, call: Call) -> Result<Told> {
                let Call { tag, to, acts, end, timeout, handler } = call;
                let called = Self::c().$called(CallTag::from(tag), acts, end);
                let mut call = self.svc
                    .call(format!("actor {to}"), called)
                    .timeout(Duration::from_millis(timeout));
                if let Some((fails, how)) = handler {
                    let policy = RetryPolicy::default()
                        .attempts(fails + SPARE_ATTEMPTS)
                        .initial_delay(Duration::from_millis(100))
                        .jitter(false);
                    call = call
                        .retry(policy)
                        .on_success(|told| Self::c().$answered(tag, told, fails, how))
                        .on_error(|error| Self::c().not_answered(tag, error, fails, how));
                }
                let id = call.send()?;
                self.svc.put(&format!("call {tag}"), &id)?;
                Ok(Told::Done)
            }

            #[handler(skip)]
            fn schedule(&mut self, plan: Plan) -> Result<Told> {
                let Plan { name: of, when: at, form, attempts, delay, job } = plan;
                let found = match of {
                    Some(of) => self.svc.alarms.get_named(&name(of))?.is_some(),
                    None => false,
                };
                let policy = RetryPolicy::default()
                    .attempts(attempts)
                    .initial_delay(Duration::from_millis(delay))
                    .jitter(false);
                let mut alarms = self.svc.alarms.retry(policy);
                if let Some(of) = of {
                    alarms = alarms.named(name(of));
                }
                let (tag, at) = (job.tag, when(at)?);
                let job = $job::from(job);
                let schedule = match form {
                    Form::Plain => alarms.schedule(at, Self::c().work(job)),
                    Form::Chain => alarms.schedule(at, Self::c().note(tag).work(job).note(tag)),
                    Form::Pipe(value) => {
                        let piped = Self::c().value(tag, value).then(move |value| Self::c().keep(tag, value));
                        alarms.schedule(at, piped.work(job))
                    }
                    Form::Nest(a, b) => {
                        let (a, b) = (Self::c().value(tag, a), Self::c().value(tag, b));
                        alarms.schedule(at, Self::c().add(tag, a, b).work(job))
                    }
                    Form::Own => alarms.schedule(at, Self::c().$own(job)),
                    Form::Renamed => alarms.schedule(at, Self::c().$alone(job)),
                    Form::Grown => alarms.schedule(at, Self::c().sized(job, $size)),
                }?;
                self.svc.put(&format!("id {tag}"), &schedule.id)?;
                self.svc.put(&format!("of {}", schedule.id), &tag)?;
                Ok(Told::Scheduled { due: schedule.due.timestamp_millis(), found })
            }
        }

        fn read(svc: &Services<Actor>) -> Result<Memory> {
            let lines: Vec<String> = svc.query("SELECT text FROM log ORDER BY line", ())?;
            let log = lines.iter().map(|line| serde_json::from_str(line));
            let values: Vec<(u8, i64)> = svc.query("SELECT key, value FROM kept", ())?;
            Ok(Memory {
                log: log.collect::<Result<_, _>>()?,
                values: values.into_iter().collect(),
            })
        }
    };
}

pub(crate) use actor;
