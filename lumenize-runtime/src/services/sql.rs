//! SQL of the user's, on tables of the object's own.

use super::{Error, Services};
use crate::host::End;
use crate::object::Object;
use crate::store::sql::{Bound, Unbound, rows};
use crate::store::statement::Effect;
use serde::Serialize;
use serde::de::DeserializeOwned;

impl<D: Object> Services<D> {
    /// Runs one SQL statement and returns its rows.
    ///
    /// A row is read by serde: a struct or a map by the names of the columns, a tuple by their order,
    /// anything else in a row of one column; `Option` takes NULL. An integer is exact or an error. The
    /// parameters are a tuple, a slice or `()` for `?` and `?1`, or a struct or a map for `:name`.
    ///
    /// It reads through `&self`. What writes (`INSERT … RETURNING`) needs a handler that takes
    /// `&mut self`; if it fails, or a row can't be read, none of what it wrote stays.
    ///
    /// ```
    /// # use lumenize_runtime::services::{Error, Services};
    /// # fn of<D: lumenize_runtime::object::Object>(svc: &Services<D>) -> Result<(), Error> {
    /// let names: Vec<String> = svc.query("SELECT name FROM users WHERE age >= ?", (18,))?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::Statement`], [`Error::Bind`], [`Error::ReadOnly`] and [`Error::NoTurn`] before it runs;
    /// [`Error::Row`] and [`Error::Storage`] when it does.
    pub fn query<R: DeserializeOwned>(
        &self,
        sql: &str,
        params: impl Serialize,
    ) -> Result<Vec<R>, Error> {
        let bound = self.bound(sql, &params)?;
        let store = self.shared.reading()?;
        let run = || Ok(rows(&store.run(&bound)?)?);
        if bound.effect.is_none() {
            return run();
        }
        let mut read = Ok(Vec::new());
        self.shared.storage.transaction(&mut || {
            read = run();
            match read {
                Ok(_) => End::Commit,
                Err(_) => End::Rollback,
            }
        })?;
        read
    }

    /// Runs one SQL statement and returns how many rows it inserted, updated or deleted: those of the
    /// statement itself, without what triggers and foreign keys changed. Parameters are as for
    /// [`query`](Self::query).
    ///
    /// ```
    /// # use lumenize_runtime::services::{Error, Services};
    /// # fn of<D: lumenize_runtime::object::Object>(svc: &mut Services<D>) -> Result<(), Error> {
    /// svc.execute("INSERT INTO users (name, age) VALUES (?, ?)", ("Ada", 36))?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`query`](Self::query), but for [`Error::Row`].
    pub fn execute(&mut self, sql: &str, params: impl Serialize) -> Result<u64, Error> {
        let bound = self.bound(sql, &params)?;
        let store = self.shared.reading()?;
        let answer = store.run(&bound)?;
        match bound.effect {
            Effect::ChangesRows => Ok(store.changes(&bound, &answer)?),
            Effect::Reads | Effect::Explains | Effect::ChangesTables => Ok(0),
        }
    }

    /// The statement with its values, if the running handler may run it.
    fn bound(&self, sql: &str, params: &impl Serialize) -> Result<Bound, Error> {
        self.shared.reading()?;
        let bound = Bound::new(sql, params).map_err(|unbound| match unbound {
            Unbound::Statement(error) => Error::Statement(error),
            Unbound::Values(error) => Error::Bind(error),
        })?;
        if !bound.effect.is_none() {
            self.shared.writing_state()?;
        }
        Ok(bound)
    }
}
