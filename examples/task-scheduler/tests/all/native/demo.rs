//! The example does what it says, as a process.

use std::process::{Command, Output};
use std::time::{Duration, Instant};

fn run(arguments: &[&std::path::Path]) -> (Output, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_task-scheduler"))
        .args(arguments)
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout.clone()).unwrap()
        + &String::from_utf8(output.stderr.clone()).unwrap();
    (output, text)
}

#[test]
fn the_tasks_run_and_what_failed_is_told() {
    let begin = Instant::now();
    let (output, text) = run(&[]);
    assert!(output.status.success(), "{text}");
    assert!(begin.elapsed() < Duration::from_secs(15), "{text}");
    let times = |part: &str| text.matches(part).count();
    assert_eq!(times("water the plants: done"), 1, "{text}");
    assert_eq!(times("new year's greetings: done"), 1, "{text}");
    assert!(times("look outside: done") >= 2, "{text}");
    // Once each for the chain, and process_task once more for the nest.
    assert_eq!(times("process_task   returns \"REPORT\""), 1, "{text}");
    assert_eq!(times("store_label    stores \"REPORT\""), 1, "{text}");
    assert_eq!(times("notify_user    done"), 1, "{text}");
    assert_eq!(times("combine        \"INVOICE\" and 7: done"), 1, "{text}");
    assert_eq!(times("fetch the mail: attempt"), 2, "{text}");
    assert_eq!(times("fetch the mail: done"), 1, "{text}");
    assert_eq!(times("square the circle: attempt"), 5, "{text}");
    let clock = times("look at the clock: done");
    assert!(clock >= 1, "{text}");
    // The clock may strike once more while the program counts.
    let office = [clock + 3, clock + 2].map(|done| text.contains(&format!("office: {done} done")));
    assert_ne!(office, [false, false], "{text}");
    assert!(
        text.contains("after 5 attempts: square the circle does not work"),
        "{text}"
    );
    for recurs in [
        ", every 500ms, named \"outlook\", next ",
        ", cron * * * * * *, next ",
    ] {
        let line = text.lines().find(|line| line.contains(recurs));
        let line = line.unwrap_or_else(|| panic!("{recurs} in {text}"));
        assert!(line.starts_with("  pending  handle_task("), "{line}");
    }
}

#[test]
fn a_broken_file_is_told_with_its_line() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("tasks.toml");
    let task = "[[task]]\nobject = \"a\"\nname = \"b\"\n";
    for (text, line, what) in [
        (
            format!("{task}after_ms = \"soon\"\n"),
            "line 4",
            "invalid type",
        ),
        (format!("{task}afterms = 1\n"), "line 4", "unknown field"),
        (
            format!("\n{task}after_ms = 1\nevery_ms = 1\n"),
            "line 2",
            "needs one of",
        ),
        (task.to_owned(), "line 1", "needs one of"),
        (format!("{task}after_ms = \n"), "line 4", ""),
        (format!("{task}cron = \"61 * * * *\"\n"), "line 1", "minute"),
    ] {
        std::fs::write(&file, &text).unwrap();
        let (output, told) = run(&[&file]);
        assert!(!output.status.success());
        assert!(told.contains(line) && told.contains(what), "{text}\n{told}");
    }
}
