//! Fetches.

use lumenize::prelude::*;
use lumenize::{FetchFilter, Why};

pub struct Client {
    svc: Services<Self>,
}

#[durable_object]
impl Client {
    pub fn new(svc: Services<Self>) -> Self {
        Self { svc }
    }

    pub fn fetch_external(&mut self, request_id: String) -> Result<FetchId> {
        let request = http::Request::post("https://api.example.com/data").body(r#"{"query":"example"}"#)?;
        Ok(self.svc
            .proxy_fetch(request)
            .timeout(Duration::from_secs(30)).max_retries(3).retry_delay(Duration::from_secs(1))
            .on_success(|response| Self::c().handle_fetch_success(response, request_id.clone()))
            .on_error(|error| Self::c().handle_fetch_error(error, request_id))
            .send()?)
    }

    /// All that can be said of a fetch, and what it can be made of.
    pub fn fetch_with_options(&mut self, url: &String) -> Result<()> {
        let first = self.svc
            .proxy_fetch(url)
            .deadline(Duration::from_secs(3_600))
            .max_response_bytes(1_800_000)
            .idempotency_key("mine")
            .via("mail")
            .send()?;
        self.svc.proxy_fetch(url.clone()).no_idempotency_key().send()?;
        self.svc.proxy_fetch("https://example.com/").on_success(|response| Self::c().status(response)).send()?;
        self.svc.proxy_fetch(http::Uri::from_static("https://example.com/")).send()?;
        self.svc.proxy_fetch(http::Request::put("https://example.com/").body(vec![1, 2])?).send()?;
        self.svc.fetches.cancel(first)?;
        Ok(())
    }

    /// Chained, piped, nested, and more than once.
    pub fn fetch_with_handlers(&mut self) -> Result<()> {
        self.svc
            .proxy_fetch("https://example.com/")
            .on_success(|response| {
                Self::c().status(response).then(|status| Self::c().note(status, Self::c().status(response)))
            })
            .on_error(|error| Self::c().handle_fetch_error(error, "x").handle_fetch_error(error, "y"))
            .send()?;
        Ok(())
    }

    pub fn look(&self, id: FetchId) -> Result<bool> {
        let all = self.svc.fetches.list(FetchFilter::default().limit(10))?;
        let one = self.svc.fetches.get(id)?;
        Ok(all.next.is_none() && one.is_some_and(|one| matches!(one.why, Why::Fetching { .. })))
    }

    fn handle_fetch_success(&mut self, response: Response, request_id: String) -> Result<()> {
        #[derive(Deserialize)]
        struct Data {
            ok: bool,
        }
        let data: Data = response.json()?;
        self.svc.put(&request_id, &data.ok)?;
        Ok(())
    }

    fn handle_fetch_error(&mut self, error: FetchError, request_id: String) {
        let _ = (error.outcome(), request_id);
    }

    fn status(&self, response: Response) -> u16 {
        response.status().as_u16()
    }

    fn note(&mut self, one: u16, other: u16) {
        let _ = (one, other);
    }
}

fn main() {}
