//! A process for the tests to kill. `victim DIRECTORY` schedules and runs work all the while;
//! `victim DIRECTORY NAME` runs what that object has pending, and ends. With `LUMENIZE_TIGHT` objects
//! are unloaded all the while.

use lumenize::native::{Durability, Host};
use lumenize_tests::{At, Job, Lab};
use std::time::Duration;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let directory = args.next().ok_or("which directory?")?;
    let mut builder = Host::open(directory)?.register::<Lab>();
    if std::env::var_os("LUMENIZE_TIGHT").is_some() {
        builder = builder
            .idle_after(Duration::ZERO)
            .max_loaded(1)
            .look_ahead(Duration::ZERO)
            .durability(Durability::Normal);
    }
    let host = builder.start()?;
    if let Some(name) = args.next() {
        let lab = host.object::<Lab>(name);
        while !lab.pending().await?.is_empty() {
            std::thread::sleep(Duration::from_millis(5));
        }
        return Ok(());
    }
    // Bounded, in case nobody kills it.
    for n in 0..20_000_u32 {
        let lab = host.object::<Lab>(format!("lab {}", n % 3));
        let id = uuid();
        let job = Job::Log(id.clone());
        lab.run(Lab::c().schedule(At::After(u64::from(n % 7)), job))
            .await?;
        // What is printed was acknowledged, so it must not be lost.
        println!("{} {id}", n % 3);
    }
    Ok(())
}

fn uuid() -> String {
    format!("{}-{:?}", std::process::id(), std::time::Instant::now())
}
