//! What a working thread does: it takes an object that has something to do, loads it if need be,
//! lets it hear its alarm and its mail, and gives it back.

use super::clock::now;
use super::files;
use super::mail::{Came, Message, deliver, wake};
use super::options::Durability;
use super::pool::{Pool, wait};
use super::posts::Posts;
use super::slots::{After, Job, Key, Loaded, Place};
use crate::engine::{Start, Turns};
use crate::host::sqlite::Sqlite;
use crate::host::{Identity, SqlError, Storage};
use crate::sync::lock;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// An object that is to be used.
enum Found {
    /// It was in memory.
    There(Loaded),
    /// It was opened, and overdue work has run.
    Opened(Loaded, Came),
    /// It does not exist, and nothing is asked that would make it.
    Nothing,
}

impl Pool {
    pub(super) fn serve(&self) {
        while let Some(job) = self.next_job() {
            let key = job.key.clone();
            let mut posts = Posts::default();
            // What the user's code throws is caught around it. This is for what else there may be:
            // the object is dropped, and its callers learn that nothing is known.
            let after = catch_unwind(AssertUnwindSafe(|| self.run(job, &mut posts)));
            // Before another thread may have the object: what that cancels was handed over, then.
            self.hand_over(&key, posts.take_outside());
            let now = now();
            let mut state = lock(&self.state);
            let again = state.finish(&key, after.unwrap_or(After::Lost), now);
            // What is overdue rings here: the clock's thread would be late. One is for this thread.
            let needed = usize::from(again) + state.ring(now) + posts.post(&mut state, now);
            for _ in 1..needed {
                self.work.notify_one();
            }
            let is_late = state.clock_is_late();
            drop(state);
            if is_late {
                self.clock.notify_one();
            }
            if self.places.load(Ordering::Relaxed) > self.options.max_loaded {
                self.keeper.notify_one();
            }
        }
    }

    fn next_job(&self) -> Option<Job> {
        let mut state = lock(&self.state);
        loop {
            if let Some(job) = state.next_job() {
                return Some(job);
            }
            if state.stopping {
                return None;
            }
            state = wait(&self.work, state);
        }
    }

    /// Lets an object hear its alarm, then its mail. What it sends goes into `posts`.
    fn run(&self, mut job: Job, posts: &mut Posts) -> After {
        let key = &job.key.clone();
        let mut rung = Came::default();
        let mut loaded = match self.find(&mut job) {
            Ok(Found::Opened(loaded, came)) => {
                rung = came;
                loaded
            }
            Ok(Found::There(mut loaded)) => {
                if let Some(at) = job.rung {
                    // The clock may have been set back since the alarm was set.
                    rung = wake(loaded.engine.as_mut(), at.min(now()));
                }
                loaded
            }
            Ok(Found::Nothing) => {
                self.read_nothing(key, job.mail, posts);
                return After::Nothing;
            }
            Err(error) => {
                posts.refuse(job.mail, &error);
                return After::Lost;
            }
        };
        let mut destroyed = rung.destroyed;
        self.gather(key, rung, posts);
        if let Some(came) = deliver(loaded.engine.as_mut(), job.mail) {
            destroyed = came.destroyed;
            self.gather(key, came, posts);
        }
        if destroyed {
            self.forget(key, loaded);
            return After::Destroyed;
        }
        After::Loaded(loaded)
    }

    /// Removes the file of an object that was destroyed, in which there is nothing any more. If that
    /// fails, or the process ends before, an empty object is left, as good as none.
    fn forget(&self, key: &Key, loaded: Loaded) {
        // The last connection takes SQLite's log with it.
        drop(loaded);
        let (class, name) = key;
        let path = files::database(&self.directory, class, name);
        let removed = files::remove(&path).and_then(|()| self.index(|index| index.forget(key)));
        if let Err(error) = removed {
            tracing::warn!(class, %name, %error, "the file of a destroyed object is left, empty");
        }
    }

    fn find(&self, job: &mut Job) -> Result<Found, SqlError> {
        if let Some(loaded) = job.loaded.take() {
            return Ok(Found::There(loaded));
        }
        let (class, name) = &job.key;
        let path = files::database(&self.directory, class, name);
        let exists = files::exists(&path)?;
        if !exists && self.only_reads(&job.key, &job.mail) {
            return Ok(Found::Nothing);
        }
        let mut loaded = self.load(&job.key, &path, exists, job.unclean)?;
        // Its alarm is known to its database alone: overdue work runs, and the alarm is set.
        let came = match exists {
            true => wake(loaded.engine.as_mut(), now()),
            false => Came::default(),
        };
        Ok(Found::Opened(loaded, came))
    }

    fn only_reads(&self, key: &Key, mail: &[Message]) -> bool {
        mail.iter().all(|message| match message {
            Message::Inspect { .. } => true,
            // One that comes again is marked before it runs.
            Message::Run {
                call: Some(call), ..
            } if call.attempt > 1 => false,
            Message::Run { program, .. } => self
                .classes
                .get(key.0)
                .is_some_and(|class| (class.only_reads)(program)),
            // An object that is not there waits for nothing.
            Message::Outcome(_) | Message::Acknowledged(_) | Message::Fetched(_) => true,
        })
    }

    /// Answers those who read an object that does not exist: it is made in memory, for once.
    fn read_nothing(&self, key: &Key, mail: Vec<Message>, posts: &mut Posts) {
        if mail.is_empty() {
            return;
        }
        let engine = Sqlite::in_memory()
            .and_then(|database| self.engine(key, Arc::new(database), Start::Clean));
        match engine {
            Ok(mut engine) => {
                if let Some(came) = deliver(engine.as_mut(), mail) {
                    self.gather(key, came, posts);
                }
            }
            Err(error) => posts.refuse(mail, &error),
        }
    }

    /// Opens an object, after it was marked as loaded.
    fn load(
        &self,
        key: &Key,
        path: &Path,
        exists: bool,
        unclean: bool,
    ) -> Result<Loaded, SqlError> {
        let (place, taken) = Place::take(&self.places);
        let excess = taken.saturating_sub(self.options.max_loaded);
        let leaving = match excess {
            0 => Vec::new(),
            _ => lock(&self.state).take_resting(1, self.options.idle_after, 1),
        };
        let unclean = self.part(leaving, Some(key))? || unclean;
        if !exists {
            self.make_directory(key)?;
        }
        let database = Arc::new(Sqlite::open(path)?);
        if self.options.durability == Durability::Normal {
            database.sync_less()?;
        }
        self.opened.fetch_add(1, Ordering::Relaxed);
        let start = match unclean {
            true => Start::Unclean,
            false => Start::Clean,
        };
        let mut engine = self.engine(key, Arc::clone(&database), start)?;
        if lock(&self.state).knows_parked.remove(key) {
            engine.pass_over_parked();
        }
        Ok(Loaded {
            engine,
            database,
            unclean,
            _place: place,
        })
    }

    fn engine(
        &self,
        key: &Key,
        database: Arc<Sqlite>,
        start: Start,
    ) -> Result<Box<dyn Turns + Send>, SqlError> {
        let (class, name) = key;
        let known = self
            .classes
            .get(class)
            .ok_or_else(|| SqlError::statement(format!("the type `{class}` is not registered")))?;
        let identity = Identity {
            class,
            name: name.to_string(),
        };
        Ok((known.engine)(
            database as Arc<dyn Storage>,
            identity,
            start,
        ))
    }

    /// The directory of a type, there to stay.
    fn make_directory(&self, (class, _): &Key) -> Result<(), SqlError> {
        let path = self.directory.join(class);
        let make = || {
            files::make_directory(&path)?;
            // It may be there and not be on disk yet: the process that made it may have been killed
            // in between.
            match self.classes.get(class) {
                Some(known) if !known.on_disk.swap(true, Ordering::Relaxed) => {
                    files::sync_directory(&self.directory)
                }
                _ => Ok(()),
            }
        };
        make().map_err(|error| files::trouble(&path, &error))
    }
}
