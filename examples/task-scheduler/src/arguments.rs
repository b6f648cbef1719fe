//! The arguments of the program.

use lexopt::prelude::*;
use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

pub(crate) const USAGE: &str = "\
usage: task-scheduler [FILE]
         runs the tasks of the file (by default, those of the example), and ends
       task-scheduler serve --data DIR [--listen ADDRESS:PORT] [--grace-ms MS]
         serves the objects of a directory over HTTP until it gets SIGTERM or Ctrl-C
           --data      where the objects are; made if need be
           --listen    by default 127.0.0.1:8080; port 0 is any that is free.
                       Whoever reaches it may ask anything: there are no accounts
           --grace-ms  how long requests, and then handlers, may take to end; by default 10000
";

pub(crate) enum Command {
    Help,
    Demo(Option<PathBuf>),
    Serve(Options),
}

/// How to serve.
pub(crate) struct Options {
    pub(crate) data: PathBuf,
    pub(crate) listen: SocketAddr,
    pub(crate) grace: Duration,
}

pub(crate) fn read(arguments: impl Iterator<Item = OsString>) -> Result<Command, lexopt::Error> {
    let mut parser = lexopt::Parser::from_args(arguments);
    match parser.next()? {
        None => Ok(Command::Demo(None)),
        Some(Short('h') | Long("help")) => Ok(Command::Help),
        Some(Value(word)) if word == "serve" => serve(parser),
        Some(Value(file)) => match parser.next()? {
            None => Ok(Command::Demo(Some(file.into()))),
            Some(more) => Err(more.unexpected()),
        },
        Some(option) => Err(option.unexpected()),
    }
}

fn serve(mut parser: lexopt::Parser) -> Result<Command, lexopt::Error> {
    let mut data = None;
    let mut listen = SocketAddr::from(([127, 0, 0, 1], 8080));
    let mut grace = Duration::from_secs(10);
    while let Some(argument) = parser.next()? {
        match argument {
            Long("data") => data = Some(parser.value()?.into()),
            Long("listen") => listen = parser.value()?.parse()?,
            Long("grace-ms") => grace = Duration::from_millis(parser.value()?.parse()?),
            Short('h') | Long("help") => return Ok(Command::Help),
            other => return Err(other.unexpected()),
        }
    }
    let data = data.ok_or("`serve` needs `--data DIR`, where the objects are")?;
    Ok(Command::Serve(Options {
        data,
        listen,
        grace,
    }))
}
