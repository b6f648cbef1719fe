//! Set-aside work that goes on as what it was: under its name, with numbers of its own, and with the reason why it
//! was set aside.

use lumenize::ErrorCode;
use lumenize::prelude::*;
use lumenize::testing::{Served, World};
use std::cell::RefCell;
use std::rc::Rc;

/// What this code takes for a newer format, and back.
const NEWER: &str = "UPDATE lumenize_queue SET program = CAST(x'63' || substr(program, 2) AS BLOB)";
const KNOWN: &str =
    "UPDATE lumenize_failed SET program = CAST(x'01' || substr(program, 2) AS BLOB)";

pub struct Clerk {
    svc: Services<Self>,
}

#[durable_object]
impl Clerk {
    pub fn new(svc: Services<Self>) -> Self {
        Self { svc }
    }

    /// Calls another under a key.
    pub fn ask(&mut self) -> Result<CallId> {
        let call = self.svc.call("other", Clerk::c().heard());
        Ok(call.named("key").send()?)
    }

    /// What waits for its outcome under that key.
    pub fn asked(&self) -> Result<Option<CallId>> {
        let named = self.svc.calls.get_named("key")?;
        Ok(named.map(|work| CallId::from(uuid::Uuid::from(work.id))))
    }

    pub fn fetch(&mut self) -> Result<FetchId> {
        let fetch = self.svc.proxy_fetch("https://a.b/");
        Ok(fetch
            .retry_delay(Duration::from_millis(20))
            .on_success(|response| Self::c().got(response))
            .send()?)
    }

    fn got(&mut self, response: Response) -> Result<()> {
        Ok(self.svc.put("heard", &response.attempts())?)
    }

    pub fn heard(&self) -> Result<Option<u32>> {
        Ok(self.svc.get("heard")?)
    }

    /// As large as a response can be.
    pub fn fetch_much(&mut self) -> Result<FetchId> {
        let fetch = self.svc.proxy_fetch("https://a.b/");
        Ok(fetch
            .max_response_bytes(1_800_000)
            .on_success(|response| Self::c().choke(response))
            .send()?)
    }

    fn choke(&mut self, _response: Response) -> anyhow::Result<()> {
        let text = "x".repeat(20_000);
        let error = ErrorCode::new("choked", text.clone()).with_details(&"d".repeat(60_000))?;
        let error = anyhow::Error::from(error);
        Err((0..40).fold(error, |error, _| error.context(text.clone())))
    }

    pub fn retry(&mut self, id: WorkId) -> Result<bool> {
        Ok(self.svc.failed.retry(id)?)
    }
}

/// What another caller would meet as a second call under its key.
#[test]
fn a_parked_call_has_its_key_again_unless_another_has_it() {
    for taken in [false, true] {
        let mut world = World::new(1);
        world.register::<Clerk>();
        world.cut_off::<Clerk>("other", true);
        let mut clerk = world.object::<Clerk>("main");
        let id = clerk.run(Clerk::c().ask()).unwrap();
        clerk.tamper(NEWER).unwrap();
        world.advance(Duration::from_secs(10));
        let mut clerk = world.object::<Clerk>("main");
        assert!(clerk.failed().unwrap()[0].parked);
        let other = taken.then(|| clerk.run(Clerk::c().ask()).unwrap());
        clerk.tamper(KNOWN).unwrap();
        let retried = clerk.run(Clerk::c().retry(WorkId::from(id)));
        assert_eq!(retried, Ok(true));
        let known = other.unwrap_or(id);
        assert_eq!(clerk.run(Clerk::c().asked()), Ok(Some(known)));
        assert_eq!(clerk.run(Clerk::c().ask()), Ok(known), "one for each key");
        let pending = clerk.pending().unwrap();
        let named = pending.iter().filter(|work| work.name.is_some());
        assert_eq!((named.count(), pending.len()), (1, 1 + usize::from(taken)));
    }
}

#[test]
fn a_parked_fetch_goes_on_with_the_next_number() {
    let numbers = Rc::new(RefCell::new(Vec::new()));
    let heard = Rc::clone(&numbers);
    let mut world = World::new(1);
    world.serve(move |asked| {
        heard.borrow_mut().push(asked.attempt);
        Served::status(200, "well").after(Duration::from_secs(1))
    });
    let mut clerk = world.object::<Clerk>("main");
    let id = clerk.run(Clerk::c().fetch()).unwrap();
    clerk.tamper(NEWER).unwrap();
    world.advance(Duration::from_secs(2));
    let mut clerk = world.object::<Clerk>("main");
    assert!(clerk.failed().unwrap()[0].parked);
    clerk.tamper(KNOWN).unwrap();
    let retried = clerk.run(Clerk::c().retry(WorkId::from(id)));
    assert_eq!(retried, Ok(true));
    world.run_until_idle().unwrap();
    assert_eq!(*numbers.borrow(), [1, 2]);
    assert_eq!(
        world.object::<Clerk>("main").run(Clerk::c().heard()),
        Ok(Some(2))
    );
}

/// A row has room for all of it.
#[test]
fn why_large_work_failed_is_kept_with_its_details() {
    let mut world = World::new(1);
    world.serve(|_| Served::status(200, vec![b'x'; 1_790_000]));
    world
        .object::<Clerk>("main")
        .run(Clerk::c().fetch_much())
        .unwrap();
    world.run_until_idle().unwrap();
    let failed = world.object::<Clerk>("main").failed().unwrap();
    let why = &failed[0].why;
    assert_eq!(why.code.as_deref(), Some("choked"));
    assert!(why.message.starts_with("xxx") && why.message.len() == 16 << 10);
    assert_eq!(why.details::<String>().unwrap().unwrap().len(), 60_000);
    let causes: usize = why.causes.iter().map(String::len).sum();
    assert!(causes <= 16 << 10, "{causes}");
}
