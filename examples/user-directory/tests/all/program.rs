//! The program, which runs without arguments.

use std::process::Command;

#[test]
fn the_program_tells_what_happens_and_the_total_never_changes() {
    let output = Command::new(env!("CARGO_BIN_EXE_user-directory"))
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{text}\n{told}");
    let times = |part: &str| text.matches(part).count();

    // The call, the nested call and the error: each step once.
    for line in [
        "reception  call_remote       ada\n",
        "reception  handle_user_data  ada is Ada Lovelace\n",
        "reception  call_nested       alan and engines\n",
        "directory  get_org_data      engines\n",
        "directory  combine           Alan Turing and Analytical Engines\n",
        "reception  handle_combined   Alan Turing of Analytical Engines\n",
        "reception  handle_error      alice: not_found: the handler failed: there is no alice among the users\n",
        "  alice: not found; did you mean ada, alan?\n",
    ] {
        assert_eq!(times(line), 1, "{line}{text}");
    }
    for id in ["ada", "alan", "alice"] {
        let line = format!("directory  get_user_data     {id}, for reception\n");
        assert_eq!(times(&line), 1, "{line}{text}");
    }

    // The money: before, when the host has been stopped and started again, and in the end.
    assert_eq!(times("  total  2000\n"), 3, "{text}");
    assert_eq!(times("  total  "), 3, "{text}");
    for number in 1..=10 {
        let lines = |handler: &str| {
            let line = format!("  {handler:<16}  {number}");
            let ends = |rest: &str| rest.starts_with('\n') || rest.starts_with(':');
            text.match_indices(&line)
                .filter(|(at, _)| ends(&text[at + line.len()..]))
                .count()
        };
        assert_eq!(lines("transfer"), 1, "{number} in {text}");
        // Whoever asks again is given the first answer, be it an error.
        assert_eq!(lines("deposit"), 1, "{number} in {text}");
        let outcomes = match number {
            ..=6 => (1, 0),
            _ => (0, 1),
        };
        let told = (lines("booked"), lines("not_booked"));
        assert_eq!(told, outcomes, "{number} in {text}");
    }
    let line = "  alice   450   sent: 0 booked, 0 returned, 10 under way; received: 0\n";
    assert_eq!(times(line), 1, "{text}");
    let line = "  alice   790   sent: 6 booked, 4 returned, 0 under way; received: 0\n";
    assert_eq!(times(line), 1, "{text}");
    let line = "  bob    1210   sent: 0 booked, 0 returned, 0 under way; received: 6\n";
    assert!(text.ends_with(&format!("{line}  total  2000\n")), "{text}");
}
