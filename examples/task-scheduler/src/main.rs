//! Runs the tasks of a file on the embedded host: `cargo run -p task-scheduler [-- FILE]`.

mod demo;
mod plan;

use std::path::PathBuf;
use std::process::ExitCode;

fn main() -> ExitCode {
    match demo::run(std::env::args_os().nth(1).map(PathBuf::from)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("task-scheduler: {error}");
            ExitCode::FAILURE
        }
    }
}
