//! Calls whose process ends at any moment.

use super::native::{file, number};
use crate::native::{killed, kills};
use lumenize::native::Host;
use lumenize_tests::phone::{Account, Phone};
use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

fn teller(directory: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_teller"));
    command.arg(directory);
    command
}

/// All rows that two columns of an account's table have, by the file.
fn rows(directory: &Path, account: &str, sql: &str) -> Vec<(i64, i64)> {
    let path = file(directory, "Account", account).unwrap();
    let database = rusqlite::Connection::open(path).unwrap();
    let mut statement = database.prepare(sql).unwrap();
    let rows = statement.query_map((), |row| Ok((row.get(0)?, row.get(1)?)));
    rows.unwrap().map(Result::unwrap).collect()
}

/// Each transfer is booked once or refused, never both, and the sender was told once. The files are read
/// when no process has them.
#[tokio::test]
async fn killed_at_any_moment_every_transfer_is_booked_once_or_refused() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    let mut acknowledged = BTreeSet::new();
    for round in 0..u64::from(kills()) {
        let mut victim = teller(path);
        victim.args(["transfers", &(round * 1_000_000).to_string()]);
        // Different every round, and different in each run as the machine is.
        let after = Duration::from_millis(100 + round * 37 % 160);
        for line in killed(&mut victim, after) {
            acknowledged.insert(line.parse::<i64>().unwrap());
        }
    }
    assert!(
        acknowledged.len() > kills() as usize,
        "only {}",
        acknowledged.len()
    );

    let host = Host::open(path)
        .unwrap()
        .register::<Account>()
        .start()
        .unwrap();
    let accounts = ["0", "1", "2", "3", "4"];
    let begin = Instant::now();
    for account in accounts {
        let object = host.object::<Account>(account);
        while !object.pending().await.unwrap().is_empty() {
            assert!(
                begin.elapsed() < Duration::from_secs(60),
                "it does not come to an end"
            );
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        assert_eq!(object.failed().await.unwrap(), []);
    }
    host.shutdown().unwrap();

    let (mut total, mut booked, mut received) = (0, BTreeSet::new(), Vec::new());
    let mut sent = BTreeSet::new();
    for account in accounts {
        let told = rows(path, account, "SELECT number, told FROM transfers");
        assert!(told.iter().all(|(_, told)| *told == 1), "{told:?}");
        sent.extend(told.iter().map(|(number, _)| *number));
        for (number, amount) in rows(
            path,
            account,
            "SELECT number, amount FROM transfers
            WHERE became = 'booked'",
        ) {
            booked.insert(number);
            total -= amount;
        }
        for (number, amount) in rows(path, account, "SELECT number, amount FROM received") {
            received.push(number);
            total += amount;
        }
    }
    // What was acknowledged is there, and what is there is whole.
    assert!(acknowledged.is_subset(&sent));
    assert_eq!(total, 0);
    received.sort_unstable();
    assert_eq!(received, booked.into_iter().collect::<Vec<_>>());
    println!(
        "{} transfers, {} of them acknowledged",
        sent.len(),
        acknowledged.len()
    );
}

/// A call that ends the callee's process each time is set aside at the callee's, and the caller is told.
#[test]
fn a_call_that_ends_the_process_runs_out_of_attempts() {
    let directory = tempfile::tempdir().unwrap();
    let mut ended = 0;
    let said = loop {
        // It calls once: what it has heard meanwhile does not tell whether it has called.
        let what = if ended == 0 { "abort" } else { "wait" };
        let run = teller(directory.path()).arg(what).output().unwrap();
        if run.status.success() {
            break String::from_utf8(run.stdout).unwrap();
        }
        let error = String::from_utf8_lossy(&run.stderr).into_owned();
        assert!(error.is_empty(), "{error}");
        ended += 1;
        assert!(ended < 10, "it ends the process for ever");
    };
    // The first attempt is not careful, as no call is before one has been lost.
    assert_eq!(ended, 6);
    let expected =
        "Abort: refused: the callee's process ended each of the 5 times it ran (NotExecuted)";
    assert_eq!(said.trim_end(), expected);
    let left = |phone, sql| number::<Phone>(directory.path(), phone, sql);
    assert_eq!(left("a", "SELECT count(*) FROM lumenize_queue"), 0);
    assert_eq!(left("b", "SELECT count(*) FROM lumenize_failed"), 0);
}
