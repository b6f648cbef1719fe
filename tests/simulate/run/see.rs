//! What is seen of each object, which its model must allow.

use super::{Answer, Checked, Ran, Run};
use crate::actor::witnessed;
use crate::model::{Model, calls};
use crate::program::{Ask, End, Record, What};

/// What one object was asked at one time, and what came of each.
type Asked<'a> = [(&'a Ask, Answer)];

impl Ran {
    fn count(&mut self, records: &[Record]) {
        self.records += records.len();
        let calls = records.iter().filter(|record| record.what.is_of_a_call());
        self.calls += calls.count();
    }
}

impl Run {
    /// Whose log may have grown: a request runs that object alone, time runs all.
    fn touched(&self, asked: &Asked<'_>) -> std::ops::Range<usize> {
        match asked.first() {
            Some((ask, _)) => usize::from(ask.object)..usize::from(ask.object) + 1,
            None => 0..self.actors.len(),
        }
    }

    pub(super) fn observe(&mut self, asked: &Asked<'_>) -> Checked {
        self.see_the_time();
        match self.strict {
            true => self.observe_attempts(asked)?,
            false => self.observe_log(asked)?,
        }
        calls::agree(&self.models(), self.answers_all)
    }

    pub(super) fn models(&self) -> Vec<&Model> {
        self.actors.iter().map(|actor| &actor.model).collect()
    }

    /// Every attempt is known, and must be what the model says; the log has those that went well.
    fn observe_attempts(&mut self, asked: &Asked<'_>) -> Checked {
        let mut waiting = asked.iter();
        let witnessed = witnessed();
        for (name, record) in &witnessed {
            self.note(format!("  {name}: {record:?}"));
        }
        for object in self.touched(asked) {
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
                let (ran, stays) = match waiting.next() {
                    Some((ask, answer)) => {
                        actor.model.asked(&ask.acts, ask.end, record)?;
                        is_told(ask, answer, record)?;
                        (1, ask.end == End::Ok)
                    }
                    None if record.what.is_of_a_call() => {
                        (1, actor.model.ran_for_a_call(record, &self.calls)?)
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
                    self.ran.count(done);
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
        match waiting.next() {
            Some((ask, _)) => Err(format!("{ask:?} was answered and did not run")),
            None => Ok(()),
        }
    }

    /// What is new in the logs was committed, and must be what the model allows.
    fn observe_log(&mut self, asked: &Asked<'_>) -> Checked {
        witnessed();
        let now = self.world.now().timestamp_millis();
        for object in self.touched(asked) {
            let log = self.memory(object)?.log;
            let mut lines = Vec::new();
            let Some(actor) = self.actors.get_mut(object) else {
                continue;
            };
            let name = &actor.name;
            let mut waiting = asked.iter();
            let destroys = waiting
                .clone()
                .any(|(ask, answer)| ask.destroys() && !matches!(answer, Answer::NotDone));
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
                if record.what == What::Asked {
                    break;
                }
                lines.push(format!("  {name}: {record:?}"));
                let ran = match record.what.is_of_a_call() {
                    true => actor.model.ran_for_a_call(record, &self.calls).map(|_| 1)?,
                    false => actor.model.ran(left)?,
                };
                left = left.split_at(ran).1;
            }
            for record in left {
                lines.push(format!("  {name}: {record:?}"));
                let (ask, answer) = kept(&mut waiting, record)?;
                is_told(ask, answer, record)?;
                actor.model.asked(&ask.acts, ask.end, record)?;
            }
            waiting.try_for_each(is_not_kept)?;
            self.ran.count(new);
            actor.log = log;
            for line in lines {
                self.note(line);
            }
        }
        Ok(())
    }

    /// Where nothing fails, nothing is late but by what alarms are.
    pub(super) fn is_punctual(&mut self) -> Checked {
        // A wake runs 100 items, and one that was parked: the next is a millisecond later. With detours it
        // may run one alone.
        const WAKES: i64 = 500;
        let now = self.world.now().timestamp_millis() - self.late as i64 - WAKES;
        match self.strict {
            true => self.actors.iter().try_for_each(|actor| {
                let punctual = actor.model.is_punctual(now);
                punctual.map_err(|wrong| format!("{}: {wrong}", actor.name))
            }),
            false => Ok(()),
        }
    }
}

/// The one of which this is kept. What was asked before it and has left nothing was not done.
fn kept<'a>(
    waiting: &mut std::slice::Iter<'a, (&Ask, Answer)>,
    record: &Record,
) -> Checked<&'a (&'a Ask, Answer)> {
    for asked in waiting {
        if asked.0.tag == record.tag
            && asked.0.end == End::Ok
            && !matches!(asked.1, Answer::NotDone)
        {
            return Ok(asked);
        }
        is_not_kept(asked)?;
    }
    Err(format!("{record:?} is kept, and nobody was told"))
}

fn is_not_kept((ask, answer): &(&Ask, Answer)) -> Checked {
    match answer {
        Answer::Done(_) => Err(format!("{ask:?} was answered, and it is not kept")),
        Answer::NotDone | Answer::Unknown => Ok(()),
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
