//! Runs a program in a world, and tells the model of each object what is seen.

use crate::actor::{Memory, first, second, witnessed};
use crate::model::Model;
use crate::program::{Act, Ask, End, Fault, Looked, Program, Record, Step, Told, Version, What};
use lumenize::prelude::*;
use lumenize::testing::{CrashPoint, World};
use lumenize::{CallError, Outcome};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// How often it is asked who is not answered: as often as things may go wrong.
const TIMES_ASKED: usize = 20;
/// How often it is run until it is idle, as some work may schedule what recurs.
const TIMES_DRAINED: usize = 20;
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
}

struct Run {
    world: World,
    strict: bool,
    version: Version,
    late: u64,
    actors: Vec<Actor>,
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
        late: 0,
        actors: (0..program.objects).map(actor).collect(),
        ran: Ran::default(),
    };
    let steps = catch_unwind(AssertUnwindSafe(|| {
        program.steps.iter().try_for_each(|step| run.step(step))?;
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

    fn step(&mut self, step: &Step) -> Checked {
        match step {
            Step::Ask(ask) => self.ask(ask),
            Step::Look(object) => {
                if let Some(looked) = self.look((*object).into())? {
                    self.note(format!("{step:?}: {looked:?}"));
                }
                Ok(())
            }
            Step::Advance(ms) => {
                self.note(format!("{step:?}"));
                self.world.advance(Duration::from_millis(*ms));
                self.observe()?;
                self.is_punctual()
            }
            Step::Next => {
                self.note(format!("{step:?}"));
                self.world.advance_to_next();
                self.observe()
            }
            Step::Fault(fault) => {
                self.note(format!("{step:?}"));
                self.fault(*fault);
                Ok(())
            }
        }
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
        }
    }

    fn redeploy(&mut self, version: Version) {
        self.version = version;
        match version {
            Version::First => self.world.redeploy::<first::Actor>(),
            Version::Second => {
                self.world.redeploy::<second::Actor>();
                for actor in &mut self.actors {
                    actor.model.parks = true;
                }
            }
        }
    }

    fn ask(&mut self, ask: &Ask) -> Checked {
        let object = usize::from(ask.object);
        let asked = first::Actor::c().ask(ask.tag, ask.acts.clone(), ask.end);
        let name = self.name(object)?;
        let answer = self.world.object::<first::Actor>(&name).run(asked);
        self.note(format!("{ask:?}: {answer:?}"));
        let answer = match answer {
            Ok(told) if ask.end == End::Ok => Answer::Done(told),
            Ok(_) => return Err(format!("{ask:?} did not fail")),
            Err(CallError::Handler(_)) if ask.end != End::Ok => Answer::NotDone,
            Err(error) if self.strict => return Err(format!("{ask:?}: {error}")),
            Err(error) => match error.outcome() {
                Outcome::NotExecuted => Answer::NotDone,
                Outcome::Unknown => Answer::Unknown,
            },
        };
        match self.strict {
            true => self.observe_attempts(Some((ask, &answer))),
            false => self.observe_log(Some((ask, &answer))),
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

    /// Whose log may have grown: a request runs that object alone, time runs all.
    fn touched(&self, asked: &Option<(&Ask, &Answer)>) -> std::ops::Range<usize> {
        match asked {
            Some((ask, _)) => usize::from(ask.object)..usize::from(ask.object) + 1,
            None => 0..self.actors.len(),
        }
    }

    fn observe(&mut self) -> Checked {
        match self.strict {
            true => self.observe_attempts(None),
            false => self.observe_log(None),
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

    /// Every attempt is known, and must be what the model says; the log has those that went well.
    fn observe_attempts(&mut self, mut asked: Option<(&Ask, &Answer)>) -> Checked {
        let witnessed = witnessed();
        for (name, record) in &witnessed {
            self.note(format!("  {name}: {record:?}"));
        }
        for object in self.touched(&asked) {
            let name = self.name(object)?;
            let of_it = witnessed.iter().filter(|(of, _)| *of == name);
            let records: Vec<Record> = of_it.map(|(_, record)| record.clone()).collect();
            let Some(actor) = self.actors.get_mut(object) else {
                continue;
            };
            let mut left = &*records;
            while let Some(record) = left.first() {
                let lives = actor.model.lives;
                let before = actor.model.clone();
                let (ran, stays) = match asked.take_if(|(ask, _)| usize::from(ask.object) == object)
                {
                    Some((ask, answer)) => {
                        actor.model.asked(&ask.acts, ask.end, record)?;
                        is_told(ask, answer, record)?;
                        (1, ask.end == End::Ok)
                    }
                    None => {
                        let ran = actor.model.ran(left)?;
                        (ran, before.stays(record))
                    }
                };
                let (done, rest) = left.split_at(ran);
                left = rest;
                if actor.model.lives > lives {
                    actor.log.clear();
                } else if stays {
                    actor.log.extend_from_slice(done);
                    self.ran.records += ran;
                }
            }
            let log = actor.log.clone();
            let memory = self.memory(object)?;
            if memory.log != log {
                return Err(format!(
                    "{name} has kept {:?} and must have {log:?}",
                    memory.log
                ));
            }
        }
        match asked {
            Some((ask, _)) => Err(format!("{ask:?} was answered and did not run")),
            None => Ok(()),
        }
    }

    /// What is new in the logs was committed, and must be what the model allows.
    fn observe_log(&mut self, mut asked: Option<(&Ask, &Answer)>) -> Checked {
        witnessed();
        let now = self.world.now().timestamp_millis();
        for object in self.touched(&asked) {
            let log = self.memory(object)?.log;
            let asked = asked.take_if(|(ask, _)| usize::from(ask.object) == object);
            let mut lines = Vec::new();
            let Some(actor) = self.actors.get_mut(object) else {
                continue;
            };
            let name = &actor.name;
            let destroys = asked.is_some_and(|(ask, answer)| {
                ask.acts.contains(&Act::Destroy) && !matches!(answer, Answer::NotDone)
            });
            if log.is_empty() && (destroys || !actor.log.is_empty()) {
                if !destroys && !actor.model.may_be_destroyed(now) {
                    return Err(format!("{name} is gone, and nothing destroyed it"));
                }
                actor.model.destroy();
                actor.log.clear();
                continue;
            }
            let new = match log.split_at_checked(actor.log.len()) {
                Some((old, new)) if *old == *actor.log => new,
                _ => return Err(format!("{name} has {log:?} in place of {:?}", actor.log)),
            };
            let mut left = new;
            while let Some(record) = left.first() {
                lines.push(format!("  {name}: {record:?}"));
                if record.what == What::Asked {
                    break;
                }
                let ran = actor.model.ran(left)?;
                left = left.split_at(ran).1;
            }
            match (asked, left) {
                (None, []) | (Some((_, Answer::NotDone | Answer::Unknown)), []) => {}
                (Some((ask, answer @ (Answer::Done(_) | Answer::Unknown))), [record]) => {
                    is_told(ask, answer, record)?;
                    actor.model.asked(&ask.acts, ask.end, record)?;
                }
                (Some((ask, _)), []) => {
                    return Err(format!("{ask:?} was answered, and it is not kept"));
                }
                (_, left) => return Err(format!("{left:?} is kept, and nobody was told")),
            }
            self.ran.records += new.len();
            actor.log = log;
            for line in lines {
                self.note(line);
            }
        }
        Ok(())
    }

    /// Where nothing fails, nothing is late but by what alarms are.
    fn is_punctual(&mut self) -> Checked {
        // A wake runs 100 items, and one that was parked: the next is a millisecond later.
        const WAKES: i64 = 50;
        let now = self.world.now().timestamp_millis() - self.late as i64 - WAKES;
        match self.strict {
            true => self.actors.iter().try_for_each(|actor| {
                let punctual = actor.model.is_punctual(now);
                punctual.map_err(|wrong| format!("{}: {wrong}", actor.name))
            }),
            false => Ok(()),
        }
    }

    /// Nothing goes wrong any more: all that is pending must run, and nothing may be left.
    fn end(&mut self) -> Checked {
        self.note("heal".to_owned());
        self.world.heal();
        self.late = 0;
        if self.version == Version::Second {
            self.redeploy(Version::First);
        }
        for object in 0..self.actors.len() {
            let name = self.name(object)?;
            let limited = self.world.object::<first::Actor>(&name).limit_disk(None);
            limited.map_err(|error| error.to_string())?;
        }
        self.drain()?;
        for object in 0..self.actors.len() {
            let name = self.name(object)?;
            // What it has in memory must be what is on disk.
            self.world.object::<first::Actor>(&name).evict();
            let memory = self.memory(object)?;
            let actor = self.actors.get(object).ok_or("no such object")?;
            if memory.log != actor.log {
                return Err(format!("{name} has on disk {:?}", memory.log));
            }
            let looked = self.look(object)?.ok_or("it is healed and can't look")?;
            let actor = self.actors.get_mut(object).ok_or("no such object")?;
            let ended = actor.model.ended(&looked);
            ended.map_err(|wrong| format!("{name}: {wrong}"))?;
        }
        match self.world.next_wake() {
            Some(wake) => Err(format!(
                "nothing is pending, and an alarm is set for {wake}"
            )),
            None => Ok(()),
        }
    }

    /// Runs all that is pending, and stops what recurs: also what other work schedules meanwhile.
    fn drain(&mut self) -> Checked {
        for _ in 0..TIMES_DRAINED {
            for object in 0..self.actors.len() {
                self.stop_what_recurs(object)?;
            }
            self.note("run until idle".to_owned());
            let idle = self.world.run_until_idle();
            self.observe()?;
            let mut actors = self.actors.iter();
            if actors.all(|actor| actor.model.recurring().is_empty()) {
                return idle.map_err(|not_idle| not_idle.to_string());
            }
        }
        Err("it is healed and does not end".to_owned())
    }

    fn stop_what_recurs(&mut self, object: usize) -> Checked {
        for _ in 0..TIMES_ASKED {
            let actor = self.actors.get(object).ok_or("no such object")?;
            let recurring = actor.model.recurring();
            let ask = Ask {
                object: object as u8,
                tag: LAST,
                acts: recurring.into_iter().map(Act::Cancel).collect(),
                end: End::Ok,
            };
            let lines = actor.log.len();
            self.ask(&ask)?;
            let actor = self.actors.get(object).ok_or("no such object")?;
            if actor.log.len() > lines {
                return Ok(());
            }
        }
        Err("it is healed and can't be asked".to_owned())
    }
}

fn is_told(ask: &Ask, answer: &Answer, record: &Record) -> Checked {
    let right = record.tag == ask.tag
        && match answer {
            Answer::Done(told) => *told == record.told,
            _ => true,
        };
    match right {
        true => Ok(()),
        false => Err(format!("{ask:?} is kept as {record:?}, and told other")),
    }
}
