//! Money that moves from one object to another, and never gets lost or doubled.

use crate::timeline::say;
use lumenize::Outcome;
use lumenize::prelude::*;
use std::collections::BTreeMap;

/// The code of the error when there is less than what is to be sent; its details are [`Short`].
pub const SHORT: &str = "short";
/// The code of the error when an account takes no more; its details are [`Full`].
pub const FULL: &str = "full";

/// How much too little there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Short {
    /// How much is needed.
    pub needed: u64,
    /// How much there is.
    pub balance: u64,
}

/// How much an account takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Full {
    /// The most that it holds.
    pub limit: u64,
    /// How much there is.
    pub balance: u64,
}

/// What became of a transfer, as far as its sender knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum State {
    /// The other side has not answered yet.
    UnderWay,
    /// The other side has the money.
    Booked,
    /// The other side does not have it, and it is back.
    Returned,
    /// The other side may have it: nobody could be asked for as long as the call lasted. People must
    /// look.
    InDoubt,
}

/// A transfer, as its sender knows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sent {
    /// Its number, which its sender gives.
    pub number: u64,
    /// Who is to have it.
    pub to: String,
    /// How much.
    pub amount: u64,
    /// What became of it.
    pub state: State,
    /// Why it was not booked.
    pub why: Option<String>,
}

/// All that an account knows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statement {
    /// How much there is.
    pub balance: u64,
    /// What was sent.
    pub sent: Vec<Sent>,
    /// What came: from whom, and the sender's number.
    pub received: Vec<(String, u64)>,
}

/// All the money of these accounts, that on its way between them included. (Ask the senders first: what
/// arrives between two questions is then counted once.)
pub fn total(accounts: &BTreeMap<String, Statement>) -> u64 {
    let balances = accounts.values().map(|account| account.balance);
    let has_arrived = |from: &String, sent: &Sent| {
        let to = accounts.get(&sent.to);
        to.is_some_and(|to| to.received.contains(&(from.clone(), sent.number)))
    };
    let under_way = accounts.iter().flat_map(|(name, account)| {
        let open = account.sent.iter().filter(move |sent| {
            matches!(sent.state, State::UnderWay | State::InDoubt) && !has_arrived(name, sent)
        });
        open.map(|sent| sent.amount)
    });
    balances.sum::<u64>() + under_way.sum::<u64>()
}

/// An account.
pub struct Account {
    svc: Services<Self>,
}

#[durable_object]
impl Account {
    /// How long a transfer is tried before it is in doubt.
    pub const PATIENCE: Duration = Duration::from_secs(7 * 24 * 3_600);

    /// Prepares its tables.
    pub fn new(mut svc: Services<Self>) -> Result<Self> {
        svc.execute(
            "CREATE TABLE IF NOT EXISTS sent (
                number INTEGER PRIMARY KEY,
                \"to\" TEXT NOT NULL,
                amount INTEGER NOT NULL,
                state TEXT NOT NULL,
                why TEXT
            ) STRICT",
            (),
        )?;
        svc.execute(
            "CREATE TABLE IF NOT EXISTS received (
                \"from\" TEXT NOT NULL,
                number INTEGER NOT NULL,
                amount INTEGER NOT NULL
            ) STRICT",
            (),
        )?;
        Ok(Self { svc })
    }

    /// Opens the account with a balance and the most that it holds; one that is open stays as it is.
    pub fn open(&mut self, balance: u64, limit: u64) -> Result<()> {
        if self.svc.get::<u64>("limit")?.is_none() {
            self.svc.put("limit", &limit)?;
            self.svc.put("balance", &balance)?;
        }
        Ok(())
    }

    /// Sends money to another account, once for each number: the same again does nothing, so whoever
    /// is not sure whether he has asked can ask again.
    pub fn transfer(&mut self, number: u64, to: String, amount: u64) -> Result<()> {
        let known = self
            .svc
            .query::<u64>("SELECT number FROM sent WHERE number = ?", (number,))?;
        if !known.is_empty() {
            return Ok(());
        }
        let balance = self.balance()?;
        let Some(rest) = balance.checked_sub(amount) else {
            let short = Short {
                needed: amount,
                balance,
            };
            return Err(ErrorCode::new(SHORT, "there is not enough")
                .with_details(&short)?
                .into());
        };
        say(
            &self.svc,
            "transfer",
            &format!("{number}: {amount} to {to}"),
        );
        self.svc.put("balance", &rest)?;
        let sent = Sent {
            number,
            to: to.clone(),
            amount,
            state: State::UnderWay,
            why: None,
        };
        self.svc.execute(
            "INSERT INTO sent VALUES (:number, :to, :amount, :state, :why)",
            sent,
        )?;
        // The money leaves in the commit that stores the call: never one without the other.
        self.svc
            .call(to, Account::c().deposit(number, amount))
            .timeout(Self::PATIENCE)
            .on_success(|_| Self::c().booked(number))
            .on_error(|error| Self::c().not_booked(number, error))
            .send()?;
        Ok(())
    }

    /// Takes money in, for another account. That it does so once for each call is the runtime's affair.
    pub fn deposit(&mut self, number: u64, amount: u64) -> Result<()> {
        let Caller::Object { name: from, .. } = self.svc.caller() else {
            return Err("only accounts have money".into());
        };
        let balance = self.balance()?;
        let limit: u64 = self.svc.get("limit")?.unwrap_or(0);
        let after = balance + amount;
        if after > limit {
            say(
                &self.svc,
                "deposit",
                &format!("{number}: {amount} would be too much"),
            );
            let full = Full { limit, balance };
            let error = ErrorCode::new(FULL, format!("it takes {limit} at most"));
            return Err(error.with_details(&full)?.into());
        }
        say(
            &self.svc,
            "deposit",
            &format!("{number}: {amount} from {from}"),
        );
        self.svc.put("balance", &after)?;
        self.svc.execute(
            "INSERT INTO received VALUES (?, ?, ?)",
            (from, number, amount),
        )?;
        Ok(())
    }

    fn booked(&mut self, number: u64) -> Result<()> {
        say(&self.svc, "booked", &number.to_string());
        self.became(number, State::Booked, None)
    }

    /// What was not executed is undone here. What may have been executed must not be.
    fn not_booked(&mut self, number: u64, error: CallError) -> Result<()> {
        let why = match error.code() {
            Some(FULL) => {
                let full: Option<Full> = error.details()?;
                let room = full.map_or(0, |full| full.limit - full.balance);
                format!("there is room for {room}")
            }
            _ => error.to_string(),
        };
        say(&self.svc, "not_booked", &format!("{number}: {why}"));
        if error.outcome() == Outcome::Unknown {
            return self.became(number, State::InDoubt, Some(why));
        }
        let amounts: Vec<u64> = self
            .svc
            .query("SELECT amount FROM sent WHERE number = ?", (number,))?;
        let balance = self.balance()? + amounts.iter().sum::<u64>();
        self.svc.put("balance", &balance)?;
        self.became(number, State::Returned, Some(why))
    }

    /// Keeps the object busy, as an audit does; all that it is asked meanwhile waits.
    pub fn audit(&self, time: Duration) -> Result<u64> {
        say(&self.svc, "audit", &format!("takes {time:?}"));
        std::thread::sleep(time);
        self.balance()
    }

    /// All that the account knows.
    pub fn statement(&self) -> Result<Statement> {
        Ok(Statement {
            balance: self.balance()?,
            sent: self.svc.query("SELECT * FROM sent ORDER BY number", ())?,
            received: self.svc.query(
                "SELECT \"from\", number FROM received ORDER BY \"from\", number",
                (),
            )?,
        })
    }

    #[handler(skip)]
    fn balance(&self) -> Result<u64> {
        Ok(self.svc.get("balance")?.unwrap_or(0))
    }

    #[handler(skip)]
    fn became(&mut self, number: u64, state: State, why: Option<String>) -> Result<()> {
        let sql = "UPDATE sent SET state = ?, why = ? WHERE number = ?";
        self.svc.execute(sql, (state, why, number))?;
        Ok(())
    }
}
