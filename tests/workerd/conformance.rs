//! What every host must do, on all three: one report.

use crate::server::Server;
use lumenize_tests::conformance::hosts::{Native, run_on, world};
use lumenize_tests::conformance::report::Report;
use lumenize_tests::conformance::{Failure, NAMES};
use lumenize_tests::origin::Origin;
use std::time::Instant;

#[tokio::test]
async fn every_scenario_passes_on_all_three_hosts() {
    let server = Server::start();
    let mut report = Report::default();
    run_on("world", &mut world(), &mut report).await;
    let directory = tempfile::tempdir().unwrap();
    run_on("native", &mut Native::start(directory.path()), &mut report).await;
    let origin = Origin::start();
    for scenario in NAMES {
        let begin = Instant::now();
        let path = format!("/scenario/conformance/{scenario}?{}", origin.url(""));
        // Some end the wasm instance of the objects, and a request in their isolate with it.
        let told = match scenario.starts_with("calls::") {
            true => server.get_from_elsewhere(&path),
            false => server.get(&path),
        };
        let verdict = match told {
            (200, _) => Ok(()),
            (_, reason) => Err(Failure(reason)),
        };
        report.add("workerd", scenario, verdict, begin.elapsed());
    }
    println!("\n{report}");
    report.assert(&["world", "native", "workerd"]);
}

#[test]
fn the_database_is_what_the_engine_relies_on() {
    let (status, told) = Server::start().get("/storage");
    assert_eq!(status, 200, "{told}");
    let parts: Vec<(String, Option<String>)> = serde_json::from_str(&told).unwrap();
    assert_eq!(parts.len(), 10);
    for (part, failure) in parts {
        assert_eq!(failure, None, "{part}");
    }
}
