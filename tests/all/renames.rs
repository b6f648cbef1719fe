//! Handlers that were renamed: work and callers that know them by a former name reach them.

use chrono::TimeDelta;
use lumenize::prelude::*;
use lumenize::testing::World;
use lumenize::{CallError, PendingWork};

/// A release of one object: its handlers, beside those that all have.
macro_rules! release {
    ($module:ident $($handlers:tt)*) => {
        mod $module {
            use lumenize::prelude::*;

            pub struct Shop {
                svc: Services<Self>,
            }

            #[durable_object]
            impl Shop {
                pub fn new(svc: Services<Self>) -> Self {
                    Self { svc }
                }

                pub fn log(&self) -> Result<Vec<String>> {
                    Ok(self.svc.get("log")?.unwrap_or_default())
                }

                #[handler(skip)]
                #[allow(dead_code)] // where there is nothing to note
                fn note(&mut self, line: String) -> Result<()> {
                    let mut log = self.log()?;
                    log.push(line);
                    Ok(self.svc.put("log", &log)?)
                }

                $($handlers)*
            }
        }
    };
}

release! { first
    /// One of each kind of work, two of them with a name.
    pub fn plan(&mut self, due: DateTime<Utc>) -> Result<()> {
        let alarms = &mut self.svc.alarms;
        alarms.schedule(due, Self::c().open("once".to_owned()))?;
        alarms.schedule(due, Self::c().count(2).then(|number| Self::c().close(number)))?;
        alarms.named("daily").schedule(Every(Duration::from_secs(60)), Self::c().open("daily".to_owned()))?;
        Ok(())
    }
    pub fn open(&mut self, what: String) -> Result<()> {
        self.note(format!("first: open {what}"))
    }
    pub fn count(&self, number: u32) -> u32 {
        number
    }
    fn close(&mut self, number: u32) -> Result<()> {
        self.note(format!("first: close {number}"))
    }
}

// `open` is `begin`, `count` is private, and `close` is `end`, which takes a wider number.
release! { second
    pub fn plan(&mut self, due: DateTime<Utc>) -> Result<()> {
        self.svc.alarms.schedule(due, Self::c().begin("once".to_owned()))?;
        self.svc.alarms.named("daily").schedule(Every(Duration::from_secs(60)), Self::c().begin("daily".to_owned()))?;
        Ok(())
    }
    #[handler(was = "open")]
    pub fn begin(&mut self, what: &str) -> Result<()> {
        self.note(format!("second: begin {what}"))
    }
    #[handler(was = "count")]
    fn counted(&self, number: u32) -> u32 {
        number * 10
    }
    #[handler(was = "close")]
    fn end(&mut self, number: u64) -> Result<()> {
        self.note(format!("second: end {number}"))
    }
}

// Once more; `end` takes what was never stored.
release! { third
    #[handler(was = "open", was = "begin")]
    pub fn start(&mut self, what: &str) -> Result<()> {
        self.note(format!("third: start {what}"))
    }
    #[handler(was = "count", was = "counted")]
    fn number(&self, number: u32) -> u32 {
        number
    }
    #[handler(was = "close")]
    #[handler(was = "end")]
    fn finish(&mut self, number: String) -> Result<()> {
        self.note(format!("third: finish {number}"))
    }
}

// All are gone.
release! { none }

fn planned() -> World {
    let mut world = World::new(1);
    let due = world.now() + TimeDelta::seconds(1);
    let mut shop = world.object::<first::Shop>("main");
    shop.run(first::Shop::c().plan(due)).unwrap();
    world
}

fn log(world: &mut World) -> Vec<String> {
    let mut shop = world.object::<first::Shop>("main");
    shop.run(first::Shop::c().log()).unwrap()
}

/// Whoever asks: what is set aside, and what is pending.
fn left(world: &mut World) -> (Vec<FailedWork>, Vec<PendingWork>) {
    let mut shop = world.object::<first::Shop>("main");
    (shop.failed().unwrap(), shop.pending().unwrap())
}

#[test]
fn work_under_a_former_name_is_run_once_by_the_handler_that_had_it() {
    let mut world = planned();
    world.redeploy::<second::Shop>();
    world.advance(Duration::from_millis(1_500));
    assert_eq!(log(&mut world), ["second: begin once", "second: end 20"]);
    world.advance(Duration::from_secs(60));
    assert_eq!(log(&mut world)[2..], ["second: begin daily"]);
    let (failed, pending) = left(&mut world);
    assert_eq!(failed, []);
    // It recurs as it was stored.
    assert_eq!(pending.len(), 1);
    assert_eq!(pending[0].steps[0].handler, "open");

    // What is named and is planned anew is equal to it, and stays as it is.
    let due = world.now() + TimeDelta::days(1);
    world.advance(Duration::from_secs(10));
    let mut shop = world.object::<second::Shop>("main");
    shop.run(second::Shop::c().plan(due)).unwrap();
    assert_eq!(shop.pending().unwrap()[0], pending[0]);

    world.redeploy::<third::Shop>();
    world.advance(Duration::from_secs(60));
    assert_eq!(log(&mut world)[3..], ["third: start daily"]);

    // And back: the former name is again the handler's own.
    world.redeploy::<first::Shop>();
    world.advance(Duration::from_secs(60));
    assert_eq!(log(&mut world)[4..], ["first: open daily"]);
    assert_eq!(left(&mut world).0, []);
}

#[test]
fn what_was_parked_goes_on_under_the_new_name() {
    let mut world = planned();
    world.redeploy::<none::Shop>();
    world.advance(Duration::from_secs(61));
    let (failed, pending) = left(&mut world);
    assert_eq!(pending, []);
    let mut reasons: Vec<_> = failed
        .iter()
        .map(|work| work.why.message.as_str())
        .collect();
    reasons.sort_unstable();
    for (reason, handler) in reasons.iter().zip(["count", "open", "open"]) {
        assert!(
            reason.contains(&format!("no handler `{handler}`")),
            "{reason}"
        );
    }
    assert_eq!(failed.len(), 3);

    world.redeploy::<second::Shop>();
    assert_eq!(log(&mut world), [""; 0]);
    world.advance(Duration::from_millis(10));
    let mut done = log(&mut world);
    done.sort_unstable();
    let expected = [
        "second: begin daily",
        "second: begin once",
        "second: end 20",
    ];
    assert_eq!(done, expected);
    let (failed, pending) = left(&mut world);
    assert_eq!((failed, pending.len()), (Vec::new(), 1));
}

/// What the new release stored, the old one does not know: it waits for the new one.
#[test]
fn a_rollback_parks_what_has_the_new_name_until_that_is_back() {
    let mut world = planned();
    world.redeploy::<second::Shop>();
    let due = world.now() + TimeDelta::seconds(1);
    let mut shop = world.object::<second::Shop>("main");
    shop.run(second::Shop::c().plan(due)).unwrap();

    world.redeploy::<first::Shop>();
    world.advance(Duration::from_millis(1_500));
    assert_eq!(log(&mut world), ["first: open once", "first: close 2"]);
    let (failed, _) = left(&mut world);
    assert_eq!(failed.len(), 1);
    assert_eq!((failed[0].parked, failed[0].attempts), (true, 0));
    assert_eq!(failed[0].why.message, "there is no handler `begin`");

    world.redeploy::<second::Shop>();
    assert_eq!(log(&mut world).len(), 2);
    world.advance(Duration::from_millis(10));
    assert_eq!(log(&mut world)[2..], ["second: begin once"]);
    assert_eq!(left(&mut world).0, []);
}

/// The reason has the name under which the work was stored, and the argument as it is called now.
#[test]
fn what_a_renamed_handler_does_not_take_is_parked_with_the_reason() {
    let mut world = planned();
    world.redeploy::<third::Shop>();
    world.advance(Duration::from_millis(1_500));
    assert_eq!(log(&mut world), ["third: start once"]);
    let (failed, _) = left(&mut world);
    assert_eq!(failed.len(), 1);
    let reason = &failed[0].why.message;
    assert!(
        reason.starts_with("`close`: the argument `number`: "),
        "{reason}"
    );
    assert!(reason.contains("a u32 was stored"), "{reason}");
}

/// Those of an older release, too: what they may call is what is public now.
#[test]
fn callers_reach_a_handler_by_a_former_name() {
    let mut world = World::new(1);
    world.redeploy::<second::Shop>();
    let mut shop = world.object::<first::Shop>("main");
    shop.run(first::Shop::c().open("by hand".to_owned()))
        .unwrap();
    let refused = shop.run(first::Shop::c().count(1)).unwrap_err();
    let CallError::Refused { reason } = refused else {
        panic!("{refused:?}");
    };
    assert_eq!(
        reason,
        "`count` is not `pub`, so only the object itself may run it"
    );
    assert_eq!(log(&mut world), ["second: begin by hand"]);
}

/// Under `#[cfg]`s two handlers may lay claim to one name. Whose it is now has it, whichever comes first.
#[expect(unreachable_patterns)] // rustc tells of it
mod claimed {
    use lumenize::prelude::*;

    pub struct Shop {
        svc: Services<Self>,
    }

    #[durable_object]
    impl Shop {
        pub fn new(svc: Services<Self>) -> Self {
            Self { svc }
        }
        #[cfg(test)]
        #[handler(was = "open", was = "close")]
        pub fn start(&self) -> String {
            "start".to_owned()
        }
        pub fn open(&self) -> String {
            "open".to_owned()
        }
        pub fn plan(&mut self) -> Result<()> {
            let log = Self::c().open().then(|what| Self::c().note(what));
            self.svc.alarms.schedule(Duration::ZERO, log)?;
            Ok(())
        }
        fn note(&mut self, what: String) -> Result<()> {
            Ok(self.svc.put("log", &vec![what])?)
        }
    }
}

#[test]
fn a_name_is_that_of_the_handler_that_has_it_now() {
    let mut world = World::new(1);
    let mut shop = world.object::<claimed::Shop>("main");
    assert_eq!(shop.run(claimed::Shop::c().open()).unwrap(), "open");
    assert_eq!(shop.run(claimed::Shop::c().start()).unwrap(), "start");
    shop.run(claimed::Shop::c().plan()).unwrap();
    world.run_until_idle().unwrap();
    world.redeploy::<first::Shop>();
    assert_eq!(log(&mut world), ["open"]);
}

/// A macro by example may be given the names.
macro_rules! shop_that_was {
    ($binding:literal, $open:literal, $what:literal) => {
        mod by_example {
            use lumenize::prelude::*;

            pub struct Shop {
                svc: Services<Self>,
            }

            #[durable_object(binding = $binding)]
            impl Shop {
                pub fn new(svc: Services<Self>) -> Self {
                    Self { svc }
                }
                #[handler(was = $open)]
                pub fn begin(&mut self, #[handler(was = $what)] whom: String) -> Result<()> {
                    Ok(self.svc.put("log", &vec![whom])?)
                }
            }
        }
    };
}

shop_that_was!("CORNER_SHOP", "open", "what");

#[test]
fn former_names_may_come_from_a_macro() {
    assert_eq!(
        <by_example::Shop as lumenize::Object>::BINDING,
        "CORNER_SHOP"
    );
    let mut world = World::new(1);
    world.redeploy::<by_example::Shop>();
    let mut shop = world.object::<first::Shop>("main");
    shop.run(first::Shop::c().open("by hand".to_owned()))
        .unwrap();
    world.redeploy::<first::Shop>();
    assert_eq!(log(&mut world), ["by hand"]);
}

/// Parked work is no schedule: it is listed, got and discarded where all set-aside work is, until code that
/// understands it is there.
#[test]
fn a_schedule_that_is_parked_is_discarded_not_cancelled() {
    for discards in [false, true] {
        let mut world = planned();
        world.redeploy::<manager::Shop>();
        world.advance(Duration::from_secs(61));
        let mut shop = world.object::<manager::Shop>("main");
        let work = shop.failed().unwrap();
        let daily = work.iter().find(|work| work.name.is_some()).unwrap().id;
        assert!(!shop.run(manager::Shop::c().has_daily()).unwrap());
        assert!(!shop.run(manager::Shop::c().cancel_daily()).unwrap());
        if discards {
            assert!(shop.run(manager::Shop::c().discard(daily)).unwrap());
        }

        world.redeploy::<second::Shop>();
        assert_eq!(log(&mut world), [""; 0]);
        world.advance(Duration::from_secs(1));
        let ran = log(&mut world).contains(&"second: begin daily".to_owned());
        assert_eq!(ran, !discards);
    }
}

// It has none of the handlers, and looks after their work.
release! { manager
    pub fn has_daily(&self) -> Result<bool> {
        Ok(self.svc.alarms.get_named("daily")?.is_some())
    }
    pub fn cancel_daily(&mut self) -> Result<bool> {
        Ok(self.svc.alarms.cancel_named("daily")?)
    }
    pub fn discard(&mut self, id: WorkId) -> Result<bool> {
        Ok(self.svc.failed.discard(id)?)
    }
}
