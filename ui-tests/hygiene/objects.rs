//! Objects with all that the macro writes for one: of one edition or another, under one set of lints or another.

use lumenize::prelude::*;

/// What is to be done.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Task {
    /// What it is called.
    pub name: String,
}

/// Asks another object, and keeps what it says.
pub struct Desk {
    svc: Services<Self>,
    started: bool,
}

impl std::fmt::Debug for Desk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Desk")
    }
}

#[durable_object(binding = "DESK")]
impl Desk {
    /// Makes one.
    ///
    /// # Errors
    ///
    /// When its state can't be read.
    pub fn new(svc: Services<Self>) -> Result<Self> {
        let started = svc.get("started")?.unwrap_or_default();
        Ok(Self { svc, started })
    }

    /// Does `task` later. See [`Self::done`].
    ///
    /// # Errors
    ///
    /// When it can't be scheduled.
    pub fn start(&mut self, task: Task, many: &[u8], note: &str) -> Result<ScheduleId> {
        self.started = true;
        self.svc.put("started", &self.started)?;
        let length = u64::try_from(many.len() + note.len())?;
        let steps = Self::c()
            .work(task, length)
            .then(|done| Self::c().keep(done, Self::c().count()));
        let schedule = self.svc.alarms.schedule(Duration::from_secs(1), steps)?;
        Ok(schedule.id)
    }

    /// Asks another one.
    ///
    /// # Errors
    ///
    /// When the call can't be stored.
    pub fn ask(&mut self, other: &str) -> Result<CallId> {
        let task = Task {
            name: other.to_owned(),
        };
        let id = self
            .svc
            .call(other, Self::c().done())
            .on_success(|done| Self::c().keep(done, 1))
            .on_error(|error| Self::c().explain(error, task.clone()))
            .send()?;
        Ok(id)
    }

    /// What was done last.
    ///
    /// # Errors
    ///
    /// When the state can't be read.
    pub fn done(&self) -> Result<String> {
        Ok(self.svc.get("done")?.unwrap_or_default())
    }

    /// Does nothing any more.
    #[deprecated = "use `start`"]
    pub fn old(&mut self) {
        self.started = self.svc.name().is_empty();
    }

    fn work(&mut self, task: &Task, length: u64) -> String {
        self.started = false;
        format!("{} {length}", task.name)
    }

    fn count(&self) -> u32 {
        u32::from(self.started)
    }

    fn keep(&mut self, done: &str, count: u32) -> Result<()> {
        Ok(self.svc.put("done", &format!("{done} {count}"))?)
    }

    fn explain(&mut self, error: &CallError, task: &Task) -> Result<()> {
        Ok(self.svc.put("done", &format!("{}: {error}", task.name))?)
    }

    #[on_failed]
    fn undo(&mut self, work: FailedWork) -> Result<()> {
        self.svc.put("done", &format!("failed: {}", work.id))?;
        drop(work);
        Ok(())
    }
}

/// Runs the objects.
///
/// # Errors
///
/// When one fails.
pub fn run() -> std::result::Result<String, Box<dyn std::error::Error>> {
    let mut world = lumenize::testing::World::new(1);
    let task = Task {
        name: "tidy".to_owned(),
    };
    let mut desk = world.object::<Desk>("main");
    desk.run(Desk::c().start(task, vec![1, 2], "now"))?;
    world.run_until_idle()?;
    world.object::<Desk>("front").run(Desk::c().ask("main"))?;
    world.run_until_idle()?;
    Ok(world.object::<Desk>("front").run(Desk::c().done())?)
}
