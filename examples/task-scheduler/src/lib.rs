//! The object of the example: it keeps tasks and runs them at their time.

use lumenize::prelude::*;

/// What is to be done.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Task {
    /// Its name.
    pub name: String,
    /// How many of its attempts fail.
    pub fail_times: u32,
}

/// When it is to be done.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub enum Due {
    /// So long from now.
    After(Duration),
    /// At this time; at once if it has passed.
    At(DateTime<Utc>),
    /// Again and again.
    Every(Duration),
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

/// Keeps tasks and runs them at their time.
pub struct TaskScheduler {
    svc: Services<Self>,
}

#[durable_object]
impl TaskScheduler {
    /// An object with this name.
    pub fn new(svc: Services<Self>) -> Self {
        Self { svc }
    }

    /// Schedules a task: three attempts, 300 ms and 600 ms apart.
    pub fn schedule(&mut self, task: Task, due: Due, way: Way) -> Result<ScheduleId> {
        match way {
            Way::Plain => self.schedule_steps(due, Self::c().handle_task(task)),
            Way::Chain => {
                let steps = Self::c()
                    .process_task(task)
                    .then(|label| Self::c().store_label(label))
                    .notify_user();
                self.schedule_steps(due, steps)
            }
            Way::Nested => {
                let name = task.name.clone();
                let steps = Self::c().combine(Self::c().process_task(task), Self::c().length(name));
                self.schedule_steps(due, steps)
            }
        }
    }

    #[handler(skip)]
    fn schedule_steps<R: lumenize::Output>(
        &mut self,
        due: Due,
        steps: TaskSchedulerContinuation<'static, R>,
    ) -> Result<ScheduleId> {
        let policy = RetryPolicy::default()
            .attempts(3)
            .initial_delay(Duration::from_millis(300))
            .jitter(false);
        let alarms = self.svc.alarms.retry(policy);
        let schedule = match due {
            Due::After(delay) => alarms.schedule(delay, steps)?,
            Due::At(date) => alarms.schedule(date, steps)?,
            Due::Every(interval) => alarms.schedule(Every(interval), steps)?,
        };
        Ok(schedule.id)
    }

    /// How many tasks have been done, by the object's own count.
    pub fn done(&self) -> Result<u32> {
        Ok(self.svc.get("done")?.unwrap_or(0))
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
        self.count()
    }

    fn process_task(&mut self, task: Task) -> String {
        let label = task.name.to_uppercase();
        self.say("process_task", &format!("returns {label:?}"));
        label
    }

    fn store_label(&mut self, label: String) -> Result<()> {
        self.say("store_label", &format!("stores {label:?}"));
        Ok(self.svc.put("label", &label)?)
    }

    fn notify_user(&mut self) -> Result<()> {
        self.say("notify_user", "done");
        self.count()
    }

    fn length(&self, name: &str) -> u32 {
        let length = name.chars().count() as u32;
        self.say("length", &format!("returns {length}"));
        length
    }

    fn combine(&mut self, label: String, length: u32) -> Result<()> {
        self.say("combine", &format!("{label:?} and {length}: done"));
        self.count()
    }

    #[handler(skip)]
    fn count(&mut self) -> Result<()> {
        let done = self.done()? + 1;
        Ok(self.svc.put("done", &done)?)
    }

    /// A line of the timeline.
    #[handler(skip)]
    fn say(&self, handler: &str, outcome: &str) {
        let time = self.svc.now().format("%H:%M:%S%.3f");
        println!("{time}  {:<8}  {handler:<13}  {outcome}", self.svc.name());
    }
}
