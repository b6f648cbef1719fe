//! What every host must do, on those that need nothing else: the world and the embedded host.

use lumenize_runtime::host::sqlite::Sqlite;
use lumenize_tests::conformance::hosts::{Native, run_on, world};
use lumenize_tests::conformance::report::Report;
use lumenize_tests::conformance::storage::contract;

#[tokio::test]
async fn every_scenario_passes_on_the_world_and_on_the_embedded_host() {
    let mut report = Report::default();
    run_on("world", &mut world(), &mut report).await;
    let directory = tempfile::tempdir().unwrap();
    let mut native = Native::start(directory.path());
    run_on("native", &mut native, &mut report).await;
    println!("{report}");
    report.assert(&["world", "native"]);
}

#[test]
fn sqlite_is_what_the_engine_relies_on() {
    let directory = tempfile::tempdir().unwrap();
    let databases = [
        Sqlite::in_memory().unwrap(),
        Sqlite::open(&directory.path().join("database")).unwrap(),
    ];
    for database in databases {
        for (part, verdict) in contract(&database, || ()) {
            assert!(verdict.is_ok(), "{part}: {verdict:?}");
        }
    }
}
