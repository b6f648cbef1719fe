//! A process for the tests to kill, whose objects call each other. `teller DIRECTORY transfers FIRST`
//! moves money between accounts all the while, each transfer with a number, and prints the number once it
//! was acknowledged. `teller DIRECTORY abort` has a phone call another that ends the process each time;
//! `teller DIRECTORY wait` says what it heard in the end.

use lumenize::native::Host;
use lumenize::prelude::*;
use lumenize_tests::phone::{Account, Ask, Phone};
use std::time::Instant;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let directory = args.next().ok_or("which directory?")?;
    let host = Host::open(directory)?
        .register::<Phone>()
        .register::<Account>()
        .start()?;
    match args.next().as_deref() {
        Some("transfers") => {
            let first = args.next().ok_or("from which number?")?.parse()?;
            transfers(&host, first).await
        }
        Some("abort") => {
            let phone = host.object::<Phone>("a");
            phone.run(Phone::c().ring("b", Ask::Abort)).await?;
            wait(&host).await
        }
        Some("wait") => wait(&host).await,
        _ => Err("do what?".into()),
    }
}

/// Bounded, in case nobody kills it.
async fn transfers(host: &Host, first: i64) -> Result<(), Box<dyn std::error::Error>> {
    for number in first..first + 20_000 {
        let from = host.object::<Account>((number % 5).to_string());
        let to = (number * 7 + 3) % 5;
        let steps = Account::c().transfer(number, to.to_string(), 1 + number % 50);
        from.run(steps).await?;
        println!("{number}");
    }
    Ok(())
}

/// Says what the caller heard in the end.
async fn wait(host: &Host) -> Result<(), Box<dyn std::error::Error>> {
    let phone = host.object::<Phone>("a");
    let begin = Instant::now();
    loop {
        let log = phone.run(Phone::c().log()).await?;
        if let Some(line) = log.first() {
            println!("{line}");
            return Ok(());
        }
        if begin.elapsed() > Duration::from_secs(30) {
            return Err("nothing was heard".into());
        }
        // Others are answered meanwhile.
        let echo = Ask::Echo("x".to_owned());
        host.object::<Phone>("c")
            .run(Phone::c().answer(echo))
            .await?;
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
