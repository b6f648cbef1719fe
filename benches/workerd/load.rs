//! What is timed: schedules that write down that they rang, and an answer from memory.

use lumenize::prelude::*;

/// The object.
pub struct Load {
    svc: Services<Self>,
    count: u32,
}

#[durable_object]
impl Load {
    /// Makes the table of what rang.
    pub fn new(mut svc: Services<Self>) -> Result<Self> {
        svc.execute(
            "CREATE TABLE IF NOT EXISTS rung (number INTEGER NOT NULL)",
            (),
        )?;
        Ok(Self { svc, count: 7 })
    }

    /// Reads nothing.
    pub fn get(&self) -> u32 {
        self.count
    }

    /// Schedules these numbers at this time (Unix milliseconds).
    pub fn insert(&mut self, first: u32, end: u32, due: i64) -> Result<()> {
        let date = DateTime::from_timestamp_millis(due).ok_or("out of range")?;
        for number in first..end {
            self.svc.alarms.schedule(date, Self::c().ring(number))?;
        }
        Ok(())
    }

    /// How many rang: no row is removed, so this reads but one.
    pub fn last(&self) -> Result<u32> {
        let sql = "SELECT coalesce(max(rowid), 0) FROM rung";
        Ok(self.svc.query(sql, ())?.pop().unwrap_or_default())
    }

    /// How many rang, and how many different ones.
    pub fn rung(&self) -> Result<(u32, u32)> {
        let sql = "SELECT count(*), count(DISTINCT number) FROM rung";
        Ok(self.svc.query(sql, ())?.pop().unwrap_or_default())
    }

    fn ring(&mut self, number: u32) -> Result<()> {
        self.svc
            .execute("INSERT INTO rung (number) VALUES (?)", (number,))?;
        Ok(())
    }
}
