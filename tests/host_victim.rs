//! A process that has a host, for the tests to kill or to starve: `host-victim DIRECTORY TASK`.

use lumenize::native::Host;
use lumenize::prelude::*;
use lumenize::{Outcome, Why};
use lumenize_tests::fetcher::{ABORTS, Fetcher, Wanted};
use lumenize_tests::{At, Job, Lab};
use std::error::Error;
use std::io::{Write, stdout};
use std::process::Command;
use std::time::Instant;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let directory = args.next().ok_or("which directory?")?;
    let builder = Host::open(directory)?
        .register::<Lab>()
        .register::<Fetcher>();
    match args.next().as_deref() {
        Some("hold") => {
            let host = builder.start()?;
            say("held")?;
            wait_for_death(&host)
        }
        Some("crowd") => {
            let count = args.next().ok_or("how many?")?.parse()?;
            let host = builder.max_loaded(50).start()?;
            crowd(&host, count).await?;
            say("gathered")?;
            wait_for_death(&host)
        }
        Some("fetch") => {
            let (base, number) = (args.next(), args.next());
            let base = base.ok_or("from where?")?;
            let number = number.ok_or("the first of which number?")?.parse()?;
            fetch(&builder.start()?, &base, number).await
        }
        Some("fetch-and-die") => {
            let base = args.next().ok_or("from where?")?;
            let host = builder.start()?;
            let object = host.object::<Fetcher>("main");
            let wanted = Wanted {
                fails: ABORTS,
                ..Wanted::get(base)
            };
            object
                .run(Fetcher::c().fetch_once("deadly", wanted))
                .await?;
            while object.failed().await?.is_empty() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            Ok(host.shutdown()?)
        }
        Some("starve") => starve(&builder.start()?).await,
        _ => Err("do what?".into()),
    }
}

fn say(word: &str) -> std::io::Result<()> {
    println!("{word}");
    stdout().flush()
}

/// Bounded, in case nobody kills it.
fn wait_for_death(_host: &Host) -> Result<(), Box<dyn Error>> {
    std::thread::sleep(Duration::from_secs(300));
    Err("it was not killed".into())
}

/// Makes so many objects, each with an alarm in an hour.
async fn crowd(host: &Host, count: u32) -> Result<(), Box<dyn Error>> {
    let mut made = tokio::task::JoinSet::new();
    for number in 0..count {
        let lab = host.object::<Lab>(number.to_string());
        let job = Job::Log("woken".to_owned());
        made.spawn(async move { lab.run(Lab::c().schedule(At::After(3_600_000), job)).await });
    }
    while let Some(done) = made.join_next().await {
        done??;
    }
    Ok(())
}

/// Has 200 objects fetch, over and over, each fetch with a number of its own, and says which it has begun.
async fn fetch(host: &Host, base: &str, first: u64) -> Result<(), Box<dyn Error>> {
    for number in first..first + 200 {
        let object = host.object::<Fetcher>(format!("fetcher {}", number % 20));
        let wanted = Wanted {
            retries: Some(1_000),
            delay_ms: Some(100),
            ..Wanted::get(format!(
                "{base}/ok?latency={}&number={number}",
                number % 400
            ))
        };
        object
            .run(Fetcher::c().fetch_once(number.to_string(), wanted))
            .await?;
        say(&number.to_string())?;
    }
    wait_for_death(host)
}

/// Runs with a limit on the size of files, below what a job needs, and then without.
async fn starve(host: &Host) -> Result<(), Box<dyn Error>> {
    let lab = host.object::<Lab>("main");
    let due = DateTime::<Utc>::from(std::time::SystemTime::now()) + Duration::from_millis(200);
    let jobs = [
        Job::Log("1".into()),
        Job::Fill(1_500_000, "2".into()),
        Job::Log("3".into()),
    ];
    for job in jobs {
        lab.run(Lab::c().schedule(At::Date(due), job)).await?;
    }
    // The batch is lost, and then only the one that asks for too much.
    until(&lab, &["1", "3"]).await?;
    let pending = lab.pending().await?;
    let reason = match pending.as_slice() {
        [only] if only.attempts == 0 => &only.why,
        other => return Err(format!("pending: {other:?}").into()),
    };
    if !matches!(reason, Why::Retrying(error) if error.code.as_deref() == Some("transaction_lost"))
    {
        return Err(format!("it waits for {reason:?}").into());
    }
    // A caller hears of it, and what fits goes on.
    let too_much = Lab::c().job(Job::Fill(1_500_000, "never".into()));
    match lab.run(too_much).await {
        Err(error) if error.outcome() == Outcome::Unknown => {}
        other => return Err(format!("it was answered with {other:?}").into()),
    }
    lab.run(Lab::c().count(4)).await?;
    until(&lab, &["1", "3", "count(4)"]).await?;

    let healed = Command::new("prlimit")
        .args(["--fsize=unlimited:", "--pid"])
        .arg(std::process::id().to_string())
        .status()?;
    if !healed.success() {
        return Err("the limit can't be taken back".into());
    }
    until(&lab, &["1", "3", "count(4)", "2"]).await?;
    match (lab.pending().await?.len(), lab.failed().await?.len()) {
        (0, 0) => Ok(()),
        left => Err(format!("pending and failed: {left:?}").into()),
    }
}

async fn until(
    lab: &lumenize::native::ObjectRef<Lab>,
    lines: &[&str],
) -> Result<(), Box<dyn Error>> {
    let begin = Instant::now();
    loop {
        let log = lab.run(Lab::c().log()).await?;
        if log == lines {
            return Ok(());
        }
        if begin.elapsed() > Duration::from_secs(30) {
            return Err(format!("{log:?}, not {lines:?}; {:?}", lab.pending().await?).into());
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
