use lumenize::prelude::*;

#[derive(Serialize, Deserialize)]
pub struct Task {
    name: String,
}

pub struct TaskScheduler {
    svc: Services<Self>,
}

#[durable_object]
impl TaskScheduler {
    pub fn new(svc: Services<Self>) -> Self {
        Self { svc }
    }

    pub fn schedule_task(&mut self, name: String, delay_secs: u64) -> Result<ScheduleId> {
        let schedule = self.svc.alarms.schedule(
            Duration::from_secs(delay_secs),
            Self::c().handle_task(Task { name }),
        )?;
        Ok(schedule.id)
    }

    pub fn schedule_advanced(&mut self, name: String) -> Result<ScheduleId> {
        let steps = Self::c()
            .process_task(Task { name })
            .then(|label| Self::c().store_label(label))
            .notify_user();
        Ok(self.svc.alarms.schedule(Every(Duration::from_secs(60)), steps)?.id)
    }

    fn handle_task(&mut self, task: Task) {
        drop(task);
    }

    fn process_task(&mut self, task: Task) -> String {
        task.name
    }

    fn store_label(&mut self, _label: String) -> Result<()> {
        Ok(())
    }

    fn notify_user(&self) {}
}

fn main() {
    use lumenize::Object;
    assert_eq!(TaskScheduler::CLASS, "TaskScheduler");
    assert_eq!(TaskScheduler::BINDING, "TASK_SCHEDULER");
    let infos: Vec<_> = TaskScheduler::HANDLERS
        .iter()
        .map(|info| (info.name, info.public, info.reads))
        .collect();
    assert_eq!(
        infos,
        [
            ("schedule_task", true, false),
            ("schedule_advanced", true, false),
            ("handle_task", false, false),
            ("process_task", false, false),
            ("store_label", false, false),
            ("notify_user", false, true),
        ]
    );
}
