//! Work that was set aside, repaired by a handler of its object.

use lumenize::prelude::*;
use lumenize::testing::World;
use lumenize::{EditError, Error};

mod old {
    use lumenize::prelude::*;

    pub struct Desk {
        svc: Services<Self>,
    }

    #[durable_object]
    impl Desk {
        pub fn new(svc: Services<Self>) -> Self {
            Self { svc }
        }
        pub fn plan(&mut self) -> Result<()> {
            let greet = Self::c()
                .count(2)
                .then(|times| Self::c().greet("Ada", times));
            self.svc.alarms.schedule(Duration::ZERO, greet)?;
            Ok(())
        }
        pub fn ask(&mut self) -> Result<()> {
            self.svc
                .call("other", Desk::c().count(7))
                .on_success(|times| Self::c().greet("Eve", times))
                .send()?;
            Ok(())
        }
        pub fn count(&self, number: u32) -> u32 {
            number
        }
        fn greet(&mut self, _name: String, _times: u32) {}
    }
}

/// `greet` takes what was never stored, and is told of it.
mod new {
    use lumenize::prelude::*;

    /// Of a shape that is kept beside the values.
    #[derive(Debug, Serialize, Deserialize)]
    pub struct Tone {
        pub loudness: u8,
        pub language: Option<String>,
    }

    pub struct Desk {
        svc: Services<Self>,
    }

    #[durable_object]
    impl Desk {
        pub fn new(svc: Services<Self>) -> Self {
            Self { svc }
        }
        pub fn count(&self, number: u32) -> u32 {
            number
        }
        fn greet(&mut self, tone: Tone, name: String, times: u32) -> Result<()> {
            self.note(format!("{name} {times} times, {tone:?}"))
        }
        fn wave(&mut self, whom: &str) -> Result<()> {
            self.note(format!("waved to {whom}"))
        }
        #[handler(skip)]
        fn note(&mut self, line: String) -> Result<()> {
            let mut log = self.log()?;
            log.push(line);
            Ok(self.svc.put("log", &log)?)
        }
        pub fn log(&self) -> Result<Vec<String>> {
            Ok(self.svc.get("log")?.unwrap_or_default())
        }

        pub fn give_tone(&mut self, id: WorkId, step: u32, loudness: u8) -> Result<bool> {
            let tone = Tone {
                loudness,
                language: Some("en".to_owned()),
            };
            let edit = self.svc.failed.edit(id).step(step as usize);
            Ok(edit.argument("tone", &tone).retry()?)
        }
        pub fn name_and_give_tone(&mut self, id: WorkId, names: Vec<String>) -> Result<bool> {
            let names = names.iter().map(String::as_str);
            let tone = Tone {
                loudness: 1,
                language: None,
            };
            let edit = self.svc.failed.edit(id).step(1).names(names);
            Ok(edit.argument("tone", &tone).retry()?)
        }
        pub fn let_wave(&mut self, id: WorkId) -> Result<bool> {
            let edit = self.svc.failed.edit(id).step(1).handler("wave");
            let edit = edit
                .remove("_times")
                .remove("name")
                .argument("r#whom", &"Bob".to_owned());
            Ok(edit.retry()?)
        }
        pub fn set(&mut self, id: WorkId, name: String, value: String) -> Result<bool> {
            Ok(self
                .svc
                .failed
                .edit(id)
                .step(1)
                .argument(&name, &value)
                .retry()?)
        }
        /// All but the last is done, and so nothing is.
        pub fn misses(&mut self, id: WorkId) -> Result<bool> {
            let edit = self.svc.failed.edit(id).step(1).remove("name");
            Ok(edit.argument("times", &1_u32).remove("nothing").retry()?)
        }
        pub fn renames(&mut self, id: WorkId, handler: String) -> Result<bool> {
            Ok(self.svc.failed.edit(id).handler(&handler).retry()?)
        }
        pub fn retry(&mut self, id: WorkId) -> Result<bool> {
            Ok(self.svc.failed.retry(id)?)
        }
        pub fn discard(&mut self, id: WorkId) -> Result<bool> {
            Ok(self.svc.failed.discard(id)?)
        }
        pub fn no_continuation(&mut self, id: WorkId) -> Result<String> {
            let edit = self
                .svc
                .failed
                .edit(id)
                .argument("x", &serde_json::json!({ "a": 1 }));
            match edit.retry() {
                Err(Error::Continuation(refused)) => Ok(refused.to_string()),
                other => Err(format!("{other:?}").into()),
            }
        }
    }

    use lumenize::Error;
}

fn parked(plan: impl FnOnce(&mut World)) -> (World, FailedWork) {
    let mut world = World::new(1);
    plan(&mut world);
    world.redeploy::<new::Desk>();
    world.advance(Duration::from_secs(1));
    let work = failed(&mut world).pop().unwrap();
    assert!(work.parked, "{}", work.to_text());
    (world, work)
}

fn plan(world: &mut World) {
    world
        .object::<old::Desk>("main")
        .run(old::Desk::c().plan())
        .unwrap();
}

fn failed(world: &mut World) -> Vec<FailedWork> {
    world.object::<new::Desk>("main").failed().unwrap()
}

fn log(world: &mut World) -> Vec<String> {
    world.advance(Duration::from_secs(1));
    let mut desk = world.object::<new::Desk>("main");
    desk.run(new::Desk::c().log()).unwrap()
}

#[test]
fn a_missing_argument_is_given_and_the_work_goes_on() {
    let (mut world, work) = parked(plan);
    let text = r#"parked: count(number: 2).greet(name: "Ada", times: result of step 0): "#;
    assert!(work.to_text().starts_with(text), "{}", work.to_text());
    let mut desk = world.object::<new::Desk>("main");
    let shapes = "SELECT count(*) FROM lumenize_shapes";
    let before = desk.number(shapes).unwrap();
    assert!(desk.run(new::Desk::c().give_tone(work.id, 1, 5)).unwrap());
    // So that a process that knows nothing of the value reads it.
    assert_eq!(desk.number(shapes).unwrap(), before + 1);
    world.crash();
    assert_eq!(
        log(&mut world),
        [r#"Ada 2 times, Tone { loudness: 5, language: Some("en") }"#]
    );
    assert_eq!(failed(&mut world), []);
    let mut desk = world.object::<new::Desk>("main");
    assert!(
        !desk.run(new::Desk::c().give_tone(work.id, 1, 5)).unwrap(),
        "there is none any more"
    );
}

#[test]
fn arguments_are_replaced_and_removed_and_another_handler_runs() {
    let (mut world, work) = parked(plan);
    let mut desk = world.object::<new::Desk>("main");
    assert!(desk.run(new::Desk::c().let_wave(work.id)).unwrap());
    assert_eq!(log(&mut world), ["waved to Bob"]);

    // What is given twice is given as it was last, and what was a result is a value now.
    let (mut world, work) = parked(plan);
    let mut desk = world.object::<new::Desk>("main");
    assert!(
        desk.run(new::Desk::c().set(work.id, "times".to_owned(), "three".to_owned()))
            .unwrap()
    );
    world.advance(Duration::from_secs(1));
    let again = failed(&mut world).pop().unwrap();
    assert!(again.parked && again.id == work.id);
    assert_eq!(
        again.steps[1].to_string(),
        r#"greet(name: "Ada", times: "three")"#
    );
}

/// The outcome stays with its work.
#[test]
fn what_waits_with_an_outcome_is_edited_too() {
    let (mut world, work) = parked(|world| {
        let mut desk = world.object::<old::Desk>("main");
        desk.run(old::Desk::c().ask()).unwrap();
        world.advance(Duration::ZERO);
        world.redeploy::<new::Desk>();
        world.run_until_idle().unwrap();
    });
    assert_eq!(
        work.steps[0].to_string(),
        r#"greet(name: "Eve", times: outcome)"#
    );
    let mut desk = world.object::<new::Desk>("main");
    assert!(desk.run(new::Desk::c().give_tone(work.id, 0, 1)).unwrap());
    assert_eq!(
        log(&mut world),
        [r#"Eve 7 times, Tone { loudness: 1, language: Some("en") }"#]
    );
}

/// An object that was just loaded tries parked work of its own accord; until then it is as parked as it was.
#[test]
fn parked_work_is_found_though_its_object_is_loaded_for_it() {
    let (mut world, work) = parked(plan);
    let mut desk = world.object::<new::Desk>("main");
    desk.evict();
    assert!(desk.run(new::Desk::c().retry(work.id)).unwrap());
    world.advance(Duration::from_secs(1));
    assert_eq!(failed(&mut world).pop().unwrap().id, work.id);

    let mut desk = world.object::<new::Desk>("main");
    desk.evict();
    assert!(desk.run(new::Desk::c().give_tone(work.id, 1, 5)).unwrap());
    assert_eq!(log(&mut world).len(), 1);
    let mut desk = world.object::<new::Desk>("main");
    assert!(!desk.run(new::Desk::c().discard(work.id)).unwrap());

    let (mut world, work) = parked(plan);
    let mut desk = world.object::<new::Desk>("main");
    desk.evict();
    assert!(desk.run(new::Desk::c().discard(work.id)).unwrap());
    assert_eq!(desk.pending().unwrap(), []);
    assert_eq!(log(&mut world), [""; 0]);
    assert_eq!(failed(&mut world), []);
}

#[test]
fn what_has_no_names_is_given_them_first() {
    let (mut world, _) = parked(plan);
    let mut desk = world.object::<new::Desk>("main");
    // As a release before there were names stored it.
    desk.tamper(
        "UPDATE lumenize_failed SET program = unhex('02' ||
            substr(replace(replace(hex(program), '01066E756D626572', '01'), '020A6E616D652C74696D6573', '02'), 3))",
    )
    .unwrap();
    let work = desk.failed().unwrap().pop().unwrap();
    assert_eq!(
        work.steps[1].to_string(),
        r#"greet("Ada", result of step 0)"#
    );
    let mut run = |names: &[&str]| {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        desk.run(new::Desk::c().name_and_give_tone(work.id, names))
            .map_err(|error| error.to_string())
    };
    for (names, said) in [
        (
            &["name"][..],
            "`greet` has 2 arguments, and 1 names were given",
        ),
        (&["name", "name"], "`name` can't be the name here"),
        (&["name", "a,b"], "`a,b` can't be the name here"),
        (&["name", ""], "`` can't be the name here"),
    ] {
        let refused = run(names).unwrap_err();
        assert!(refused.contains(said), "{refused}");
    }
    let mut desk = world.object::<new::Desk>("main");
    let refused = desk
        .run(new::Desk::c().give_tone(work.id, 1, 1))
        .unwrap_err()
        .to_string();
    assert!(
        refused.contains("the 2 arguments of `greet` were stored without names"),
        "{refused}"
    );
    let names = ["name", "times"].map(str::to_owned).to_vec();
    assert!(
        desk.run(new::Desk::c().name_and_give_tone(work.id, names))
            .unwrap()
    );
    assert_eq!(
        log(&mut world),
        ["Ada 2 times, Tone { loudness: 1, language: None }"]
    );
}

#[test]
fn what_can_t_be_done_changes_nothing() {
    let (mut world, work) = parked(plan);
    let mut desk = world.object::<new::Desk>("main");
    let id = work.id;
    for (edit, said) in [
        (
            new::Desk::c().give_tone(id, 2, 1),
            "there is no step 2: the work has 2, counted from 0",
        ),
        (
            new::Desk::c().misses(id),
            "`greet` was stored without an argument `nothing`; it has `times`",
        ),
        (
            new::Desk::c().set(id, "a b".to_owned(), String::new()),
            "`a b` can't be the name here",
        ),
        (
            new::Desk::c().set(id, "tune".to_owned(), String::new()),
            "`greet` has no parameter `tune`; it has `tone`, `name`, `times`",
        ),
        (
            new::Desk::c().set(id, "big".to_owned(), "x".repeat(1 << 20)),
            "the limit is 1048576",
        ),
        (
            new::Desk::c().renames(id, "a,b".to_owned()),
            "`a,b` can't be the name here",
        ),
    ] {
        let refused = desk.run(edit).unwrap_err().to_string();
        assert!(refused.contains(said), "{refused}");
        assert_eq!(desk.failed().unwrap(), std::slice::from_ref(&work));
    }
    let refused = desk.run(new::Desk::c().no_continuation(id)).unwrap();
    assert!(
        refused.contains("an argument of `count` was refused"),
        "{refused}"
    );

    // Bytes that can't be read.
    desk.tamper("UPDATE lumenize_failed SET program = x'0300'")
        .unwrap();
    let refused = desk.run(new::Desk::c().misses(id)).unwrap_err().to_string();
    assert!(
        refused.contains("can't be read, and so not be edited"),
        "{refused}"
    );

    // What tells of failed work has no steps to edit.
    desk.tamper("UPDATE lumenize_failed SET kind = 2").unwrap();
    let refused = desk.run(new::Desk::c().misses(id)).unwrap_err().to_string();
    assert!(
        refused.contains(&EditError::NoSteps.to_string()),
        "{refused}"
    );
    assert_eq!(desk.failed().unwrap().len(), 1);
    // It is an error of the services.
    assert_eq!(Error::from(EditError::NoSteps), EditError::NoSteps.into());
}

/// `greet` takes what was stored as `name` as `whom`, refuses some, and `times` is gone.
mod renamed {
    use lumenize::prelude::*;

    pub struct Desk {
        svc: Services<Self>,
    }

    #[durable_object]
    impl Desk {
        pub fn new(svc: Services<Self>) -> Self {
            Self { svc }
        }
        fn count(&self, number: u32) -> u32 {
            number
        }
        #[handler(was = "greet")]
        fn hail(
            &mut self,
            #[handler(was = "first", was = "name")] whom: String,
            #[handler(default)] tone: String,
        ) -> Result<()> {
            match &*whom {
                "Ada" => Err("not her".into()),
                _ => Ok(self.svc.put("log", &vec![format!("{whom}, {tone}")])?),
            }
        }
        pub fn set(&mut self, id: WorkId, name: String, value: String) -> Result<bool> {
            let edit = self.svc.failed.edit(id).step(1).argument(&name, &value);
            Ok(edit.retry()?)
        }
        pub fn put_anew(&mut self, id: WorkId) -> Result<bool> {
            let edit = self.svc.failed.edit(id).step(1).remove("whom");
            Ok(edit.argument("whom", &"Zoe".to_owned()).retry()?)
        }
    }
}

/// What was stored under a former name is the argument that has another now: it is not there twice.
#[test]
fn an_argument_is_edited_by_the_name_that_it_has_now() {
    let edits: [(fn(WorkId) -> _, _, _); 3] = [
        (
            |id| renamed::Desk::c().set(id, "whom".to_owned(), "Bob".to_owned()),
            "Bob, ",
            r#"greet(name: "Bob", times: result of step 0)"#,
        ),
        (
            |id| renamed::Desk::c().set(id, "name".to_owned(), "Eve".to_owned()),
            "Eve, ",
            r#"greet(name: "Eve", times: result of step 0)"#,
        ),
        (
            |id| renamed::Desk::c().put_anew(id),
            "Zoe, ",
            r#"greet(times: result of step 0, whom: "Zoe")"#,
        ),
    ];
    for (edit, logged, step) in edits {
        let mut world = World::new(1);
        plan(&mut world);
        world.redeploy::<renamed::Desk>();
        world.advance(Duration::from_secs(3_600));
        let mut desk = world.object::<renamed::Desk>("main");
        let work = desk.failed().unwrap().pop().unwrap();
        assert_eq!((work.parked, work.attempts), (false, 5));
        assert!(desk.run(edit(work.id)).unwrap());
        assert_eq!(desk.pending().unwrap()[0].steps[1].to_string(), step);
        world.advance(Duration::from_secs(1));
        let mut desk = world.object::<renamed::Desk>("main");
        assert_eq!(desk.failed().unwrap(), []);
        world.redeploy::<new::Desk>();
        assert_eq!(log(&mut world), [logged]);
    }
}
