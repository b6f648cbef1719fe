//! The object of the example: it keeps tasks and runs them at their time. And `routes`: how it is
//! asked over HTTP.

pub mod routes;

use chrono::Timelike as _;
use lumenize::prelude::*;
use lumenize::{Error, Page, PendingWork, Schedule};

/// The code of errors that the caller can mend.
pub const INVALID: &str = "invalid";
/// The code of errors that say that there is no such thing.
pub const NOT_FOUND: &str = "not_found";

/// What is to be done.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Task {
    /// Its name.
    pub name: String,
    /// How many of its attempts fail.
    pub fail_times: u32,
}

/// When it is to be done.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Due {
    /// So long from now.
    After(Duration),
    /// At this time; at once if it has passed.
    At(DateTime<Utc>),
    /// Again and again.
    Every(Duration),
    /// Again and again, by this cron expression.
    Cron(String),
}

impl Due {
    /// The only one that is given; none if there are several or none.
    pub fn only_one(given: [Option<Self>; 4]) -> Option<Self> {
        let mut given = given.into_iter().flatten();
        given.next().filter(|_| given.next().is_none())
    }
}

/// How it is to be done.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub enum Way {
    /// In one handler.
    Plain,
    /// In a chain: the second handler gets what the first returns, the third runs after them.
    Chain,
    /// In a handler whose arguments are other handlers.
    Nested,
}

/// A task to schedule.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Plan {
    /// What.
    pub task: Task,
    /// When.
    pub due: Due,
    /// How.
    pub way: Way,
    /// The name of the schedule: there is one of a name at a time.
    pub key: Option<String>,
}

/// That a task ran.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Its name.
    pub task: String,
    /// When.
    pub at: DateTime<Utc>,
    /// Which attempt it was, from 1.
    pub attempt: u32,
}

/// Keeps tasks and runs them at their time.
pub struct TaskScheduler {
    svc: Services<Self>,
}

#[durable_object]
impl TaskScheduler {
    /// The most entries of the log that are returned at once.
    pub const LOG_PAGE: u64 = 1_000;

    /// An object with this name.
    pub fn new(svc: Services<Self>) -> Self {
        Self { svc }
    }

    /// Schedules a task: five attempts, 100, 200, 400 and 800 ms apart, so that people who watch see
    /// them all. One with a key stays as it is if it is the same, and is replaced otherwise.
    pub fn schedule(&mut self, plan: Plan) -> Result<Schedule> {
        let Plan { task, .. } = &plan;
        match plan.way {
            Way::Plain => {
                let steps = Self::c().handle_task(task.clone());
                self.schedule_steps(plan, steps)
            }
            Way::Chain => {
                let steps = Self::c()
                    .process_task(task.clone())
                    .then(|label| Self::c().store_label(label))
                    .notify_user();
                self.schedule_steps(plan, steps)
            }
            Way::Nested => {
                let label = Self::c().process_task(task.clone());
                let length = Self::c().length(task.name.clone());
                let steps = Self::c().combine(label, length);
                self.schedule_steps(plan, steps)
            }
        }
    }

    #[handler(skip)]
    fn schedule_steps<R: lumenize::Output>(
        &mut self,
        plan: Plan,
        steps: TaskSchedulerContinuation<'static, R>,
    ) -> Result<Schedule> {
        let policy = RetryPolicy::default()
            .initial_delay(Duration::from_millis(100))
            .jitter(false);
        let mut alarms = self.svc.alarms.retry(policy);
        if let Some(key) = plan.key {
            alarms = alarms.named(key);
        }
        let schedule = match plan.due {
            Due::After(delay) => alarms.schedule(delay, steps),
            Due::At(date) => alarms.schedule(date, steps),
            Due::Every(interval) => alarms.schedule(Every(interval), steps),
            Due::Cron(expression) => match Cron::new(&expression) {
                Ok(cron) => alarms.schedule(cron, steps),
                Err(error) => Err(error.into()),
            },
        };
        schedule.map_err(refused)
    }

    /// A page of what is pending, in the order in which it will run.
    pub fn tasks(&self, filter: ScheduleFilter) -> Result<Page<PendingWork>> {
        Ok(self.svc.alarms.list(filter)?)
    }

    /// Removes a task before it runs (again).
    pub fn cancel(&mut self, id: ScheduleId) -> Result<()> {
        match self.svc.alarms.cancel(id)? {
            true => Ok(()),
            false => Err(ErrorCode::new(NOT_FOUND, format!("no task {id} is pending")).into()),
        }
    }

    /// A page of what was set aside, because it failed too often or because the code of now doesn't
    /// understand it.
    pub fn failed(&self, filter: FailedFilter) -> Result<Page<FailedWork>> {
        Ok(self.svc.failed.list(filter)?)
    }

    /// Lets failed work run again, with all its attempts before it.
    pub fn retry(&mut self, id: WorkId) -> Result<()> {
        match self.svc.failed.retry(id)? {
            true => Ok(()),
            false => Err(ErrorCode::new(NOT_FOUND, format!("no task {id} has failed")).into()),
        }
    }

    /// Ends the object, with all its tasks and its log.
    pub fn destroy(&mut self) -> Result<()> {
        Ok(self.svc.destroy()?)
    }

    /// How many tasks have been done.
    pub fn done(&self) -> Result<u64> {
        Ok(self.svc.get("done")?.unwrap_or(0))
    }

    /// What ran, in order, from this entry on (the first is 0), and at most
    /// [`LOG_PAGE`](Self::LOG_PAGE) of it.
    pub fn log(&self, from: u64) -> Result<Vec<Entry>> {
        let end = self.done()?.min(from.saturating_add(Self::LOG_PAGE));
        let entry = |number| {
            let entry = self.svc.get(&entry_key(number))?;
            Ok(entry.ok_or_else(|| format!("entry {number} of the log is missing"))?)
        };
        (from..end).map(entry).collect()
    }

    fn handle_task(&mut self, task: Task) -> Result<()> {
        let attempt = self.svc.attempt();
        if attempt <= task.fail_times {
            self.say(
                "handle_task",
                &format!("{}: attempt {attempt} fails", task.name),
            );
            return Err(format!("{} does not work", task.name).into());
        }
        self.say("handle_task", &format!("{}: done", task.name));
        self.record(task.name)
    }

    fn process_task(&mut self, task: Task) -> String {
        // The table of all capitals would be 17 KB of the Worker.
        let label = task.name.to_ascii_uppercase();
        self.say("process_task", &format!("returns {label:?}"));
        label
    }

    fn store_label(&mut self, label: String) -> Result<()> {
        self.say("store_label", &format!("stores {label:?}"));
        Ok(self.svc.put("label", &label)?)
    }

    fn notify_user(&mut self) -> Result<()> {
        self.say("notify_user", "done");
        self.record(self.svc.get("label")?.unwrap_or_default())
    }

    fn length(&self, name: &str) -> u32 {
        let length = name.chars().count() as u32;
        self.say("length", &format!("returns {length}"));
        length
    }

    fn combine(&mut self, label: String, length: u32) -> Result<()> {
        self.say("combine", &format!("{label:?} and {length}: done"));
        self.record(label)
    }

    /// Writes into the log. Each entry has a key of its own, so that a long log costs no more to
    /// append to than a short one.
    #[handler(skip)]
    fn record(&mut self, task: String) -> Result<()> {
        let number = self.done()?;
        let entry = Entry {
            task,
            at: self.svc.now(),
            attempt: self.svc.attempt(),
        };
        self.svc.put(&entry_key(number), &entry)?;
        Ok(self.svc.put("done", &(number + 1))?)
    }

    /// A line of the timeline.
    #[handler(skip)]
    fn say(&self, handler: &str, outcome: &str) {
        // chrono's own formats would be 14 KB of the Worker.
        let now = self.svc.now();
        let (time, ms) = (now.time(), now.timestamp_subsec_millis());
        let (hour, minute, second) = (time.hour(), time.minute(), time.second());
        let time = format!("{hour:02}:{minute:02}:{second:02}.{ms:03}");
        let name = self.svc.name();
        print(&format!("{time}  {name:<8}  {handler:<13}  {outcome}"));
    }
}

/// For people who watch. No task may fail because nobody does.
fn print(line: &str) {
    #[cfg(not(target_family = "wasm"))]
    let _ = std::io::Write::write_fmt(&mut std::io::stdout(), format_args!("{line}\n"));
    #[cfg(target_family = "wasm")]
    worker::console_log!("{line}");
}

fn entry_key(number: u64) -> String {
    format!("log/{number}")
}

/// The error of a service, with a code if it is the caller who can mend it.
fn refused(error: Error) -> HandlerError {
    match error {
        Error::Continuation(_)
        | Error::Cron(_)
        | Error::IntervalTooShort
        | Error::Name { .. }
        | Error::TimeOutOfRange => ErrorCode::new(INVALID, error.to_string()).into(),
        _ => error.into(),
    }
}
