//! The end of a run: nothing goes wrong any more, and nothing may be left.

use super::{Checked, LAST, Run, TIMES_ASKED, TIMES_BUSY, TIMES_DRAINED};
use crate::model::calls;
use crate::program::{Act, Ask, End};
use crate::versions::first;
use lumenize::prelude::*;

/// By then the time of all calls is over.
const LONGEST_MEMORY: Duration = Duration::from_secs(3 * 24 * 3_600);

impl Run {
    /// Nothing goes wrong any more: all that is pending must run, and nothing may be left.
    pub(super) fn end(&mut self) -> Checked {
        self.note("heal".to_owned());
        self.world.heal();
        self.late = 0;
        for object in 0..self.actors.len() {
            let name = self.name(object)?;
            let limited = self.world.object::<first::Actor>(&name).limit_disk(None);
            limited.map_err(|error| error.to_string())?;
        }
        // What only the other version understands, then the rest.
        for version in [self.last.other(), self.last] {
            self.note(format!("{version:?} in the end"));
            self.redeploy(version);
            self.drain()?;
        }
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
        calls::ended(&self.models(), self.answers_all)?;
        if self.calls.is_empty() {
            self.has_no_alarm()?;
        }
        self.forgets_calls()?;
        self.has_no_alarm()
    }

    fn has_no_alarm(&self) -> Checked {
        match self.world.next_wake() {
            Some(wake) => Err(format!(
                "nothing is pending, and an alarm is set for {wake}"
            )),
            None => Ok(()),
        }
    }

    /// Executed calls are remembered until their time is over, and no longer.
    fn forgets_calls(&mut self) -> Checked {
        self.world.advance(LONGEST_MEMORY);
        for object in 0..self.actors.len() {
            let name = self.name(object)?;
            let mut object = self.world.object::<first::Actor>(&name);
            for table in ["lumenize_inbox", "lumenize_queue"] {
                match object.number(&format!("SELECT count(*) FROM {table}")) {
                    Ok(0) => {}
                    left => return Err(format!("{name} has left in {table}: {left:?}")),
                }
            }
        }
        Ok(())
    }

    /// Runs all that is pending, and stops what recurs: also what other work schedules meanwhile.
    fn drain(&mut self) -> Checked {
        let mut busy = 0;
        for _ in 0..TIMES_DRAINED {
            for object in 0..self.actors.len() {
                self.stop_what_recurs(object)?;
            }
            self.note("run until idle".to_owned());
            let idle = self.world.run_until_idle();
            self.observe(&[])?;
            let mut actors = self.actors.iter();
            if actors.all(|actor| actor.model.recurring().is_empty()) {
                return idle.map_err(|not_idle| not_idle.to_string());
            }
            if let Err(not_idle) = idle {
                busy += 1;
                if busy == TIMES_BUSY {
                    return Err(not_idle.to_string());
                }
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
                together: false,
            };
            let lines = actor.log.len();
            self.ask(&[&ask])?;
            let actor = self.actors.get(object).ok_or("no such object")?;
            if actor.log.len() > lines {
                return Ok(());
            }
        }
        Err("it is healed and can't be asked".to_owned())
    }
}
