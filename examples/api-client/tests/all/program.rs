//! The program, which runs without arguments.

use std::process::Command;

#[test]
fn the_program_tells_what_becomes_of_each_request() {
    let output = Command::new(env!("CARGO_BIN_EXE_api-client"))
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{text}\n{told}");
    assert_eq!(told, "");
    let lines: Vec<(u64, &str)> = text
        .lines()
        .map(|line| {
            let (ms, what) = line.split_once(" ms  ").unwrap();
            (ms.trim().parse().unwrap(), what)
        })
        .collect();
    let times = |part: &str| lines.iter().filter(|(_, what)| what.contains(part)).count();
    let at = |part: &str| {
        lines
            .iter()
            .find(|(_, what)| what.contains(part))
            .unwrap()
            .0
    };

    for (line, count) in [
        ("client  missing: 404 \"\", attempt 1", 1),
        ("client  flaky: 200 \"now\", attempt 3", 1),
        ("client  limited: 200 \"in good time\", attempt 2", 1),
        ("client  broken: the connection failed", 1),
        (
            "client  silent: timed out before the response began (Unknown)",
            1,
        ),
        // Taken once, though it was asked for twice.
        ("client  order 7: 200 \"known already\", attempt 2", 1),
        ("server  the order is taken", 1),
        ("server  the order is known already", 1),
        ("server  asked for orders", 2),
        ("server  asked for missing", 1),
        ("server  asked for flaky", 3),
        ("server  asked for limited", 2),
        ("server  asked for broken", 3),
        // Three attempts, and the one that was cancelled.
        ("server  asked for silent", 4),
        // Once before the host was stopped, and once after.
        ("client  slow: 200 \"at last\", attempt 1", 1),
        ("client  slow: 200 \"at last\", attempt 2", 1),
        ("server  asked for slow", 3),
    ] {
        assert_eq!(times(line), count, "{line}\n{text}");
    }
    let (first, second) = (at("asked for limited, 1"), at("asked for limited, 2"));
    assert!(second - first >= 1_000, "{text}");
}
