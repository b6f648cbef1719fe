//! The program, serving.

use super::{Listens, Server, listen};
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

impl Server {
    /// The program, serving this directory on a port that is free.
    pub(crate) fn program(data: &Path) -> Self {
        Self::program_with(data, &[])
    }

    pub(crate) fn program_with(data: &Path, more: &[&str]) -> Self {
        let mut child = spawn(data, more);
        let heard = listen(child.stdout.take().unwrap(), 1);
        Self::new(child, heard, data, Duration::from_secs(30))
    }

    /// What it prints is read up to the line that says where it listens, and no further.
    pub(crate) fn unread(data: &Path, more: &[&str]) -> (Self, BufReader<ChildStdout>) {
        let mut child = spawn(data, more);
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut listens = Listens::default();
        let mut lines = output.by_ref().lines().map_while(Result::ok);
        assert!(lines.any(|line| listens.hear(&line)));
        let data = data.to_owned();
        let server = Self {
            child,
            listens,
            data,
        };
        (server, output)
    }
}

pub(super) fn spawn(data: &Path, more: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_task-scheduler"))
        .args(["serve", "--listen", "127.0.0.1:0", "--data"])
        .arg(data)
        .args(more)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// The address, if the line says it.
pub(super) fn address(line: &str) -> Option<&str> {
    line.strip_prefix("listening on http://")
}
