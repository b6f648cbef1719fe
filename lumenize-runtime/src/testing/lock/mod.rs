//! The lock file: a text, kept beside the code, of the handlers of objects and of the shapes of what they are
//! given. A test holds the code against it, so that no change of what stored work refers to goes unseen.
//!
//! - `probe`: what a type asks for when it is read; `learn`: with what is stored of it, what it is; `types`:
//!   as it is locked;
//! - `class`: an object's handlers;
//! - `text` and `parse`: the file's text, and back; `file`: the file;
//! - `carry`: what one run can't find out, and another could;
//! - `classes`, with `compare`: what has changed; `plan`: what that means.

mod carry;
mod class;
mod classes;
mod compare;
mod file;
mod learn;
mod parse;
mod plan;
mod probe;
mod text;
mod types;

pub use plan::{Change, Impact, Plan};

use crate::object::Object;
use class::Class;
use std::path::{Path, PathBuf};

/// The variable of the environment that lets a lock file be written: `UPDATE=1`.
const UPDATE: &str = "UPDATE";
/// The variable by which automatic builds are known: nothing is written there.
const CI: &str = "CI";

/// The lock file of some objects: a text of their handlers and of the shapes of the arguments, which is
/// committed with the code and reviewed when it changes. [`assert_lock!`](crate::testing::assert_lock) makes a test
/// of it; this is what it does, step by step.
///
/// A file has the objects that one test names, and no others.
#[derive(Debug)]
#[must_use = "a lock does nothing until it is checked"]
pub struct Lock {
    path: PathBuf,
    classes: Vec<Class>,
}

/// Why code and lock file don't agree.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LockError {
    /// The code has changed, and the file has not.
    #[error(
        "{path} is not what the code is:\n\n{plan}\nOnce this is as you want it, run the test with {UPDATE}=1, look at the \
         file's differences, and commit it.",
        path = .path.display()
    )]
    Differs {
        /// The file.
        path: PathBuf,
        /// What differs, and what that means.
        plan: Plan,
    },
    /// There is no such file yet.
    #[error("there is no {path}: run the test with {UPDATE}=1 to write it, and commit it", path = .path.display())]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// It is to be written, by an automatic build.
    #[error(
        "{path} is not written where {CI} is set: write it where it can be looked at, and commit it",
        path = .path.display()
    )]
    Ci {
        /// The file.
        path: PathBuf,
    },
    /// It can't be understood.
    #[error(
        "{path}:{line}: {reason}; take the file of the last release from the history of the code, or delete it and \
         run the test with {UPDATE}=1",
        path = .path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// What is wrong.
        reason: String,
    },
    /// It is of another version of the format.
    #[error(
        "{path} is of version {version} of the format, and this release of lumenize knows version {known}: use \
         the release that wrote it, or a later one",
        path = .path.display(), known = text::VERSION
    )]
    Version {
        /// The file.
        path: PathBuf,
        /// The version that it is of.
        version: String,
    },
    /// Two objects have one name, by which the file tells them apart.
    #[error(
        "two objects are called `{class}`: give each a file of its own, as in `assert_lock!(\"other.lock\": {class})`"
    )]
    Twice {
        /// The name.
        class: String,
    },
    /// It can't be read.
    #[error("{path} can't be read: {source}", path = .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It can't be written.
    #[error("{path} can't be written: {source}", path = .path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

impl Lock {
    /// The lock in this file, of no objects yet.
    pub fn at(path: impl AsRef<Path>) -> Self {
        Self {
            path: path.as_ref().to_owned(),
            classes: Vec::new(),
        }
    }

    /// With this object.
    pub fn object<D: Object>(mut self) -> Self {
        let class = Class::of::<D>();
        let place = self
            .classes
            .partition_point(|other| other.name < class.name);
        self.classes.insert(place, class);
        self
    }

    /// The text that the file should have.
    ///
    /// # Errors
    ///
    /// If two objects have one name.
    pub fn text(&self) -> Result<String, LockError> {
        self.is_sound()?;
        Ok(text::of(&self.classes))
    }

    /// Holds the code against the file.
    ///
    /// # Errors
    ///
    /// [`LockError::Differs`] with all differences, if there are any; and if there is no such file, or it can't
    /// be read or understood.
    pub fn check(&self) -> Result<(), LockError> {
        self.is_sound()?;
        let Some((before, known)) = file::read(&self.path)? else {
            let path = self.path.clone();
            return Err(LockError::Missing { path });
        };
        let classes = self.completed(&known, false);
        // Line ends are those of the platform, maybe.
        if text::of(&classes).lines().eq(before.lines()) {
            return Ok(());
        }
        let mut changes = classes::differences(&known, &classes);
        if changes.is_empty() {
            changes.push(Change {
                impact: Impact::Safe,
                place: "the text".to_owned(),
                what: "what types are called, or the order of lines, has changed".to_owned(),
                then: String::new(),
            });
        }
        Err(LockError::Differs {
            path: self.path.clone(),
            plan: Plan::new(changes),
        })
    }

    /// Writes the file as the code is, unless it is so already: whole, or not at all. What can't be found out of
    /// a type stays as the file has it.
    ///
    /// # Errors
    ///
    /// If the file can't be read, understood or written.
    pub fn update(&self) -> Result<(), LockError> {
        self.is_sound()?;
        let (before, known) = file::read(&self.path)?.unwrap_or_default();
        let text = text::of(&self.completed(&known, true));
        match text == before {
            true => Ok(()),
            false => file::write(&self.path, &text),
        }
    }

    /// As [`update`](Self::update) if the environment has `UPDATE=1`, and else as [`check`](Self::check). Where
    /// it has `CI`, nothing is written.
    ///
    /// # Errors
    ///
    /// Theirs; and [`LockError::Ci`] where both are set and there is something to write.
    pub fn check_or_update(&self) -> Result<(), LockError> {
        let is_set =
            |name| std::env::var(name).is_ok_and(|value| !["", "0", "false"].contains(&&*value));
        match (is_set(UPDATE), is_set(CI)) {
            (false, _) => self.check(),
            (true, false) => self.update(),
            (true, true) => match self.check() {
                Err(LockError::Differs { .. } | LockError::Missing { .. }) => {
                    let path = self.path.clone();
                    Err(LockError::Ci { path })
                }
                checked => checked,
            },
        }
    }

    fn completed(&self, known: &[Class], is_written: bool) -> Vec<Class> {
        let mut classes = self.classes.clone();
        for class in &mut classes {
            if let Some(known) = known.iter().find(|known| known.name == class.name) {
                carry::complete(class, known, is_written);
            }
        }
        classes
    }

    fn is_sound(&self) -> Result<(), LockError> {
        let mut pairs = self.classes.windows(2);
        let twice = pairs.find_map(|pair| match pair {
            [class, next] if class.name == next.name => Some(class.name.clone()),
            _ => None,
        });
        twice.map_or(Ok(()), |class| Err(LockError::Twice { class }))
    }
}

/// Asserts that the lock file of these objects is what the code is: each change of a handler, or of what it is
/// given, is seen by who reviews the file, and what it means for stored work is told before it is released.
///
/// The file is `lumenize.lock` beside the crate's `Cargo.toml`, or the one that is named. It has the objects that are
/// named here, and no others, so there is one assertion for each file.
///
/// With `UPDATE=1` in the environment the file is written; where `CI` is set, never.
///
/// # Panics
///
/// With the differences, and what to do about each.
#[macro_export]
macro_rules! assert_lock {
    ($file:literal: $($object:ty),+ $(,)?) => {
        if let ::core::result::Result::Err(error) =
            $crate::testing::Lock::at(::core::concat!(::core::env!("CARGO_MANIFEST_DIR"), "/", $file))
                $(.object::<$object>())+
                .check_or_update()
        {
            ::core::panic!("{}", error);
        }
    };
    ($($object:ty),+ $(,)?) => {
        $crate::assert_lock!("lumenize.lock": $($object),+)
    };
}
