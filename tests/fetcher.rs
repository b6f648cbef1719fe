//! An object that fetches, and keeps a log of what comes of it.

use lumenize::http::{Method, Request};
use lumenize::prelude::*;
use lumenize::{FetchFilter, PendingWork};

/// What to fetch, and how.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Wanted {
    /// By which method.
    pub method: String,
    /// From where.
    pub url: String,
    /// With which headers.
    pub headers: Vec<(String, String)>,
    /// With which body.
    pub body: String,
    /// And so many bytes more.
    pub more_bytes: u32,
    /// In so many milliseconds for each attempt.
    pub timeout_ms: Option<u64>,
    /// And so many in all.
    pub deadline_ms: Option<u64>,
    /// With so many retries.
    pub retries: Option<u32>,
    /// And so many milliseconds between them, at most.
    pub delay_ms: Option<u64>,
    /// With a body of so many bytes.
    pub max_bytes: Option<u32>,
    /// With this idempotency key, or an empty one for none at all.
    pub key: Option<String>,
    /// By this executor.
    pub via: Option<String>,
    /// With a handler of the outcome that fails so many times.
    pub fails: u32,
    /// Without any handler.
    pub forgets: bool,
}

impl Wanted {
    /// To get this, without a word more.
    pub fn get(url: impl Into<String>) -> Self {
        Self {
            method: "GET".to_owned(),
            url: url.into(),
            headers: Vec::new(),
            body: String::new(),
            more_bytes: 0,
            timeout_ms: None,
            deadline_ms: None,
            retries: None,
            delay_ms: Some(20),
            max_bytes: None,
            key: None,
            via: None,
            fails: 0,
            forgets: false,
        }
    }

    /// To post this there.
    pub fn post(url: impl Into<String>, body: impl Into<String>) -> Self {
        Self {
            method: "POST".to_owned(),
            body: body.into(),
            ..Self::get(url)
        }
    }
}

/// For [`Wanted::fails`]: the handler ends the process.
pub const ABORTS: u32 = u32::MAX;

/// An object that fetches.
pub struct Fetcher {
    svc: Services<Self>,
    made: i64,
}

#[durable_object]
impl Fetcher {
    /// Prepares the log; fails while `broken` is stored.
    pub fn new(mut svc: Services<Self>) -> Result<Self> {
        if svc.get::<bool>("broken")?.is_some() {
            return Err("broken on purpose".into());
        }
        svc.execute(
            "CREATE TABLE IF NOT EXISTS log (place INTEGER PRIMARY KEY, line TEXT NOT NULL)",
            (),
        )?;
        let made = svc.now().timestamp_millis();
        Ok(Self { svc, made })
    }

    /// When it was read into memory, in Unix milliseconds.
    pub fn made(&self) -> i64 {
        self.made
    }

    /// What came of it all, in order.
    pub fn log(&self) -> Result<Vec<String>> {
        Ok(self.svc.query("SELECT line FROM log ORDER BY place", ())?)
    }

    /// How long the log is.
    pub fn logged(&self) -> Result<u32> {
        let count: Vec<u32> = self.svc.query("SELECT count(*) FROM log", ())?;
        Ok(count.first().copied().unwrap_or_default())
    }

    /// Fetches.
    pub fn fetch(&mut self, about: String, wanted: Wanted) -> Result<FetchId> {
        let more = ".".repeat(wanted.more_bytes as usize);
        let mut request = Request::new(wanted.body + &more);
        *request.method_mut() = Method::from_bytes(wanted.method.as_bytes())?;
        *request.uri_mut() = wanted.url.parse()?;
        for (name, value) in wanted.headers {
            let name = http::HeaderName::try_from(name)?;
            request.headers_mut().append(name, value.parse()?);
        }
        let mut fetch = self.svc.proxy_fetch(request);
        if let Some(ms) = wanted.timeout_ms {
            fetch = fetch.timeout(Duration::from_millis(ms));
        }
        if let Some(ms) = wanted.deadline_ms {
            fetch = fetch.deadline(Duration::from_millis(ms));
        }
        if let Some(retries) = wanted.retries {
            fetch = fetch.max_retries(retries);
        }
        if let Some(ms) = wanted.delay_ms {
            fetch = fetch.retry_delay(Duration::from_millis(ms));
        }
        if let Some(bytes) = wanted.max_bytes {
            fetch = fetch.max_response_bytes(bytes as usize);
        }
        match wanted.key {
            Some(key) if key.is_empty() => fetch = fetch.no_idempotency_key(),
            Some(key) => fetch = fetch.idempotency_key(key),
            None => {}
        }
        if let Some(executor) = wanted.via {
            fetch = fetch.via(executor);
        }
        if wanted.forgets {
            return Ok(fetch.send()?);
        }
        let fails = wanted.fails;
        Ok(fetch
            .on_success(|response| Self::c().got(about.clone(), response, fails))
            .on_error(|error| Self::c().not_got(about, error, fails))
            .send()?)
    }

    /// Fetches, unless it was asked to before.
    pub fn fetch_once(&mut self, about: String, wanted: Wanted) -> Result<()> {
        if self.svc.get::<FetchId>(&about)?.is_none() {
            let id = self.fetch(about.clone(), wanted)?;
            self.svc.put(&about, &id)?;
        }
        Ok(())
    }

    /// Ends the fetch of these words, and says whether it was under way, or was ended so before.
    pub fn cancel_about(&mut self, about: String) -> Result<bool> {
        let cancelled = format!("cancelled {about}");
        let Some(id) = self.svc.get::<FetchId>(&about)? else {
            return Ok(false);
        };
        if self.svc.get::<bool>(&cancelled)?.is_none() {
            let ended = self.svc.fetches.cancel(id)?;
            self.svc.put(&cancelled, &ended)?;
        }
        Ok(self.svc.get(&cancelled)?.unwrap_or_default())
    }

    /// Fetches so many times at once.
    pub fn fetch_often(&mut self, wanted: Wanted, times: u32) -> Result<()> {
        for number in 0..times {
            let numbered = format!("{}{number}", wanted.url);
            let wanted = Wanted {
                url: numbered,
                ..wanted.clone()
            };
            self.fetch(number.to_string(), wanted)?;
        }
        Ok(())
    }

    /// Fetches and takes it back before it has begun.
    pub fn fetch_and_cancel(&mut self, wanted: Wanted) -> Result<bool> {
        let id = self.fetch("cancelled".to_owned(), wanted)?;
        Ok(self.svc.fetches.cancel(id)?)
    }

    /// Fetches and fails.
    pub fn fetch_and_fail(&mut self, wanted: Wanted) -> Result<()> {
        self.fetch("failed".to_owned(), wanted)?;
        Err("after the fetch".into())
    }

    /// Ends a fetch.
    pub fn cancel(&mut self, id: FetchId) -> Result<bool> {
        Ok(self.svc.fetches.cancel(id)?)
    }

    /// What is known of a fetch.
    pub fn known(&self, id: FetchId) -> Result<Option<PendingWork>> {
        Ok(self.svc.fetches.get(id)?)
    }

    /// How many fetches there are, in pages of this size, and how many schedules.
    pub fn under_way(&self, page: u32) -> Result<(usize, usize)> {
        let mut filter = FetchFilter::default().limit(page as usize);
        let mut found = 0;
        loop {
            let page = self.svc.fetches.list(filter.clone())?;
            found += page.items.len();
            match page.next {
                Some(next) => filter = filter.after(next),
                None => break,
            }
        }
        let schedules = self.svc.alarms.list(ScheduleFilter::default())?;
        Ok((found, schedules.items.len()))
    }

    /// What the last response was.
    pub fn last(&self) -> Result<Option<Response>> {
        Ok(self.svc.get("last")?)
    }

    /// Lets the object be impossible to make from now on.
    pub fn break_it(&mut self) -> Result<()> {
        Ok(self.svc.put("broken", &true)?)
    }

    /// Ends the object.
    pub fn destroy(&mut self) -> Result<()> {
        Ok(self.svc.destroy()?)
    }

    fn got(&mut self, about: String, response: Response, fails: u32) -> Result<()> {
        let text = match response.bytes().len() {
            0..=80 => response.text()?.to_owned(),
            bytes => format!("<{bytes} bytes>"),
        };
        let (status, attempts) = (response.status().as_u16(), response.attempts());
        self.write(format!("{about}: {status} {text} ({attempts})"))?;
        self.svc.put("last", &response)?;
        self.end(fails)
    }

    fn not_got(&mut self, about: String, error: FetchError, fails: u32) -> Result<()> {
        self.write(format!("{about}: {error} ({:?})", error.outcome()))?;
        self.end(fails)
    }
}

impl Fetcher {
    fn write(&mut self, line: String) -> Result<()> {
        self.svc
            .execute("INSERT INTO log (line) VALUES (?)", (line,))?;
        Ok(())
    }

    fn end(&self, fails: u32) -> Result<()> {
        match fails {
            ABORTS => std::process::abort(),
            fails if self.svc.attempt() <= fails => Err("on purpose".into()),
            _ => Ok(()),
        }
    }
}
