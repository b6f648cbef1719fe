//! An object for all that alarms can do.

use lumenize::prelude::*;
use lumenize::{Page, PendingWork, Schedule};

/// When to run something.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Moment {
    /// So many milliseconds from now.
    After(u64),
    /// At this date.
    Date(DateTime<Utc>),
    /// At each multiple of so many milliseconds from now.
    Every(u64),
    /// By this cron expression.
    Cron(String),
}

/// What a planned handler does.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Task {
    /// Writes this into the log.
    Log(String),
    /// Fails.
    Fail(String),
    /// Fails at each attempt before this one, then writes into the log.
    FailBefore(u32, String),
    /// Plans itself again at once, for ever.
    Beget,
    /// Plans itself again at once under this name, so many times more, and logs how many.
    Again(String, u32),
    /// Adds so many items.
    Add(u32),
    /// Adds so many items, and takes no notice of the error.
    AddRegardless(u32),
    /// Destroys the object.
    Destroy,
    /// As `Destroy`, then fails.
    DestroyAndFail,
}

/// An object that plans, and logs.
pub struct Planner {
    svc: Services<Self>,
    begot: u64,
}

#[durable_object]
impl Planner {
    /// Starts with nothing.
    pub fn new(svc: Services<Self>) -> Self {
        Self { svc, begot: 0 }
    }

    /// Plans a task, under a name if there is one.
    pub fn plan(&mut self, name: Option<String>, at: Moment, task: Task) -> Result<Schedule> {
        self.plan_with(name, at, task, RetryPolicy::none())
    }

    /// As `plan`, with a retry policy.
    pub fn plan_with(
        &mut self,
        name: Option<String>,
        at: Moment,
        task: Task,
        policy: RetryPolicy,
    ) -> Result<Schedule> {
        let mut options = self.svc.alarms.retry(policy);
        if let Some(name) = name {
            options = options.named(name);
        }
        let steps = Self::c().run(task);
        Ok(match at {
            Moment::After(ms) => options.schedule(Duration::from_millis(ms), steps)?,
            Moment::Date(date) => options.schedule(date, steps)?,
            Moment::Every(ms) => options.schedule(Every(Duration::from_millis(ms)), steps)?,
            Moment::Cron(expression) => options.schedule(Cron::new(&expression)?, steps)?,
        })
    }

    /// Plans with a literal.
    pub fn plan_daily(&mut self) -> Result<Schedule> {
        let steps = Self::c().run(Task::Log("daily".to_owned()));
        Ok(self
            .svc
            .alarms
            .named("daily")
            .schedule(cron!("@daily"), steps)?)
    }

    /// Plans a task whose argument has an option, with a value or without.
    pub fn plan_maybe(&mut self, maybe: Option<String>) -> Result<Schedule> {
        let hourly = Every(Duration::from_secs(3_600));
        let steps = Self::c().maybe(maybe);
        Ok(self.svc.alarms.named("maybe").schedule(hourly, steps)?)
    }

    fn maybe(&mut self, _maybe: Option<String>) {}

    /// What is pending of an id.
    pub fn get(&self, id: ScheduleId) -> Result<Option<PendingWork>> {
        Ok(self.svc.alarms.get(id)?)
    }

    /// What is pending under a name.
    pub fn get_named(&self, name: &str) -> Result<Option<PendingWork>> {
        Ok(self.svc.alarms.get_named(name)?)
    }

    /// Cancels what is pending under a name.
    pub fn cancel_named(&mut self, name: &str) -> Result<bool> {
        Ok(self.svc.alarms.cancel_named(name)?)
    }

    /// Cancels.
    pub fn cancel(&mut self, id: ScheduleId) -> Result<bool> {
        Ok(self.svc.alarms.cancel(id)?)
    }

    /// A page of what is pending.
    pub fn list(&self, filter: ScheduleFilter) -> Result<Page<PendingWork>> {
        Ok(self.svc.alarms.list(filter)?)
    }

    /// A page of what was set aside.
    pub fn failed(&self, filter: FailedFilter) -> Result<Page<FailedWork>> {
        Ok(self.svc.failed.list(filter)?)
    }

    /// Retries set-aside work.
    pub fn retry(&mut self, id: WorkId) -> Result<bool> {
        Ok(self.svc.failed.retry(id)?)
    }

    /// Retries all of it that one run may.
    pub fn retry_all(&mut self) -> Result<u32> {
        Ok(self.svc.failed.retry_all()?.try_into()?)
    }

    /// Discards set-aside work.
    pub fn discard(&mut self, id: WorkId) -> Result<bool> {
        Ok(self.svc.failed.discard(id)?)
    }

    /// What ran.
    pub fn log(&self) -> Result<Vec<String>> {
        Ok(self.svc.get("log")?.unwrap_or_default())
    }

    /// The time of its clock.
    pub fn time(&self) -> DateTime<Utc> {
        self.svc.now()
    }

    /// How often `Task::Beget` ran since the object was loaded.
    pub fn begot(&self) -> u64 {
        self.begot
    }

    /// Makes `#[on_failed]` fail so many times.
    pub fn fail_when_told(&mut self, times: u32) -> Result<()> {
        Ok(self.svc.put("fail when told", &times)?)
    }

    /// Destroys the object.
    pub fn destroy(&mut self) -> Result<()> {
        Ok(self.svc.destroy()?)
    }

    #[on_failed]
    fn told(&mut self, work: FailedWork) -> Result<()> {
        let times: u32 = self.svc.get("fail when told")?.unwrap_or(0);
        if self.svc.attempt() <= times {
            self.write("told, and failed")?;
            return Err("not now".into());
        }
        let stored = self.svc.failed.get(work.id)?;
        if stored.as_ref() != Some(&work) {
            return Err(format!("told {work:?}, stored {stored:?}").into());
        }
        self.write(format!(
            "told after {} attempts: {}",
            work.attempts, work.why
        ))
    }

    #[handler(skip)]
    fn write(&mut self, line: impl Into<String>) -> Result<()> {
        let mut log = self.log()?;
        log.push(line.into());
        Ok(self.svc.put("log", &log)?)
    }

    /// Runs a task.
    pub fn run(&mut self, task: Task) -> Result<()> {
        match task {
            Task::Log(line) => self.write(line),
            Task::Fail(line) => Err(line.into()),
            Task::FailBefore(attempt, line) if self.svc.attempt() < attempt => Err(line.into()),
            Task::FailBefore(_, line) => self.write(line),
            Task::Beget => {
                self.begot += 1;
                let steps = Self::c().run(Task::Beget);
                self.svc.alarms.schedule(Duration::ZERO, steps)?;
                Ok(())
            }
            Task::Again(name, more) => {
                if more > 0 {
                    let task = Task::Again(name.clone(), more - 1);
                    self.plan(Some(name), Moment::After(0), task)?;
                }
                self.write(format!("again {more}"))
            }
            Task::Add(count) => self.add(count),
            Task::Destroy => Ok(self.svc.destroy()?),
            Task::DestroyAndFail => {
                self.svc.destroy()?;
                Err("not destroyed".into())
            }
            Task::AddRegardless(count) => {
                if let Err(error) = self.add(count) {
                    self.write(error.to_string())?;
                }
                Ok(())
            }
        }
    }

    #[handler(skip)]
    fn add(&mut self, count: u32) -> Result<()> {
        for _ in 0..count {
            let steps = Self::c().run(Task::Log("added".to_owned()));
            self.svc
                .alarms
                .schedule(Duration::from_secs(3_600), steps)?;
        }
        Ok(())
    }
}
