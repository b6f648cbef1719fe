//! Runs the tasks of a file in a temporary directory, and says what became of them.

use crate::plan::{self, Planned};
use lumenize::native::{Host, ObjectRef};
use lumenize::{PendingWork, Recurrence, StepView};
use std::collections::BTreeMap;
use std::error::Error;
use std::path::PathBuf;
use std::time::{Duration, Instant};
use task_scheduler::TaskScheduler;

/// How long to wait for tasks that take their time.
const PATIENCE: Duration = Duration::from_secs(10);

type Objects = BTreeMap<String, ObjectRef<TaskScheduler>>;

/// Runs the file, or that of the example.
pub(crate) fn run(file: Option<PathBuf>) -> Result<(), Box<dyn Error>> {
    let file = file.unwrap_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tasks.toml"));
    let in_file = |error: String| format!("{}: {error}", file.display());
    let text = std::fs::read_to_string(&file).map_err(|error| in_file(error.to_string()))?;
    let tasks = plan::read(&text).map_err(in_file)?;
    tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()?
        .block_on(run_tasks(tasks))
}

async fn run_tasks(tasks: Vec<Planned>) -> Result<(), Box<dyn Error>> {
    let directory = tempfile::tempdir()?;
    let host = Host::open(directory.path())?
        .register::<TaskScheduler>()
        .start()?;
    println!("{} tasks, in {}\n", tasks.len(), directory.path().display());

    let mut objects = Objects::new();
    for planned in tasks {
        let object = host.object::<TaskScheduler>(&planned.object);
        object
            .run(TaskScheduler::c().schedule(planned.plan))
            .await?;
        objects.insert(planned.object, object);
    }

    let begin = Instant::now();
    while begin.elapsed() < PATIENCE && waits(&objects).await? {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }

    for (name, object) in &objects {
        let done = object.run(TaskScheduler::c().done()).await?;
        println!("\n{name}: {done} done");
        for work in object.pending().await? {
            println!("  pending  {}{}", steps(&work.steps), recurs(&work));
        }
        for work in object.failed().await? {
            let attempts = work.attempts;
            println!(
                "  failed   {} after {attempts} attempts: {}",
                steps(&work.steps),
                work.why
            );
        }
    }
    Ok(host.shutdown()?)
}

/// Whether anything is pending that does not recur.
async fn waits(objects: &Objects) -> Result<bool, Box<dyn Error>> {
    for object in objects.values() {
        if object
            .pending()
            .await?
            .iter()
            .any(|work| work.recurrence.is_none())
        {
            return Ok(true);
        }
    }
    Ok(false)
}

fn steps(steps: &[StepView]) -> String {
    let steps: Vec<String> = steps.iter().map(ToString::to_string).collect();
    steps.join(", ")
}

/// How work recurs, under which name, and when next.
fn recurs(work: &PendingWork) -> String {
    let recurrence = match &work.recurrence {
        None => return String::new(),
        Some(cron @ Recurrence::Cron { .. }) => format!("cron {cron}"),
        Some(other) => other.to_string(),
    };
    let named = work.name.as_ref().map(|name| format!(", named {name:?}"));
    let next = work.due.format("%H:%M:%S%.3f");
    format!(", {recurrence}{}, next {next}", named.unwrap_or_default())
}
