//! The program of the example: it asks a directory, and moves money between accounts while its host is
//! stopped and started again. All in a temporary directory.

use lumenize::native::{Host, ObjectRef};
use lumenize::prelude::*;
use std::collections::BTreeMap;
use std::error::Error;
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;
use user_directory::{
    Account, Org, Reception, Sent, State, Statement, User, UserDirectory, Visit, total,
};

/// How long to wait for answers.
const PATIENCE: Duration = Duration::from_secs(30);

fn main() -> ExitCode {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build();
    let ended = runtime.map_err(Into::into).and_then(|runtime| {
        let directory = tempfile::tempdir()?;
        runtime.block_on(async {
            ask_the_directory(directory.path()).await?;
            move_money(directory.path()).await
        })
    });
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("user-directory: {error}");
            ExitCode::FAILURE
        }
    }
}

fn start(directory: &Path) -> Result<Host, Box<dyn Error>> {
    let host = Host::open(directory)?
        .register::<UserDirectory>()
        .register::<Reception>()
        .register::<Account>();
    Ok(host.start()?)
}

async fn ask_the_directory(directory: &Path) -> Result<(), Box<dyn Error>> {
    println!("A reception asks a directory\n");
    let host = start(directory)?;
    let users = host.object::<UserDirectory>("directory");
    for (id, name) in [("ada", "Ada Lovelace"), ("alan", "Alan Turing")] {
        let (id, name) = (id.to_owned(), name.to_owned());
        users
            .run(UserDirectory::c().add_user(User { id, name }))
            .await?;
    }
    let org = Org {
        id: "engines".to_owned(),
        name: "Analytical Engines".to_owned(),
    };
    users.run(UserDirectory::c().add_org(org)).await?;

    let reception = host.object::<Reception>("reception");
    reception.run(Reception::c().call_remote("ada")).await?;
    answered(&reception).await?;
    reception
        .run(Reception::c().call_nested("alan", "engines"))
        .await?;
    answered(&reception).await?;
    reception.run(Reception::c().call_remote("alice")).await?;
    answered(&reception).await?;

    println!();
    for visit in reception.run(Reception::c().visits()).await? {
        match visit {
            Visit::Known(asked, user) => println!("  {asked}: {}", user.name),
            Visit::Combined(both) => println!("  {} of {}", both.user.name, both.org.name),
            Visit::Unknown(not_found) => {
                let similar = not_found.similar.join(", ");
                println!("  {}: not found; did you mean {similar}?", not_found.id);
            }
            Visit::Failed(error) => println!("  {error}"),
        }
    }
    Ok(host.shutdown()?)
}

async fn move_money(directory: &Path) -> Result<(), Box<dyn Error>> {
    println!("\nMoney moves between accounts, and the host stops in the middle\n");
    let host = start(directory)?;
    let [alice, bob] = accounts(&host);
    alice.run(Account::c().open(1_000, 1_000)).await?;
    bob.run(Account::c().open(1_000, 1_250)).await?;
    show(&host).await?;

    // Bob has no time, so that all transfers are under way when the host stops.
    let busy = bob.run(Account::c().audit(Duration::from_millis(300)));
    let stop = async {
        for number in 1..=10 {
            alice
                .run(Account::c().transfer(number, "bob", 10 * number))
                .await?;
        }
        println!("\n  the host is told to stop\n");
        host.shutdown()?;
        Ok::<(), Box<dyn Error>>(())
    };
    let (audited, stopped) = tokio::join!(busy, stop);
    audited?;
    stopped?;

    println!("\n  the host starts again; alice asks after what she has heard nothing of\n");
    let host = start(directory)?;
    show(&host).await?;
    println!();
    let [alice, _] = accounts(&host);
    answered(&alice).await?;
    show(&host).await?;
    Ok(host.shutdown()?)
}

fn accounts(host: &Host) -> [ObjectRef<Account>; 2] {
    ["alice", "bob"].map(|name| host.object(name))
}

/// Waits until an object has no call left whose outcome it has not handled.
async fn answered<D: lumenize::Object>(object: &ObjectRef<D>) -> Result<(), Box<dyn Error>> {
    let begin = Instant::now();
    while !object.pending().await?.is_empty() {
        if begin.elapsed() > PATIENCE {
            return Err("there was no answer".into());
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    Ok(())
}

/// Prints what there is, and how much it is together.
async fn show(host: &Host) -> Result<(), Box<dyn Error>> {
    let mut statements = BTreeMap::new();
    // Alice sends, and is asked first.
    for (name, account) in ["alice", "bob"].into_iter().zip(accounts(host)) {
        let statement = account.run(Account::c().statement()).await?;
        statements.insert(name.to_owned(), statement);
    }
    for (name, statement) in &statements {
        let Statement {
            balance,
            sent,
            received,
        } = statement;
        let count = |state| {
            sent.iter()
                .filter(|sent: &&Sent| sent.state == state)
                .count()
        };
        println!(
            "  {name:<5}  {balance:>4}   sent: {} booked, {} returned, {} under way; received: {}",
            count(State::Booked),
            count(State::Returned),
            count(State::UnderWay),
            received.len()
        );
    }
    println!("  total  {}", total(&statements));
    Ok(())
}
