//! Fetches of an object of the embedded host, on disk (`synchronous = FULL`), from a server on loopback that
//! answers at once: `cargo bench -p lumenize-benches --bench fetches`.
//!
//! - one after another, each asked for from outside when the response before it was handled, against what one
//!   would write by hand: a task that is asked through a channel, keeps the request by a commit of bare SQLite and
//!   answers, makes the same request with the same client, and handles the response in another commit;
//! - the same against what its caller would do around the same object: run what keeps the request, make it with
//!   the same client, and run what handles the response;
//! - a chain, in which the handler of each response sends the next request, so that there is nothing in it
//!   but fetches, against the same by hand: the request, and the one commit that it needs;
//! - 200 in flight, against the same with the bare client.
//!
//! By hand the requests and the commits take turns, as they must: commits alone, one right after the other, are
//! quicker, for neither the disk nor a processor goes to rest between them.

use lumenize::fetch::{Attempt, Executor, HttpExecutor};
use lumenize::native::{Host, ObjectRef};
use lumenize::prelude::*;
use lumenize_benches::waiting::{median, ratio, told, wait_for};
use lumenize_tests::origin::Origin;
use rusqlite::{Connection, params};
use std::error::Error;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio::task::JoinSet;
use uuid::Uuid;

const ROUNDS: usize = 9;
const FETCHES: u64 = 300;
const IN_FLIGHT: usize = 200;
const MANY: u64 = 2_000;

/// An object that fetches.
pub struct Getter {
    svc: Services<Self>,
}

#[durable_object]
impl Getter {
    /// Nothing is read.
    pub fn new(svc: Services<Self>) -> Self {
        Self { svc }
    }

    /// Gets the same so many times.
    pub fn get(&mut self, url: String, first: u64, times: u64) -> Result<()> {
        for number in first..first + times {
            self.svc
                .proxy_fetch(&url)
                .on_success(|response| Self::c().got(number, response))
                .send()?;
        }
        Ok(())
    }

    fn got(&mut self, number: u64, response: Response) {
        if response.status().is_success() {
            told(number);
        }
    }

    /// Keeps what its caller is about to get.
    pub fn keep(&mut self, number: u64, url: String) -> Result<()> {
        Ok(self.svc.put("asked", &(number, url))?)
    }

    /// Handles what its caller got.
    pub fn handle(&mut self, number: u64) -> Result<()> {
        self.svc.delete("asked")?;
        told(number);
        Ok(())
    }

    /// Gets the same, and when that was handled the next, up to the last.
    pub fn chain(&mut self, url: String, number: u64, last: u64) -> Result<()> {
        self.svc
            .proxy_fetch(&url)
            .on_success(|response| Self::c().link(url, number, last, response))
            .send()?;
        Ok(())
    }

    fn link(&mut self, url: String, number: u64, last: u64, response: Response) -> Result<()> {
        if number < last && response.status().is_success() {
            return self.chain(url, number + 1, last);
        }
        self.got(number, response);
        Ok(())
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    let origin = Origin::start();
    let url = origin.url("/ok");
    let directory = tempfile::tempdir()?;
    let host = Host::open(directory.path())?
        .register::<Getter>()
        .fetches_at_a_time(IN_FLIGHT, IN_FLIGHT)
        .start()?;
    let getter = host.object::<Getter>("getter");
    let client = HttpExecutor::builder().build()?;
    let [bare, of_actor] = [tempfile::tempdir()?, tempfile::tempdir()?];
    let (mut bare, of_actor) = (Bare::open(bare.path())?, Bare::open(of_actor.path())?);
    let (actor, asked) = mpsc::channel(16);
    let acting = runtime.spawn(act(asked, client.clone(), url.clone(), of_actor));
    runtime.block_on(one_by_one(&getter, &url, 0, 20))?;
    runtime.block_on(chain(&getter, &url, 20, 20))?;
    runtime.block_on(directly(&client, &url, 20))?;

    let (mut proxied, mut by_hand, mut direct) = (Vec::new(), Vec::new(), Vec::new());
    let mut around = Vec::new();
    let (mut chained, mut linked) = (Vec::new(), Vec::new());
    let (mut flown, mut flown_directly) = (Vec::new(), Vec::new());
    for round in 1..=ROUNDS as u64 {
        let first = round * 10_000;
        let begin = Instant::now();
        runtime.block_on(one_by_one(&getter, &url, first, FETCHES))?;
        proxied.push(begin.elapsed());
        let begin = Instant::now();
        runtime.block_on(one_by_one_by_hand(&actor, first + FETCHES, FETCHES))?;
        by_hand.push(begin.elapsed());
        let begin = Instant::now();
        let numbers = first + 2 * FETCHES;
        runtime.block_on(one_by_one_around(&getter, &client, &url, numbers, FETCHES))?;
        around.push(begin.elapsed());
        let begin = Instant::now();
        runtime.block_on(chain(&getter, &url, first + FETCHES, FETCHES))?;
        chained.push(begin.elapsed());
        let begin = Instant::now();
        runtime.block_on(chain_by_hand(&client, &url, &mut bare, first, FETCHES))?;
        linked.push(begin.elapsed());
        let begin = Instant::now();
        runtime.block_on(directly(&client, &url, FETCHES))?;
        direct.push(begin.elapsed());
        let begin = Instant::now();
        runtime.block_on(in_flight(&getter, &url, first + 3 * FETCHES))?;
        flown.push(begin.elapsed());
        let begin = Instant::now();
        runtime.block_on(in_flight_directly(&client, &url))?;
        flown_directly.push(begin.elapsed());
    }
    let [proxied, by_hand, around, direct] = [proxied, by_hand, around, direct].map(median);
    let [chained, linked] = [chained, linked].map(median);
    println!("{FETCHES} requests alone: {direct:?}");
    println!(
        "{FETCHES} one after another: {proxied:?}; by hand {by_hand:?}: {:.2}",
        ratio(proxied, by_hand)
    );
    println!(
        "{FETCHES} one after another: {proxied:?}; by their caller {around:?}: {:.2}",
        ratio(proxied, around)
    );
    println!(
        "{FETCHES} in a chain: {chained:?}; by hand {linked:?}: {:.2}",
        ratio(chained, linked)
    );
    let [flown, flown_directly] = [flown, flown_directly].map(median);
    println!(
        "{MANY}, {IN_FLIGHT} in flight: {flown:?}; directly {flown_directly:?}: {:.2} of its throughput",
        ratio(flown_directly, flown)
    );
    drop(actor);
    runtime.block_on(acting)??;
    Ok(host.shutdown()?)
}

async fn one_by_one(
    getter: &ObjectRef<Getter>,
    url: &str,
    first: u64,
    count: u64,
) -> Result<(), Box<dyn Error>> {
    for number in first..first + count {
        let heard = wait_for(number);
        getter.run(Getter::c().get(url, number, 1)).await?;
        heard.await?;
    }
    Ok(())
}

async fn chain(
    getter: &ObjectRef<Getter>,
    url: &str,
    first: u64,
    count: u64,
) -> Result<(), Box<dyn Error>> {
    let last = first + count - 1;
    let heard = wait_for(last);
    getter.run(Getter::c().chain(url, first, last)).await?;
    Ok(heard.await?)
}

async fn in_flight(
    getter: &ObjectRef<Getter>,
    url: &str,
    first: u64,
) -> Result<(), Box<dyn Error>> {
    let waiting: Vec<_> = (first..first + MANY).map(wait_for).collect();
    for half in [first, first + MANY / 2] {
        getter.run(Getter::c().get(url, half, MANY / 2)).await?;
    }
    for heard in waiting {
        heard.await?;
    }
    Ok(())
}

/// Asks a task, which answers when the request is kept, sends it, and tells when the response is handled.
async fn one_by_one_by_hand(
    actor: &mpsc::Sender<(u64, oneshot::Sender<()>)>,
    first: u64,
    count: u64,
) -> Result<(), Box<dyn Error>> {
    for number in first..first + count {
        let heard = wait_for(number);
        let (keep, kept) = oneshot::channel();
        actor.send((number, keep)).await?;
        kept.await?;
        heard.await?;
    }
    Ok(())
}

/// The task.
async fn act(
    mut asked: mpsc::Receiver<(u64, oneshot::Sender<()>)>,
    client: HttpExecutor,
    url: String,
    bare: Bare,
) -> Result<(), String> {
    while let Some((number, keep)) = asked.recv().await {
        bare.send(number).map_err(|error| error.to_string())?;
        // Who asked may have gone.
        let _ = keep.send(());
        let got = get(&client, &url).await;
        got.map_err(|error| error.to_string())?;
        bare.handle(number).map_err(|error| error.to_string())?;
        told(number);
    }
    Ok(())
}

/// Asks the object to keep each request, makes it, and asks the object to handle the response.
async fn one_by_one_around(
    getter: &ObjectRef<Getter>,
    client: &HttpExecutor,
    url: &str,
    first: u64,
    count: u64,
) -> Result<(), Box<dyn Error>> {
    for number in first..first + count {
        let heard = wait_for(number);
        getter.run(Getter::c().keep(number, url.to_owned())).await?;
        get(client, url).await?;
        getter.run(Getter::c().handle(number)).await?;
        heard.await?;
    }
    Ok(())
}

async fn chain_by_hand(
    client: &HttpExecutor,
    url: &str,
    bare: &mut Bare,
    first: u64,
    count: u64,
) -> Result<(), Box<dyn Error>> {
    for number in first..first + count {
        get(client, url).await?;
        bare.link(number)?;
    }
    Ok(())
}

async fn directly(client: &HttpExecutor, url: &str, count: u64) -> Result<(), Box<dyn Error>> {
    for _ in 0..count {
        get(client, url).await?;
    }
    Ok(())
}

async fn in_flight_directly(client: &HttpExecutor, url: &str) -> Result<(), Box<dyn Error>> {
    let places = Arc::new(Semaphore::new(IN_FLIGHT));
    let mut tasks = JoinSet::new();
    for _ in 0..MANY {
        let place = Arc::clone(&places).acquire_owned().await?;
        let (client, url) = (client.clone(), url.to_owned());
        tasks.spawn(async move {
            let got = get(&client, &url).await.map_err(|error| error.to_string());
            drop(place);
            got
        });
    }
    while let Some(ended) = tasks.join_next().await {
        ended??;
    }
    Ok(())
}

async fn get(client: &HttpExecutor, url: &str) -> Result<(), Box<dyn Error>> {
    let request = http::Request::get(url).body(Default::default())?;
    let response = client
        .fetch(Attempt::new(Uuid::nil().into(), request))
        .await?;
    match response.status().is_success() {
        true => Ok(()),
        false => Err("no success".into()),
    }
}

/// A database with the same table, and nothing around it.
struct Bare(Connection);

impl Bare {
    fn open(directory: &Path) -> rusqlite::Result<Self> {
        let connection = Connection::open(directory.join("bare.sqlite"))?;
        connection.execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
            CREATE TABLE fetches (id BLOB NOT NULL PRIMARY KEY, due INTEGER NOT NULL,
                kind INTEGER NOT NULL, program BLOB NOT NULL, detail BLOB NOT NULL) WITHOUT ROWID;
            CREATE INDEX fetches_due ON fetches (due, id);",
        )?;
        Ok(Self(connection))
    }

    /// One commit: the next is sent where the one before is handled.
    fn link(&mut self, number: u64) -> rusqlite::Result<()> {
        self.0.execute_batch("BEGIN IMMEDIATE")?;
        self.send(number)?;
        self.handle(number)?;
        self.0.execute_batch("COMMIT")
    }

    fn send(&self, number: u64) -> rusqlite::Result<()> {
        let id = u128::from(number).to_be_bytes();
        self.0
            .prepare_cached("INSERT INTO fetches VALUES (?1, ?2, 5, ?3, ?4)")?
            .execute(params![id, number as i64, [0_u8; 120], [0_u8; 28]])?;
        Ok(())
    }

    fn handle(&self, number: u64) -> rusqlite::Result<()> {
        let id = u128::from(number).to_be_bytes();
        self.0
            .prepare_cached("DELETE FROM fetches WHERE id = ?1")?
            .execute([id])?;
        Ok(())
    }
}
