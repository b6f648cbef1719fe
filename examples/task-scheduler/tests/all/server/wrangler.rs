//! The Worker as `wrangler dev` serves it.

use std::ffi::OsStr;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// Builds the Worker as its Wrangler file says, and serves this directory on a port that is free. The
/// process begins a group of its own, to which those belong that it starts.
pub(super) fn spawn(wrangler: &OsStr, data: &Path) -> Child {
    Command::new(wrangler)
        .args([
            "dev",
            "--ip",
            "127.0.0.1",
            "--port",
            "0",
            "--inspector-port",
            "0",
        ])
        .arg("--persist-to")
        .arg(data)
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/worker"))
        .env("WRANGLER_SEND_METRICS", "false")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(super::console(data))
        .process_group(0)
        .spawn()
        .unwrap()
}

/// The address, if the line says it.
pub(super) fn address(line: &str) -> Option<&str> {
    Some(line.split_once("Ready on http://")?.1)
}
