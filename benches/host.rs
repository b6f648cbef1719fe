//! The embedded host with many objects, and with much in one: run by hand, it prints what it finds.
//! `cargo run --release -p lumenize-benches --example host [OBJECTS SCHEDULES]`

use lumenize::native::{Host, HostError};
use lumenize::prelude::*;
use lumenize_benches::Clock;
use std::error::Error;
use std::path::Path;
use std::time::{Instant, SystemTime};

fn host(directory: &Path) -> Result<Host, HostError> {
    Host::open(directory)?.register::<Clock>().start()
}

fn now() -> DateTime<Utc> {
    SystemTime::now().into()
}

fn say(what: &str, begin: Instant) {
    println!("{what}: {:?}; {} in memory", begin.elapsed(), memory());
}

/// The resident memory of this process, where the system tells.
fn memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.map_or("?".to_owned(), |size| size.trim().to_owned())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut numbers = std::env::args().skip(1).filter_map(|arg| arg.parse().ok());
    let objects: u32 = numbers.next().unwrap_or(10_000);
    let schedules: u32 = numbers.next().unwrap_or(1_000_000);
    many_objects(objects).await?;
    much_in_one(schedules).await
}

async fn many_objects(objects: u32) -> Result<(), Box<dyn Error>> {
    let directory = tempfile::tempdir()?;
    let first = host(directory.path())?;
    let begin = Instant::now();
    let due = now() + Duration::from_secs(86_400);
    let mut made = tokio::task::JoinSet::new();
    for number in 0..objects {
        let clock = first.object::<Clock>(number.to_string());
        made.spawn(async move { clock.run(Clock::c().ring_at(due)).await });
    }
    while let Some(done) = made.join_next().await {
        done??;
    }
    say(&format!("{objects} objects made"), begin);

    let begin = Instant::now();
    let stats = first.stats()?;
    say(&format!("{stats:?}"), begin);

    let begin = Instant::now();
    first.object::<Clock>("1").run(Clock::c().rung()).await?;
    say("one of them loaded and read", begin);
    let begin = Instant::now();
    first.object::<Clock>("1").run(Clock::c().rung()).await?;
    say("read again", begin);

    let begin = Instant::now();
    first.shutdown()?;
    say("shut down", begin);

    let begin = Instant::now();
    let second = host(directory.path())?;
    say("opened", begin);
    println!("{:?}", second.stats()?);

    // All at one instant, with a caller who is in a hurry.
    let due = now() + Duration::from_secs(60);
    let begin = Instant::now();
    let mut asked = tokio::task::JoinSet::new();
    for number in 0..objects {
        let clock = second.object::<Clock>(number.to_string());
        asked.spawn(async move { clock.run(Clock::c().ring_at(due)).await });
    }
    while let Some(done) = asked.join_next().await {
        done??;
    }
    say("each asked once more", begin);
    let left = (due - now()).to_std().unwrap_or(Duration::ZERO);
    tokio::time::sleep(left).await;
    let begin = Instant::now();
    second
        .object::<Clock>("hurry")
        .run(Clock::c().ring_at(due))
        .await?;
    say("a new object beside the wakes", begin);
    while second.stats()?.wakes > u64::from(objects) {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let mut latest = Duration::ZERO;
    let mut total = Duration::ZERO;
    for number in 0..objects {
        let clock = second.object::<Clock>(number.to_string());
        let rung = loop {
            match clock.run(Clock::c().rung()).await? {
                Some(rung) => break rung,
                None => tokio::time::sleep(Duration::from_millis(5)).await,
            }
        };
        let late = (rung - due).to_std().unwrap_or(Duration::ZERO);
        latest = latest.max(late);
        total += late;
    }
    say(
        &format!(
            "all woken and read; the last {latest:?} late, on average {:?}",
            total / objects
        ),
        begin,
    );
    Ok(second.shutdown()?)
}

async fn much_in_one(schedules: u32) -> Result<(), Box<dyn Error>> {
    let directory = tempfile::tempdir()?;
    let first = host(directory.path())?;
    let clock = first.object::<Clock>("main");
    let begin = Instant::now();
    let due = now() + Duration::from_secs(86_400);
    for _ in 0..schedules.div_ceil(500) {
        clock.run(Clock::c().ring_often_at(due, 500)).await?;
    }
    say(&format!("{schedules} schedules in one object"), begin);
    let begin = Instant::now();
    first.shutdown()?;
    say("shut down", begin);

    let begin = Instant::now();
    let second = host(directory.path())?;
    say("opened", begin);
    let clock = second.object::<Clock>("main");
    let begin = Instant::now();
    clock.run(Clock::c().rung()).await?;
    say("loaded and read", begin);
    let begin = Instant::now();
    let due = now() + Duration::from_millis(20);
    clock.run(Clock::c().ring_at(due)).await?;
    say("one more", begin);
    let rung = loop {
        match clock.run(Clock::c().rung()).await? {
            Some(rung) => break rung,
            None => tokio::time::sleep(Duration::from_millis(1)).await,
        }
    };
    println!("it rang {} late", rung - due);
    let begin = Instant::now();
    let pending = clock.pending().await?;
    say(&format!("{} listed", pending.len()), begin);
    drop(pending);
    println!("{:?}; {} in memory", second.stats()?, memory());
    Ok(second.shutdown()?)
}
