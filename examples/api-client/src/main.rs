//! The program of the example: an object asks a server, which is started here, for pages that are slow,
//! flaky, limited and broken, and places an order whose answer is lost. All in a temporary directory.

mod server;
mod timeline;

use api_client::{ApiClient, Became, Entry, Order};
use lumenize::native::{Host, ObjectRef};
use lumenize::prelude::*;
use std::error::Error;
use std::process::ExitCode;
use std::time::Instant;
use timeline::Timeline;

/// How long to wait for what comes.
const PATIENCE: Duration = Duration::from_secs(60);

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("api-client: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Box<dyn Error>> {
    let directory = tempfile::tempdir()?;
    let timeline = Timeline::begin();
    let base = server::start(timeline.clone()).await?;
    let host = Host::open(directory.path())?
        .register::<ApiClient>()
        .start()?;
    let client = host.object::<ApiClient>("main");
    let mut told = 0;

    for page in ["slow", "missing", "flaky", "limited", "broken", "silent"] {
        timeline.say("client", &format!("wants {page}"));
        client.run(ApiClient::c().get(base.as_str(), page)).await?;
        tell(&client, &timeline, &mut told).await?;
    }

    timeline.say("client", "places an order");
    let (number, amount) = (7, 120);
    let order = Order { number, amount };
    client
        .run(ApiClient::c().place(base.as_str(), order))
        .await?;
    tell(&client, &timeline, &mut told).await?;

    timeline.say("client", "wants silent, and thinks better of it");
    let fetch = client
        .run(ApiClient::c().get(base.as_str(), "silent"))
        .await?;
    tokio::time::sleep(Duration::from_millis(200)).await;
    client.run(ApiClient::c().cancel(fetch)).await?;
    timeline.say("client", "has cancelled it");

    timeline.say("client", "wants slow, and the host is stopped");
    client
        .run(ApiClient::c().get(base.as_str(), "slow"))
        .await?;
    tokio::time::sleep(Duration::from_millis(100)).await;
    host.shutdown()?;
    let host = Host::open(directory.path())?
        .register::<ApiClient>()
        .start()?;
    timeline.say("client", "the host runs again");
    tell(&host.object("main"), &timeline, &mut told).await?;
    Ok(host.shutdown()?)
}

/// Waits for the next outcome, and tells it.
async fn tell(
    client: &ObjectRef<ApiClient>,
    timeline: &Timeline,
    told: &mut usize,
) -> Result<(), Box<dyn Error>> {
    let begin = Instant::now();
    loop {
        let entries = client.run(ApiClient::c().entries()).await?;
        if let Some(Entry { about, became }) = entries.get(*told) {
            *told += 1;
            let line = match became {
                Became::Answered {
                    status,
                    text,
                    attempts,
                } => format!("{about}: {status} {text:?}, attempt {attempts}"),
                Became::Failed(error) => format!("{about}: {error} ({:?})", error.outcome()),
            };
            timeline.say("client", &line);
            return Ok(());
        }
        if begin.elapsed() > PATIENCE {
            return Err("there was no outcome".into());
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
