//! The program of the example: it runs the tasks of a file and ends, or serves objects over HTTP.

mod arguments;
mod demo;
mod plan;
mod serve;

use arguments::Command;
use std::process::ExitCode;

fn main() -> ExitCode {
    let outcome = match arguments::read(std::env::args_os().skip(1)) {
        Ok(Command::Help) => {
            print!("{}", arguments::USAGE);
            Ok(())
        }
        Ok(Command::Demo(file)) => demo::run(file),
        Ok(Command::Serve(options)) => serve::run(&options),
        Err(error) => {
            eprint!("task-scheduler: {error}\n\n{}", arguments::USAGE);
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("task-scheduler: {error}");
            ExitCode::FAILURE
        }
    }
}
