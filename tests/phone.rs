//! Objects that call each other: phones, which keep a log of what they hear, and accounts, between which
//! money moves.

use lumenize::prelude::*;
use lumenize::{CallFilter, PendingWork, Why};

/// What a phone is asked.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Ask {
    /// To log this and say it back.
    Echo(String),
    /// To fail with this code, after it has written something.
    Fail(String),
    /// To panic.
    Panic,
    /// To answer with so many bytes.
    Bytes(u32),
    /// To take so many milliseconds of real time.
    Sleep(u64),
    /// To end the process.
    Abort,
    /// To log who calls.
    Who,
    /// To call its caller back with this.
    CallBack(Box<Ask>),
    /// To pass it on to this phone, and so on.
    PassOn(Vec<String>, Box<Ask>),
    /// To end itself.
    Destroy,
    /// To call its caller for the same, until so many are left.
    PingPong(u32),
}

/// How a phone calls.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Manner {
    /// In so many milliseconds.
    pub timeout_ms: Option<u64>,
    /// Under this key.
    pub key: Option<String>,
    /// Without any handler of the outcome.
    pub forgets: bool,
    /// With a handler of the outcome that fails so many times.
    pub fails: u32,
    /// By reading only.
    pub reads: bool,
}

impl Manner {
    /// For `fails`: with a handler of the outcome that panics.
    pub const PANICS: u32 = u32::MAX;
}

/// An object that calls others of its kind.
pub struct Phone {
    svc: Services<Self>,
}

#[durable_object]
impl Phone {
    /// Prepares the log; fails while `broken` is stored.
    pub fn new(mut svc: Services<Self>) -> Result<Self> {
        if svc.get::<bool>("broken")?.is_some() {
            return Err("broken on purpose".into());
        }
        svc.execute(
            "CREATE TABLE IF NOT EXISTS log (place INTEGER PRIMARY KEY, line TEXT NOT NULL)",
            (),
        )?;
        Ok(Self { svc })
    }

    /// What was heard.
    pub fn log(&self) -> Result<Vec<String>> {
        Ok(self.svc.query("SELECT line FROM log ORDER BY place", ())?)
    }

    /// Calls another phone.
    pub fn ring(&mut self, to: String, ask: Ask) -> Result<CallId> {
        self.ring_like(to, ask, Manner::default())
    }

    /// Calls another phone in some manner.
    pub fn ring_like(&mut self, to: String, ask: Ask, manner: Manner) -> Result<CallId> {
        let about = format!("{ask:?}");
        let call = match manner.reads {
            true => self.svc.call(to.as_str(), Phone::c().peek(ask)),
            false => self.svc.call(to.as_str(), Phone::c().answer(ask)),
        };
        let call = match manner.timeout_ms {
            Some(ms) => call.timeout(Duration::from_millis(ms)),
            None => call,
        };
        let call = match manner.key {
            Some(key) => call.named(key),
            None => call,
        };
        if manner.forgets {
            return Ok(call.send()?);
        }
        let fails = manner.fails;
        let retry = RetryPolicy::default()
            .attempts(3)
            .initial_delay(Duration::from_millis(20))
            .jitter(false);
        let id = call
            .retry(retry)
            .on_success(|said| Self::c().heard(said, fails))
            .on_error(|error| Self::c().not_heard(error, about, fails))
            .send()?;
        Ok(id)
    }

    /// Calls so many times at once.
    pub fn ring_often(&mut self, to: String, times: u32) -> Result<()> {
        for number in 0..times {
            self.svc
                .call(
                    to.as_str(),
                    Phone::c().answer(Ask::Echo(number.to_string())),
                )
                .on_success(|said| Self::c().heard(said, 0))
                .send()?;
        }
        Ok(())
    }

    /// Calls and hangs up before it has begun.
    pub fn ring_and_hang_up(&mut self, to: String, ask: Ask) -> Result<bool> {
        let id = self.ring(to, ask)?;
        Ok(self.svc.calls.cancel(id)?)
    }

    /// Calls and fails.
    pub fn ring_and_fail(&mut self, to: String, ask: Ask) -> Result<()> {
        self.ring(to, ask)?;
        Err("after the call".into())
    }

    /// Two values of another phone, one within a call of the other.
    pub fn ring_nested(&mut self, to: String, one: String, other: String) -> Result<CallId> {
        let both = Phone::c().join(
            Phone::c().answer(Ask::Echo(one)),
            Phone::c().answer(Ask::Echo(other)),
        );
        let id = self
            .svc
            .call(to, both)
            .on_success(|said| Self::c().heard(said, 0))
            .send()?;
        Ok(id)
    }

    /// Calls an object of a type that no host of these tests knows.
    pub fn ring_a_stranger(&mut self) -> Result<CallId> {
        let id = self
            .svc
            .call("x", Stranger::c().hello())
            .on_error(|error| Self::c().not_heard(error, "stranger", 0))
            .send()?;
        Ok(id)
    }

    /// Calls a phone by its id.
    pub fn ring_by_id(&mut self, id: String, ask: Ask) -> Result<CallId> {
        let about = format!("{ask:?}");
        let id = self
            .svc
            .call(Instance::id(id), Phone::c().answer(ask))
            .on_success(|said| Self::c().heard(said, 0))
            .on_error(|error| Self::c().not_heard(error, about, 0))
            .send()?;
        Ok(id)
    }

    /// Calls for what is not `pub`.
    pub fn ring_private(&mut self, to: String) -> Result<CallId> {
        Ok(self.svc.call(to, Phone::c().heard("psst", 0)).send()?)
    }

    /// Ends a call.
    pub fn hang_up(&mut self, id: CallId) -> Result<bool> {
        Ok(self.svc.calls.cancel(id)?)
    }

    /// What is known of a call.
    pub fn call(&self, id: CallId) -> Result<Option<PendingWork>> {
        Ok(self.svc.calls.get(id)?)
    }

    /// The ids of all calls, in pages of this size, and how many schedules there are.
    pub fn calls(&self, page: u32) -> Result<(Vec<WorkId>, usize)> {
        let mut filter = CallFilter::default().limit(page as usize);
        let mut ids = Vec::new();
        loop {
            let found = self.svc.calls.list(filter.clone())?;
            ids.extend(found.items.iter().map(|call| call.id));
            match found.next {
                Some(next) => filter = filter.after(next),
                None => break,
            }
        }
        let alarms = self.svc.alarms.list(ScheduleFilter::default())?;
        Ok((ids, alarms.items.len()))
    }

    /// What is known of the call under a key.
    pub fn call_named(&self, key: String) -> Result<Option<PendingWork>> {
        Ok(self.svc.calls.get_named(&key)?)
    }

    /// Breaks the phone, or mends it: `new` fails meanwhile.
    pub fn break_it(&mut self) -> Result<()> {
        Ok(self.svc.put("broken", &true)?)
    }

    /// What others ask.
    pub fn answer(&mut self, ask: Ask) -> Result<String> {
        match ask {
            Ask::Echo(text) => {
                self.write(&format!("asked {text}"))?;
                Ok(text)
            }
            Ask::Fail(code) => {
                self.write("failing")?;
                Err(ErrorCode::new(code, "as it was told").into())
            }
            Ask::Panic => panic!("as it was told"),
            Ask::Bytes(bytes) => Ok("x".repeat(bytes as usize)),
            Ask::Sleep(ms) => {
                std::thread::sleep(Duration::from_millis(ms));
                self.write("slept")?;
                Ok("slept".to_owned())
            }
            Ask::Abort => std::process::abort(),
            Ask::Who => {
                let caller = format!("{:?}", self.svc.caller());
                self.write(&caller)?;
                Ok(caller)
            }
            Ask::CallBack(ask) => {
                if let Caller::Object { name, .. } = self.svc.caller() {
                    self.ring(name, *ask)?;
                }
                Ok("called back".to_owned())
            }
            Ask::PassOn(mut names, ask) => {
                match names.pop() {
                    Some(next) => self.ring(next, Ask::PassOn(names, ask))?,
                    None => return self.answer(*ask),
                };
                Ok("passed on".to_owned())
            }
            Ask::Destroy => {
                self.svc.destroy()?;
                Ok("destroyed".to_owned())
            }
            Ask::PingPong(left) => {
                if let (Caller::Object { name, .. }, 1..) = (self.svc.caller(), left) {
                    self.svc
                        .call(name, Phone::c().answer(Ask::PingPong(left - 1)))
                        .send()?;
                } else {
                    self.write("the last")?;
                }
                Ok(String::new())
            }
        }
    }

    /// The same for what writes nothing.
    pub fn peek(&self, ask: Ask) -> Result<String> {
        match ask {
            Ask::Echo(text) => Ok(text),
            Ask::Who => Ok(format!("{:?}", self.svc.caller())),
            other => Err(format!("{other:?} would write").into()),
        }
    }

    /// Two texts as one.
    pub fn join(&self, one: String, other: String) -> String {
        format!("{one} and {other}")
    }

    fn heard(&mut self, said: String, fails: u32) -> Result<()> {
        assert_ne!(fails, Manner::PANICS, "it does not want to live");
        if self.svc.attempt() <= fails {
            return Err("it does not want to hear".into());
        }
        let said = match said.len() {
            0..=100 => said,
            bytes => format!("{bytes} bytes"),
        };
        self.write(&format!("heard {said}"))
    }

    fn not_heard(&mut self, error: CallError, about: String, fails: u32) -> Result<()> {
        if self.svc.attempt() <= fails {
            return Err("it does not want to hear".into());
        }
        self.write(&format!("{about}: {error} ({:?})", error.outcome()))
    }

    #[on_failed]
    fn gave_up(&mut self, work: FailedWork) -> Result<()> {
        let handler = work.steps.first().map_or("nothing", |step| &step.handler);
        self.write(&format!("gave up {handler}"))
    }

    #[handler(skip)]
    fn write(&mut self, line: &str) -> Result<()> {
        self.svc
            .execute("INSERT INTO log (line) VALUES (?)", (line,))?;
        Ok(())
    }
}

/// An object that no host of these tests knows.
pub struct Stranger;

#[durable_object]
impl Stranger {
    /// Does nothing.
    pub fn new(_: Services<Self>) -> Self {
        Self
    }

    /// Does nothing.
    pub fn hello(&mut self) {}
}

/// Whether a call waits for this phone.
pub fn awaits(work: &PendingWork, phone: &str) -> bool {
    matches!(&work.why, Why::Awaiting { instance, .. } if instance == phone)
}

/// A transfer, as its sender knows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transfer {
    /// Its number.
    pub number: i64,
    /// How much it moves.
    pub amount: i64,
    /// What became of it.
    pub became: Option<String>,
    /// How often that was told.
    pub told: i64,
}

/// An account.
pub struct Account {
    svc: Services<Self>,
}

#[durable_object]
impl Account {
    /// Prepares its tables.
    pub fn new(mut svc: Services<Self>) -> Result<Self> {
        svc.execute(
            "CREATE TABLE IF NOT EXISTS transfers
                (number INTEGER PRIMARY KEY, amount INTEGER NOT NULL, became TEXT, told INTEGER NOT NULL)",
            (),
        )?;
        svc.execute(
            "CREATE TABLE IF NOT EXISTS received (number INTEGER NOT NULL, amount INTEGER NOT NULL)",
            (),
        )?;
        Ok(Self { svc })
    }

    /// Opens it with so much.
    pub fn open(&mut self, balance: i64) -> Result<()> {
        Ok(self.svc.put("balance", &balance)?)
    }

    /// How much there is.
    pub fn balance(&self) -> Result<i64> {
        Ok(self.svc.get("balance")?.unwrap_or(0))
    }

    /// Moves money to another account, once for each number.
    pub fn transfer(&mut self, number: i64, to: String, amount: i64) -> Result<()> {
        let known: Vec<i64> = self
            .svc
            .query("SELECT number FROM transfers WHERE number = ?", (number,))?;
        if !known.is_empty() {
            return Ok(());
        }
        let balance = self.balance()?;
        self.svc.put("balance", &(balance - amount))?;
        self.svc.execute(
            "INSERT INTO transfers (number, amount, told) VALUES (?, ?, 0)",
            (number, amount),
        )?;
        self.svc
            .call(to, Account::c().receive(number, amount))
            .timeout(Duration::from_secs(10 * 24 * 3_600))
            .on_success(|_| Self::c().booked(number))
            .on_error(|error| Self::c().refused(number, error))
            .send()?;
        Ok(())
    }

    /// Takes money in; refuses amounts that end in 7.
    pub fn receive(&mut self, number: i64, amount: i64) -> Result<()> {
        let balance = self.balance()?;
        self.svc.put("balance", &(balance + amount))?;
        self.svc
            .execute("INSERT INTO received VALUES (?, ?)", (number, amount))?;
        match amount % 10 {
            7 => Err("it ends in 7".into()),
            _ => Ok(()),
        }
    }

    fn booked(&mut self, number: i64) -> Result<()> {
        self.became(number, "booked")
    }

    fn refused(&mut self, number: i64, error: CallError) -> Result<()> {
        let amounts: Vec<i64> = self
            .svc
            .query("SELECT amount FROM transfers WHERE number = ?", (number,))?;
        if error.outcome() == lumenize::Outcome::NotExecuted {
            let balance = self.balance()?;
            self.svc
                .put("balance", &(balance + amounts.iter().sum::<i64>()))?;
        }
        self.became(number, &format!("refused: {error}"))
    }

    #[handler(skip)]
    fn became(&mut self, number: i64, what: &str) -> Result<()> {
        self.svc.execute(
            "UPDATE transfers SET became = ?, told = told + 1 WHERE number = ?",
            (what, number),
        )?;
        Ok(())
    }

    /// All transfers from here.
    pub fn transfers(&self) -> Result<Vec<Transfer>> {
        Ok(self.svc.query(
            "SELECT number, amount, became, told FROM transfers ORDER BY number",
            (),
        )?)
    }

    /// The numbers of what has come in.
    pub fn received(&self) -> Result<Vec<i64>> {
        Ok(self
            .svc
            .query("SELECT number FROM received ORDER BY number", ())?)
    }
}
