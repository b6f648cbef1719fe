//! The file.

use super::LockError;
use super::class::Class;
use super::parse::{Refused, parse};
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

/// Reads the classes of a lock; nothing if there is no such file.
pub(super) fn read(path: &Path) -> Result<Option<(String, Vec<Class>)>, LockError> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(source) => {
            let path = path.to_owned();
            return Err(LockError::Read { path, source });
        }
    };
    match parse(&text) {
        Ok(classes) => Ok(Some((text, classes))),
        Err(Refused::Line(line, reason)) => Err(LockError::Damaged {
            path: path.to_owned(),
            line,
            reason,
        }),
        Err(Refused::Version(version)) => Err(LockError::Version {
            path: path.to_owned(),
            version,
        }),
    }
}

/// Writes the file whole or not at all.
pub(super) fn write(path: &Path, text: &str) -> Result<(), LockError> {
    // Tests of one process and of others may write at once.
    let unique = uuid::Uuid::new_v4().simple().to_string();
    let aside = path.with_extension(format!("lock.{unique}"));
    let written = fs::write(&aside, text).and_then(|()| fs::rename(&aside, path));
    written.map_err(|source| {
        // It may not be there.
        let _ = fs::remove_file(&aside);
        LockError::Write {
            path: path.to_owned(),
            source,
        }
    })
}
