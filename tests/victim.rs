//! A process for the tests to kill: `victim DIRECTORY` schedules and runs work all the while.

use lumenize::native::Host;
use lumenize_tests::{At, Job, Lab};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let directory = std::env::args().nth(1).ok_or("which directory?")?;
    let host = Host::open(directory)?.register::<Lab>().start()?;
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
