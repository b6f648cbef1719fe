//! An object with programs of all shapes.

use lumenize::prelude::*;
use lumenize::{ContinuationOf, Output};

/// An object with programs of all shapes, which keeps its book in a table.
pub struct Ledger {
    svc: Services<Self>,
}

#[durable_object]
impl Ledger {
    pub fn new(mut svc: Services<Self>) -> Result<Self> {
        svc.execute(
            "CREATE TABLE IF NOT EXISTS book (line INTEGER PRIMARY KEY, text TEXT UNIQUE)",
            (),
        )?;
        Ok(Self { svc })
    }

    pub fn book(&self) -> Result<Vec<String>> {
        Ok(self.svc.query("SELECT text FROM book ORDER BY line", ())?)
    }

    #[handler(skip)]
    fn soon<R: Output>(&mut self, steps: impl ContinuationOf<'static, Self, R>) -> Result<()> {
        self.svc.alarms.schedule(Duration::from_secs(1), steps)?;
        Ok(())
    }

    pub fn chain(&mut self) -> Result<()> {
        self.soon(Self::c().note("a").note("b").note("c"))
    }

    pub fn pipe(&mut self) -> Result<()> {
        self.soon(Self::c().number(7).then(|n| Self::c().keep(n)))
    }

    pub fn pipe_in_a_pipe(&mut self) -> Result<()> {
        self.soon(Self::c().number(1).then(|one| {
            let both = Self::c().add(one, 10);
            both.then(move |eleven| Self::c().add(eleven, one))
        }))
    }

    pub fn nest(&mut self) -> Result<()> {
        let inner = Self::c().add(Self::c().number(1), Self::c().number(2));
        self.soon(Self::c().add(inner, 3))
    }

    pub fn reads(&mut self) -> Result<()> {
        self.soon(
            Self::c()
                .note("a")
                .lines()
                .then(|n| Self::c().keep(n))
                .lines(),
        )
    }

    pub fn mistakes(&mut self) -> Result<()> {
        self.soon(Self::c().note("a").note_unless_there("a").note("b"))
    }

    pub fn chain_that_is_retried(&mut self) -> Result<()> {
        self.soon(Self::c().note("a").fail_before(3).note("b"))
    }

    pub fn state(&mut self) -> Result<()> {
        self.svc.put("goes", &1_u32)?;
        self.soon(Self::c().change_state().note_state())?;
        self.soon(Self::c().change_state().note_state())
    }

    /// Under a name, so that it may be asked for twice.
    pub fn nightly(&mut self) -> Result<()> {
        let nightly = self.svc.alarms.named("nightly");
        nightly.schedule(cron!("@daily"), Self::c().note_time())?;
        Ok(())
    }

    fn note(&mut self, text: &str) -> Result<()> {
        self.svc
            .execute("INSERT INTO book (text) VALUES (?)", (text,))?;
        Ok(())
    }

    fn note_unless_there(&mut self, text: &str) -> Result<()> {
        match self
            .svc
            .execute("INSERT INTO book (text) VALUES (?)", (text,))
        {
            Ok(_) => Err("it was not there".into()),
            Err(_) => self.note("there"),
        }
    }

    fn note_time(&mut self) -> Result<()> {
        let day = self.svc.now().format("%F").to_string();
        self.note(&day)
    }

    fn number(&mut self, n: u32) -> Result<u32> {
        self.note(&format!("number {n}"))?;
        Ok(n)
    }

    fn add(&mut self, a: u32, b: u32) -> Result<u32> {
        self.note(&format!("{a} + {b}"))?;
        Ok(a + b)
    }

    fn keep(&mut self, n: u32) -> Result<()> {
        self.note(&format!("kept {n}"))
    }

    fn lines(&self) -> Result<u32> {
        let counts: Vec<u32> = self.svc.query("SELECT count(*) FROM book", ())?;
        Ok(counts.into_iter().sum())
    }

    fn fail_before(&mut self, attempt: u32) -> Result<()> {
        match self.svc.attempt() {
            now if now < attempt => Err(format!("attempt {now}").into()),
            now => self.note(&format!("attempt {now}")),
        }
    }

    fn change_state(&mut self) -> Result<()> {
        let comes: u32 = self.svc.get("comes")?.unwrap_or(0) + 1;
        self.svc.put("comes", &comes)?;
        self.svc.delete("goes")?;
        Ok(())
    }

    fn note_state(&mut self) -> Result<()> {
        let (goes, comes): (Option<u32>, Option<u32>) =
            (self.svc.get("goes")?, self.svc.get("comes")?);
        self.note(&format!("goes {goes:?}, comes {comes:?}"))
    }
}
