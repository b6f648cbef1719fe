//! What is timed of calls: one object calls another, and when it hears of the result it calls again.

use lumenize::prelude::*;

/// The object, on both sides.
pub struct Pair {
    svc: Services<Self>,
}

#[durable_object]
impl Pair {
    /// Makes the tables of what was told and what was heard.
    pub fn new(mut svc: Services<Self>) -> Result<Self> {
        for table in ["told", "heard"] {
            svc.execute(
                &format!("CREATE TABLE IF NOT EXISTS {table} (number INTEGER NOT NULL)"),
                (),
            )?;
        }
        Ok(Self { svc })
    }

    /// Calls the other one, and again for each number down to 1.
    pub fn chain(&mut self, number: u32) -> Result<()> {
        let callee = format!("{}-callee", self.svc.name());
        self.svc
            .call(callee, Pair::c().tell(number))
            .on_success(|_| Self::c().heard(number))
            .send()?;
        Ok(())
    }

    /// Keeps a number.
    pub fn tell(&mut self, number: u32) -> Result<()> {
        self.svc
            .execute("INSERT INTO told (number) VALUES (?)", (number,))?;
        Ok(())
    }

    fn heard(&mut self, number: u32) -> Result<()> {
        self.svc
            .execute("INSERT INTO heard (number) VALUES (?)", (number,))?;
        match number {
            0 | 1 => Ok(()),
            more => self.chain(more - 1),
        }
    }

    /// How many were heard: no row is removed, so this reads but one.
    pub fn last(&self) -> Result<u32> {
        let sql = "SELECT coalesce(max(rowid), 0) FROM heard";
        Ok(self.svc.query(sql, ())?.pop().unwrap_or_default())
    }
}
