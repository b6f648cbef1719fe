//! Executors, and the pool that runs them, by themselves, against a real server.

mod http;
mod pool;
mod redirects;
mod tls;

use lumenize_runtime::fetch::{
    Attempt, Executor, FetchError, HttpExecutor, HttpExecutorBuilder, Response,
};
use lumenize_runtime::views::FetchId;
use std::time::{Duration, Instant};
use uuid::Uuid;

fn executor() -> HttpExecutor {
    HttpExecutor::builder().build().unwrap()
}

fn built(builder: HttpExecutorBuilder) -> HttpExecutor {
    builder.build().unwrap()
}

fn id(number: u128) -> FetchId {
    FetchId::from(Uuid::from_u128(number))
}

fn attempt_at(request: ::http::Request<&'static str>) -> Attempt {
    let mut attempt = Attempt::new(id(1), request.map(Into::into));
    // Far more than anything here takes that is to end.
    attempt.timeout = Duration::from_secs(20);
    attempt
}

fn get(url: &str) -> Attempt {
    attempt_at(::http::Request::get(url).body("").unwrap())
}

fn get_in(ms: u64, url: &str) -> Attempt {
    let mut attempt = get(url);
    attempt.timeout = Duration::from_millis(ms);
    attempt
}

fn get_at_most(bytes: u64, url: &str) -> Attempt {
    let mut attempt = get(url);
    attempt.max_response_bytes = bytes;
    attempt
}

async fn fetch(executor: &HttpExecutor, url: &str) -> Result<Response, FetchError> {
    executor.fetch(get(url)).await
}

/// That it took so many milliseconds, and not a second more.
fn took(since: Instant, ms: u64) {
    let took = since.elapsed();
    let least = Duration::from_millis(ms);
    // Timers count whole milliseconds.
    let just = least.saturating_sub(Duration::from_millis(2));
    assert!(
        took >= just && took < least + Duration::from_secs(1),
        "{took:?}, not {least:?}"
    );
}
