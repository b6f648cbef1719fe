//! Runs a program in a world, and tells the model of each object what is seen.

mod end;
mod see;

use crate::actor::{Memory, witnessed};
use crate::model::Model;
use crate::program::{Ask, Call, End, Fault, Looked, Program, Record, Step, Told, Version};
use crate::versions::{first, second};
use lumenize::prelude::*;
use lumenize::testing::{CrashPoint, World};
use lumenize::{CallError, Outcome};
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// How often it is asked who is not answered: as often as things may go wrong.
const TIMES_ASKED: usize = 20;
/// How often it is run until it is idle, as some work may schedule what recurs.
const TIMES_DRAINED: usize = 20;
/// How often it may still be busy with what recurs, which other work has scheduled, until it is stopped.
const TIMES_BUSY: usize = 2;
/// How many alarms ring at most while time passes: what recurs does not ring as often, and the rest ends.
const MOST_ALARMS: usize = 5_000;
/// After how many of them it is looked at what has happened.
const OBSERVED: usize = 100;
/// The tag of what is asked at the end.
const LAST: u32 = u32::MAX;

/// What was seen, line by line, and what was wrong in the end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ran {
    /// What happened, with the time of the world.
    pub trace: Vec<String>,
    /// What must not have been.
    pub wrong: Option<String>,
    /// How many steps of handlers stayed.
    pub records: usize,
    /// How many of these were of calls, on either side.
    pub calls: usize,
    /// How often a plan was parked when another version was deployed.
    pub parked: usize,
}

struct Run {
    world: World,
    strict: bool,
    version: Version,
    /// The one with which it ends.
    last: Version,
    late: u64,
    actors: Vec<Actor>,
    /// The calls of the program, and whether nothing keeps one from its answer.
    calls: BTreeMap<u32, Call>,
    answers_all: bool,
    ran: Ran,
}

struct Actor {
    name: String,
    model: Model,
    /// Its log as it was seen last.
    log: Vec<Record>,
}

/// What may have come of a request.
enum Answer {
    Done(Vec<Told>),
    NotDone,
    Unknown,
}

type Checked<T = ()> = Result<T, String>;

/// Runs it in a world of this seed.
pub fn run(seed: u64, program: &Program) -> Ran {
    witnessed();
    let strict = program.is_strict();
    let actor = |number: u8| Actor {
        name: format!("actor {number}"),
        model: Model::new(strict),
        log: Vec::new(),
    };
    let mut run = Run {
        world: World::new(seed),
        strict,
        version: Version::First,
        last: program.last,
        late: 0,
        actors: (0..program.objects).map(actor).collect(),
        calls: program.calls(),
        answers_all: program.answers_all(),
        ran: Ran::default(),
    };
    let steps = catch_unwind(AssertUnwindSafe(|| {
        program.moments().try_for_each(|steps| run.moment(steps))?;
        run.end()
    }));
    run.ran.wrong = match steps {
        Ok(checked) => checked.err(),
        Err(panic) => {
            let text = panic.downcast_ref::<String>().map(String::as_str);
            let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
            Some(format!("a panic: {}", text.unwrap_or("of no text")))
        }
    };
    run.ran
}

impl Run {
    fn note(&mut self, what: String) {
        let now = self.world.now().format("%d %T%.3f");
        self.ran.trace.push(format!("{now}  {what}"));
    }

    /// One step, or several that ask one object at the same time.
    fn moment(&mut self, steps: &[Step]) -> Checked {
        match steps {
            [step] => self.step(step),
            steps => self.ask(&steps.iter().filter_map(Step::asks).collect::<Vec<_>>()),
        }
    }

    fn step(&mut self, step: &Step) -> Checked {
        match step {
            Step::Ask(ask) => self.ask(&[ask]),
            Step::Look(object) => {
                if let Some(looked) = self.look((*object).into())? {
                    self.note(format!("{step:?}: {looked:?}"));
                }
                Ok(())
            }
            Step::Advance(ms) => {
                self.note(format!("{step:?}"));
                self.advance(*ms)?;
                self.is_punctual()
            }
            Step::Next => {
                self.note(format!("{step:?}"));
                self.world.advance_to_next();
                self.observe(&[])
            }
            Step::Fault(fault) => {
                self.note(format!("{step:?}"));
                self.see_the_time();
                self.fault(*fault);
                self.see_the_time();
                Ok(())
            }
        }
    }

    fn see_the_time(&mut self) {
        let now = self.world.now().timestamp_millis();
        for actor in &mut self.actors {
            actor.model.sees(now);
        }
    }

    fn advance(&mut self, ms: u64) -> Checked {
        let until = self.world.now() + Duration::from_millis(ms);
        for rung in 1..=MOST_ALARMS {
            if self.world.next_wake().is_none_or(|wake| wake > until) {
                let rest = (until - self.world.now()).to_std().unwrap_or_default();
                self.world.advance(rest);
                return self.observe(&[]);
            }
            self.world.advance_to_next();
            if rung.is_multiple_of(OBSERVED) {
                self.observe(&[])?;
            }
        }
        self.observe(&[])?;
        Err(format!("{MOST_ALARMS} alarms rang within {ms} ms"))
    }

    fn name(&self, object: usize) -> Checked<String> {
        let actor = self.actors.get(object);
        actor
            .map(|actor| actor.name.clone())
            .ok_or_else(|| "no such object".to_owned())
    }

    fn fault(&mut self, fault: Fault) {
        let world = &mut self.world;
        let name = |object: u8| format!("actor {object}");
        match fault {
            Fault::Crash => world.crash(),
            Fault::CrashBeforeCommit(n) => world.crash_at(CrashPoint::BeforeCommit(n)),
            Fault::CrashAtCommit(n) => world.crash_at(CrashPoint::AtCommit(n)),
            Fault::CrashAfterCommit(n) => world.crash_at(CrashPoint::AfterCommit(n)),
            Fault::CrashInHandler(n) => world.crash_at(CrashPoint::InHandler(n)),
            Fault::Write(n) => world.fail_write(n),
            Fault::Commit(n) => world.fail_commit(n),
            Fault::Disk(object, free) => {
                let mut object = world.object::<first::Actor>(&name(object));
                if let Err(error) = object.limit_disk(free) {
                    self.note(format!("the disk can't be limited: {error}"));
                }
            }
            Fault::Clock(ms) => {
                let now = world.now() + chrono::TimeDelta::milliseconds(ms);
                world.set_clock(now);
            }
            Fault::Evict(object) => world.object::<first::Actor>(&name(object)).evict(),
            Fault::Late(ms) => {
                self.late = ms;
                world.delay_alarms(Duration::from_millis(ms));
            }
            Fault::Twice(twice) => world.repeat_alarms(twice),
            Fault::Redeploy(version) => self.redeploy(version),
            Fault::Detours(percent) => world.take_detours(percent),
            Fault::Spares => world.spare_savepoints(true),
            Fault::Lose(percent) => world.lose_messages(percent),
            Fault::Repeat(percent) => world.repeat_messages(percent),
            Fault::Slow(ms) => world.delay_messages(Duration::from_millis(ms)),
            Fault::CutOff(object, cut) => world.cut_off::<first::Actor>(&name(object), cut),
        }
    }

    fn redeploy(&mut self, version: Version) {
        self.version = version;
        match version {
            Version::First => self.world.redeploy::<first::Actor>(),
            Version::Second => self.world.redeploy::<second::Actor>(),
        }
        for actor in &mut self.actors {
            self.ran.parked += actor.model.redeploy(version);
        }
    }

    /// Asks one object, by all at the same time.
    fn ask(&mut self, asks: &[&Ask]) -> Checked {
        let Some(first) = asks.first() else {
            return Ok(());
        };
        let name = self.name(first.object.into())?;
        let continuations = asks
            .iter()
            .map(|ask| first::Actor::c().ask(ask.tag, ask.acts.clone(), ask.end));
        let told = self
            .world
            .object::<first::Actor>(&name)
            .run_together(continuations);
        let mut asked = Vec::new();
        for (ask, told) in asks.iter().zip(told) {
            self.note(format!("{ask:?}: {told:?}"));
            asked.push((*ask, self.answer(ask, told)?));
        }
        self.observe(&asked)
    }

    fn answer(&self, ask: &Ask, told: Result<Vec<Told>, CallError>) -> Checked<Answer> {
        match told {
            Ok(told) if ask.end == End::Ok => Ok(Answer::Done(told)),
            Ok(_) => Err(format!("{ask:?} did not fail")),
            Err(CallError::Handler(_)) if ask.end != End::Ok => Ok(Answer::NotDone),
            Err(error) if self.strict => Err(format!("{ask:?}: {error}")),
            Err(error) => Ok(match error.outcome() {
                Outcome::NotExecuted => Answer::NotDone,
                Outcome::Unknown => Answer::Unknown,
            }),
        }
    }

    fn look(&mut self, object: usize) -> Checked<Option<Looked>> {
        let name = self.name(object)?;
        let looked = self
            .world
            .object::<first::Actor>(&name)
            .run(first::Actor::c().look());
        match looked {
            Ok(looked) => {
                let actor = self.actors.get(object).ok_or("no such object")?;
                actor.model.looked(&looked)?;
                Ok(Some(looked))
            }
            Err(CallError::Unreachable { .. } | CallError::Refused { .. }) if !self.strict => {
                Ok(None)
            }
            Err(error) => Err(format!("{name} can't look: {error}")),
        }
    }

    /// What an object keeps in memory of what it has on disk.
    fn memory(&mut self, object: usize) -> Checked<Memory> {
        let name = self.name(object)?;
        if let Ok(memory) = self.inspect(&name) {
            return Ok(memory);
        }
        // It is not in memory, and its `new` makes tables for which the disk has no room: for a moment
        // it has.
        let limit = |run: &mut Self, free| {
            let limited = run.world.object::<first::Actor>(&name).limit_disk(free);
            limited.map_err(|error| error.to_string())
        };
        limit(self, None)?;
        let memory = self.inspect(&name);
        limit(self, Some(0))?;
        memory.map_err(|error| format!("{name} can't be inspected: {error}"))
    }

    fn inspect(&mut self, name: &str) -> Result<Memory, CallError> {
        let world = &mut self.world;
        match self.version {
            Version::First => world
                .object::<first::Actor>(name)
                .inspect(|actor| actor.memory.clone()),
            Version::Second => world
                .object::<second::Actor>(name)
                .inspect(|actor| actor.memory.clone()),
        }
    }
}
