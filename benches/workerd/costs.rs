//! What is counted: each operation once, with handlers that write nothing by themselves.

use lumenize::prelude::*;

/// The object.
pub struct Costs {
    svc: Services<Self>,
    rang: u32,
    last: Option<ScheduleId>,
}

#[durable_object]
impl Costs {
    /// Reads nothing.
    pub fn new(svc: Services<Self>) -> Self {
        Self {
            svc,
            rang: 0,
            last: None,
        }
    }

    /// How many rang since the object was built.
    pub fn rang(&self) -> u32 {
        self.rang
    }

    /// Keeps a value.
    pub fn put(&mut self) -> Result<()> {
        Ok(self.svc.put("value", &7_u32)?)
    }

    /// Adds one for later.
    pub fn schedule(&mut self) -> Result<()> {
        let hour = Duration::from_secs(3_600);
        self.last = Some(self.svc.alarms.schedule(hour, Self::c().ring())?.id);
        Ok(())
    }

    /// Removes the last one.
    pub fn cancel(&mut self) -> Result<()> {
        match self.last.take() {
            Some(id) if self.svc.alarms.cancel(id)? => Ok(()),
            _ => Err("there is none")?,
        }
    }

    /// Adds one under a name, in so many hours.
    pub fn name(&mut self, hours: u32) -> Result<()> {
        let delay = Duration::from_secs(3_600 * u64::from(hours));
        self.svc
            .alarms
            .named("nightly")
            .schedule(delay, Self::c().ring())?;
        Ok(())
    }

    /// Adds one that rings soon.
    pub fn fire(&mut self) -> Result<()> {
        self.svc.alarms.schedule(SOON, Self::c().ring())?;
        Ok(())
    }

    /// Adds one that recurs each second.
    pub fn every(&mut self) -> Result<()> {
        let second = Every(Duration::from_secs(1));
        self.last = Some(self.svc.alarms.schedule(second, Self::c().ring())?.id);
        Ok(())
    }

    /// Adds one that rings soon and fails, and is tried so often.
    pub fn fail(&mut self, attempts: u32) -> Result<()> {
        let policy = RetryPolicy::default()
            .attempts(attempts)
            .initial_delay(Duration::from_secs(3_600))
            .jitter(false);
        self.svc
            .alarms
            .retry(policy)
            .schedule(SOON, Self::c().refuse())?;
        Ok(())
    }

    /// Calls another object, and hears of the result.
    pub fn call(&mut self) -> Result<()> {
        let callee = format!("{}-callee", self.svc.name());
        self.svc
            .call(callee, Costs::c().take())
            .on_success(|_| Self::c().ring())
            .send()?;
        Ok(())
    }

    /// The same for what only reads.
    pub fn ask(&mut self) -> Result<()> {
        let callee = format!("{}-callee", self.svc.name());
        self.svc
            .call(callee, Costs::c().rang())
            .on_success(|_| Self::c().ring())
            .send()?;
        Ok(())
    }

    /// Fetches from a port of this machine, and hears of the response.
    pub fn fetch(&mut self, port: u32, path: &str) -> Result<()> {
        self.svc
            .proxy_fetch(format!("http://127.0.0.1:{port}/{path}"))
            .retry_delay(Duration::ZERO)
            .on_success(|_| Self::c().ring())
            .send()?;
        Ok(())
    }

    /// What is called.
    pub fn take(&mut self) {}

    fn ring(&mut self) {
        self.rang += 1;
    }

    fn refuse(&mut self) -> Result<()> {
        Err("it always fails")?
    }
}

/// Long enough for the answer to be there before.
const SOON: Duration = Duration::from_millis(300);
