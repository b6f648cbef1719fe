//! Where things are in the directory, whose it is, and that they are still there after a power failure.

use crate::host::SqlError;
use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use uuid::Uuid;

/// The file of an object: its class, a readable part of its name, and a UUID version 5 (RFC 9562)
/// of both in full, so that names differ in case and length as they like on any file system.
pub(super) fn database(directory: &Path, class: &str, name: &str) -> PathBuf {
    let readable: String = name
        .chars()
        .map(|c| match c {
            'a'..='z' | '0'..='9' => c,
            'A'..='Z' => c.to_ascii_lowercase(),
            _ => '-',
        })
        .take(40)
        .collect();
    let id = Uuid::new_v5(
        &Uuid::NAMESPACE_URL,
        format!("lumenize:{class}/{name}").as_bytes(),
    );
    directory
        .join(class)
        .join(format!("{readable}-{}.sqlite", id.simple()))
}

/// Whether there is such a file. That it can't be told is an error: a file that can't be reached
/// is not one that does not exist.
pub(super) fn exists(path: &Path) -> Result<bool, SqlError> {
    path.try_exists().map_err(|error| trouble(path, &error))
}

/// Removes a database, whose last connection was closed, and what may lie beside it.
pub(super) fn remove(path: &Path) -> Result<(), SqlError> {
    // The database first: beside an empty one SQLite deletes a log, beside a full one it reads it.
    for suffix in ["", "-wal", "-shm"] {
        let mut file = path.as_os_str().to_owned();
        file.push(suffix);
        match std::fs::remove_file(&file) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(trouble(Path::new(&file), &error));
            }
            _ => {}
        }
    }
    Ok(())
}

/// Makes a directory and those above it, each there to stay.
///
/// SQLite syncs the directory in which it makes a log, and so the database beside it, but none
/// above (`UNIXFILE_DIRSYNC` in its `os_unix.c`).
pub(super) fn make_directory(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    let parent = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    make_directory(parent)?;
    match std::fs::create_dir(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists || !path.is_dir() => Err(error),
        _ => sync_directory(parent),
    }
}

/// The lock that makes a directory one host's. The operating system takes it from a process that ends.
pub(super) struct Claim(File);

impl Claim {
    /// `None` if another host has it.
    pub(super) fn take(path: &Path) -> io::Result<Option<Self>> {
        let file = File::create(path)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self(file))),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        // Closing the file is not enough: a child that another thread has just forked has it open
        // until it executes its program, and with it the lock.
        let _ = self.0.unlock();
    }
}

/// Puts on disk which files are in a directory.
#[cfg(unix)]
pub(super) fn sync_directory(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

/// A directory can't be opened to be synced here.
#[cfg(not(unix))]
pub(super) fn sync_directory(_path: &Path) -> io::Result<()> {
    Ok(())
}

pub(super) fn trouble(path: &Path, error: &io::Error) -> SqlError {
    SqlError::disk(format!("{}: {error}", path.display()))
}
