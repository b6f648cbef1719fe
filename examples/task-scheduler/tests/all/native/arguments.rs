//! The arguments of the program, and why it doesn't start.

use crate::server::Server;
use std::process::Command;

/// The exit code and what was printed, on standard output and on standard error.
fn run(arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_task-scheduler"))
        .args(arguments)
        .output()
        .unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (
        output.status.code(),
        text(output.stdout),
        text(output.stderr),
    )
}

#[test]
fn mistaken_arguments_are_told_with_the_usage() {
    for (arguments, reason) in [
        (&["--fast"][..], "--fast"),
        (&["a.toml", "b.toml"], "b.toml"),
        (&["serve"], "needs `--data DIR`"),
        (&["serve", "--data"], "--data"),
        (&["serve", "--data", "d", "--listen", "8080"], "8080"),
        (&["serve", "--data", "d", "--grace-ms", "soon"], "soon"),
        (&["serve", "--data", "d", "--fast"], "--fast"),
    ] {
        let (code, _, told) = run(arguments);
        assert_eq!(code, Some(2), "{arguments:?}");
        assert!(told.contains(reason) && told.contains("usage:"), "{told}");
    }
    for arguments in [&["--help"][..], &["-h"], &["serve", "--help"]] {
        let (code, told, _) = run(arguments);
        assert_eq!(code, Some(0));
        assert!(told.starts_with("usage:"), "{told}");
    }
}

#[test]
fn a_directory_and_a_port_that_are_in_use_are_told() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::program(data.path());
    let directory = data.path().to_str().unwrap();
    let (code, _, told) = run(&["serve", "--data", directory, "--listen", "127.0.0.1:0"]);
    assert_eq!(code, Some(1));
    assert!(told.contains("in use by another host"), "{told}");

    let other = tempfile::tempdir().unwrap();
    let directory = other.path().to_str().unwrap();
    let (code, _, told) = run(&["serve", "--data", directory, "--listen", server.address()]);
    assert_eq!(code, Some(1));
    assert!(told.contains(server.address()), "{told}");
}
