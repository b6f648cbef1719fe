//! Runs the tasks of a file on the embedded host: `cargo run -p task-scheduler [-- FILE]`.

mod plan;

use lumenize::native::{Host, ObjectRef};
use std::collections::BTreeMap;
use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};
use task_scheduler::TaskScheduler;

/// How long to wait for tasks that take their time.
const PATIENCE: Duration = Duration::from_secs(10);

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let file = match std::env::args_os().nth(1) {
        Some(file) => PathBuf::from(file),
        None => PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tasks.toml"),
    };
    let outcome = match std::fs::read_to_string(&file) {
        Ok(text) => match plan::read(&text) {
            Ok(tasks) => run(tasks).await.map_err(|error| error.to_string()),
            Err(error) => Err(format!("{}: {error}", file.display())),
        },
        Err(error) => Err(format!("{}: {error}", file.display())),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("task-scheduler: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(tasks: Vec<plan::Planned>) -> Result<(), Box<dyn Error>> {
    let directory = tempfile::tempdir()?;
    let host = Host::open(directory.path())?
        .register::<TaskScheduler>()
        .start()?;
    println!("{} tasks, in {}\n", tasks.len(), directory.path().display());

    let mut objects: BTreeMap<String, ObjectRef<TaskScheduler>> = BTreeMap::new();
    for planned in tasks {
        let object = host.object::<TaskScheduler>(&planned.object);
        let call = TaskScheduler::c().schedule(planned.task, planned.due, planned.way);
        object.run(call).await?;
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
            let recurs = work
                .recurrence
                .map_or(String::new(), |recurrence| format!(", {recurrence}"));
            println!("  pending  {}{recurs}", steps(&work.steps));
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
async fn waits(
    objects: &BTreeMap<String, ObjectRef<TaskScheduler>>,
) -> Result<bool, Box<dyn Error>> {
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

fn steps(steps: &[lumenize::StepView]) -> String {
    let steps: Vec<String> = steps.iter().map(ToString::to_string).collect();
    steps.join(", ")
}
