//! The object of the example: a client of an API that is slow, flaky, rate-limiting and broken in turn. It
//! keeps what came of each request.

use lumenize::prelude::*;

/// An order, as the server wants it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Order {
    /// Its number.
    pub number: u32,
    /// What it costs.
    pub amount: u32,
}

/// What came of a request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// What was asked for.
    pub about: String,
    /// What came of it.
    pub became: Became,
}

/// See [`Entry`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Became {
    /// The server answered.
    Answered {
        /// With this status,
        status: u16,
        /// this body,
        text: String,
        /// at this attempt.
        attempts: u32,
    },
    /// There was no answer.
    Failed(FetchError),
}

/// A client of an API.
pub struct ApiClient {
    svc: Services<Self>,
}

#[durable_object]
impl ApiClient {
    /// Nothing is prepared.
    pub fn new(svc: Services<Self>) -> Self {
        Self { svc }
    }

    /// Gets a page of the API that begins at `base`.
    pub fn get(&mut self, base: String, page: String) -> Result<FetchId> {
        Ok(self
            .svc
            .proxy_fetch(format!("{base}/{page}"))
            .timeout(Duration::from_secs(1))
            .max_retries(2)
            .retry_delay(Duration::from_millis(100))
            .on_success(|response| Self::c().answered(page.clone(), response))
            .on_error(|error| Self::c().failed(page, error))
            .send()?)
    }

    /// Places an order. The request carries an idempotency key, so a server that knows it takes a second
    /// attempt for the first.
    pub fn place(&mut self, base: String, order: Order) -> Result<FetchId> {
        let about = format!("order {}", order.number);
        let body = format!(r#"{{"number":{},"amount":{}}}"#, order.number, order.amount);
        let request = http::Request::post(format!("{base}/orders"))
            .header("content-type", "application/json")
            .body(body)?;
        Ok(self
            .svc
            .proxy_fetch(request)
            .timeout(Duration::from_secs(1))
            .max_retries(5)
            .retry_delay(Duration::from_millis(100))
            .on_success(|response| Self::c().answered(about.clone(), response))
            .on_error(|error| Self::c().failed(about, error))
            .send()?)
    }

    /// Ends a fetch that is under way, and says whether it was.
    pub fn cancel(&mut self, fetch: FetchId) -> Result<bool> {
        Ok(self.svc.fetches.cancel(fetch)?)
    }

    /// What came of all requests, in the order of their ends.
    pub fn entries(&self) -> Result<Vec<Entry>> {
        Ok(self.svc.get("entries")?.unwrap_or_default())
    }

    fn answered(&mut self, about: String, response: Response) -> Result<()> {
        let became = Became::Answered {
            status: response.status().as_u16(),
            text: response.text()?.to_owned(),
            attempts: response.attempts(),
        };
        self.keep(about, became)
    }

    fn failed(&mut self, about: String, error: FetchError) -> Result<()> {
        self.keep(about, Became::Failed(error))
    }

    #[handler(skip)]
    fn keep(&mut self, about: String, became: Became) -> Result<()> {
        let mut entries = self.entries()?;
        entries.push(Entry { about, became });
        Ok(self.svc.put("entries", &entries)?)
    }
}
