//! Parked work is tried once by each process that loads its object, as its code is the same for as long as
//! it lives.

use lumenize::native::{Host, HostBuilder, ObjectRef};
use lumenize::prelude::*;
use lumenize::testing::World;
use std::sync::atomic::Ordering;
use std::time::Instant;

/// The release that stores the work.
mod first {
    use super::*;

    pub struct Desk {
        svc: Services<Self>,
    }

    #[durable_object]
    impl Desk {
        pub fn new(svc: Services<Self>) -> Self {
            Self { svc }
        }

        pub fn plan(&mut self, after: Duration) -> Result<()> {
            let file = Self::c().file("one".to_owned());
            self.svc.alarms.schedule(after, file)?;
            Ok(())
        }

        pub fn touch(&mut self) -> Result<()> {
            Ok(self.svc.put("touched", &true)?)
        }

        pub fn filed(&self) -> Result<Option<String>> {
            Ok(self.svc.get("filed")?)
        }

        fn file(&mut self, label: String) -> Result<()> {
            Ok(self.svc.put("filed", &label)?)
        }
    }
}

/// A release that can't take its argument, and counts how often it tries.
mod second {
    use super::*;
    use serde::{Deserialize, Deserializer, Serialize, de::Error as _};
    use std::cell::Cell;
    use std::sync::atomic::{AtomicUsize, Ordering};

    /// Those of the native host, whose threads try.
    pub static TRIED: AtomicUsize = AtomicUsize::new(0);

    thread_local! {
        /// Those of a world.
        pub static TRIED_HERE: Cell<usize> = const { Cell::new(0) };
    }

    #[derive(Serialize)]
    pub struct Label(String);

    impl<'de> Deserialize<'de> for Label {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            let thread = std::thread::current();
            match thread.name() {
                Some(name) if name.starts_with("lumenize-") => {
                    TRIED.fetch_add(1, Ordering::Relaxed);
                }
                _ => TRIED_HERE.set(TRIED_HERE.get() + 1),
            }
            let label = String::deserialize(deserializer)?;
            match label.as_str() {
                "two" => Ok(Self(label)),
                _ => Err(D::Error::custom("it is no label of this release")),
            }
        }
    }

    pub struct Desk {
        svc: Services<Self>,
    }

    #[durable_object]
    impl Desk {
        pub fn new(svc: Services<Self>) -> Self {
            Self { svc }
        }

        pub fn touch(&mut self) -> Result<()> {
            Ok(self.svc.put("touched", &true)?)
        }

        /// Whether it is known as set aside, and then whether it is put back.
        pub fn find(&mut self, id: WorkId) -> Result<(bool, bool)> {
            let known = self.svc.failed.get(id)?.is_some_and(|work| work.parked);
            Ok((known, self.svc.failed.retry(id)?))
        }

        fn file(&mut self, label: Label) -> Result<()> {
            Ok(self.svc.put("filed", &label)?)
        }
    }
}

#[test]
fn an_object_that_is_evicted_does_not_try_it_again() {
    let mut world = World::new(1);
    let plan = first::Desk::c().plan(Duration::from_millis(1));
    world.object::<first::Desk>("main").run(plan).unwrap();
    world.redeploy::<second::Desk>();
    let load_and_wake = |world: &mut World| {
        let mut desk = world.object::<second::Desk>("main");
        desk.run(second::Desk::c().touch()).unwrap();
        world.advance(Duration::from_secs(1));
        let parked = world.object::<second::Desk>("main").failed().unwrap();
        assert_eq!(parked.len(), 1);
        assert!(parked[0].parked);
        second::TRIED_HERE.get()
    };
    let tried = load_and_wake(&mut world);
    assert!(tried > 0);
    for _ in 0..3 {
        world.object::<second::Desk>("main").evict();
        assert_eq!(load_and_wake(&mut world), tried);
    }
    // Another process may have other code.
    world.crash();
    let again = load_and_wake(&mut world);
    assert!(again > tried);
    for _ in 0..3 {
        world.object::<second::Desk>("main").evict();
        assert_eq!(load_and_wake(&mut world), again);
    }

    world.redeploy::<first::Desk>();
    let filed = |world: &mut World| {
        let mut desk = world.object::<first::Desk>("main");
        desk.run(first::Desk::c().filed()).unwrap()
    };
    assert_eq!(filed(&mut world), None);
    world
        .object::<first::Desk>("main")
        .run(first::Desk::c().touch())
        .unwrap();
    world.advance(Duration::from_secs(1));
    let filed = filed(&mut world);
    assert_eq!(filed.as_deref(), Some("one"));
}

/// It is in the queue then, to be tried.
#[test]
fn what_was_parked_is_found_by_the_first_request_to_a_process() {
    let mut world = World::new(1);
    let plan = first::Desk::c().plan(Duration::from_secs(1));
    world.object::<first::Desk>("main").run(plan).unwrap();
    world.redeploy::<second::Desk>();
    world.advance(Duration::from_secs(2));
    let id = world.object::<second::Desk>("main").failed().unwrap()[0].id;
    world.crash();
    let mut desk = world.object::<second::Desk>("main");
    assert_eq!(desk.run(second::Desk::c().find(id)), Ok((true, true)));
}

/// Loads the object, and says how often the argument was tried once it is unloaded and the work parked.
async fn settled(host: &Host, desk: &ObjectRef<second::Desk>) -> usize {
    desk.run(second::Desk::c().touch()).await.unwrap();
    let begin = Instant::now();
    let mut is_parked = false;
    // To look at it loads it.
    while !is_parked || host.stats().unwrap().loaded > 0 {
        if !is_parked {
            let failed = desk.failed().await.unwrap();
            is_parked = failed.len() == 1 && failed[0].parked;
        }
        assert!(begin.elapsed() < Duration::from_secs(20));
        std::thread::sleep(Duration::from_millis(2));
    }
    second::TRIED.load(Ordering::Relaxed)
}

#[tokio::test]
async fn nor_does_one_that_is_unloaded_by_the_embedded_host() {
    let directory = tempfile::tempdir().unwrap();
    let open = || -> HostBuilder {
        let host = Host::open(directory.path()).unwrap();
        host.idle_after(Duration::ZERO).max_loaded(0)
    };
    let host = open().register::<first::Desk>().start().unwrap();
    let desk = host.object::<first::Desk>("main");
    // The host stops before it is due.
    let plan = first::Desk::c().plan(Duration::from_secs(3));
    desk.run(plan).await.unwrap();
    host.shutdown().unwrap();

    let host = open().register::<second::Desk>().start().unwrap();
    let desk = host.object::<second::Desk>("main");
    let tried = settled(&host, &desk).await;
    assert!(tried > 0);
    for _ in 0..3 {
        let opened = host.stats().unwrap().opened;
        assert_eq!(settled(&host, &desk).await, tried);
        assert!(host.stats().unwrap().opened > opened, "it was loaded anew");
    }
    host.shutdown().unwrap();

    let host = open().register::<second::Desk>().start().unwrap();
    let desk = host.object::<second::Desk>("main");
    assert!(settled(&host, &desk).await > tried, "by the next process");
    host.shutdown().unwrap();

    let host = open().register::<first::Desk>().start().unwrap();
    let desk = host.object::<first::Desk>("main");
    let begin = Instant::now();
    while desk.run(first::Desk::c().filed()).await.unwrap().is_none() {
        assert!(begin.elapsed() < Duration::from_secs(10));
        std::thread::sleep(Duration::from_millis(2));
    }
}
