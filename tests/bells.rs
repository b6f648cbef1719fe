//! An object that notes when its handlers run, by the clock of the machine.

use lumenize::Result;
use lumenize::prelude::*;

/// A handler that ran.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Ring {
    /// Which one it was.
    pub number: u32,
    /// When it was due, in Unix milliseconds, as all that follow.
    pub due: i64,
    /// When it began.
    pub began: i64,
    /// When it ended.
    pub ended: i64,
    /// When the object in memory was made.
    pub made: i64,
    /// What the object takes for its name.
    pub name: String,
}

/// What a bell is asked.
#[derive(Debug, Serialize, Deserialize)]
pub enum BellAsk {
    /// To ring for each of these dates, each with this number and the next ones, and to be busy each
    /// time for so many milliseconds.
    Set(u32, Vec<DateTime<Utc>>, u32),
    /// What rang.
    Rings,
}

/// The object.
pub struct Bell {
    svc: Services<Self>,
    made: i64,
}

#[durable_object]
impl Bell {
    /// Prepares its table.
    pub fn new(mut svc: Services<Self>) -> Result<Self> {
        svc.execute(
            "CREATE TABLE IF NOT EXISTS rings (place INTEGER PRIMARY KEY, number INTEGER, due INTEGER,
                began INTEGER, ended INTEGER, made INTEGER, name TEXT)",
            (),
        )?;
        Ok(Self { svc, made: clock() })
    }

    /// Schedules rings.
    pub fn set(&mut self, first: u32, dates: Vec<DateTime<Utc>>, busy_ms: u32) -> Result<()> {
        for (number, due) in (first..).zip(dates) {
            let steps = Self::c().ring(number, due.timestamp_millis(), busy_ms);
            self.svc.alarms.schedule(due, steps)?;
        }
        Ok(())
    }

    /// What rang, in the order in which it did.
    pub fn rings(&self) -> Result<Vec<Ring>> {
        let sql = "SELECT number, due, began, ended, made, name FROM rings ORDER BY place";
        Ok(self.svc.query(sql, ())?)
    }

    fn ring(&mut self, number: u32, due: i64, busy_ms: u32) -> Result<()> {
        let began = clock();
        // The clock of a real Worker stands still while it computes; workerd's goes on.
        while clock() < began + i64::from(busy_ms) {
            std::hint::spin_loop();
        }
        let ring = Ring {
            number,
            due,
            began,
            ended: clock(),
            made: self.made,
            name: self.svc.name().to_owned(),
        };
        let sql = "INSERT INTO rings (number, due, began, ended, made, name)
            VALUES (:number, :due, :began, :ended, :made, :name)";
        self.svc.execute(sql, ring)?;
        Ok(())
    }
}

/// The time, in Unix milliseconds.
fn clock() -> i64 {
    #[cfg(target_family = "wasm")]
    let now = js_sys::Date::now() as i64;
    #[cfg(not(target_family = "wasm"))]
    let now = DateTime::<Utc>::from(std::time::SystemTime::now()).timestamp_millis();
    now
}
