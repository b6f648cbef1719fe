//! The shortest program that still fails.

use crate::program::{Act, Program, Step};
use crate::run::{Ran, run};
use std::time::{Duration, Instant};

/// How many programs are tried at most, and for how long: one that never ends takes its time.
const TRIES: u32 = 500;
const LONGEST: Duration = Duration::from_secs(20);

/// Takes steps and acts out while it still fails, in whatever way.
pub(crate) fn shrink(seed: u64, program: Program, ran: Ran) -> (Program, Ran) {
    let mut shrinking = Shrinking {
        seed,
        tries: 0,
        began: Instant::now(),
        program,
        ran,
    };
    let mut size = shrinking.program.steps.len() / 2;
    while size > 0 {
        shrinking.without_steps(size);
        size /= 2;
    }
    loop {
        let before = shrinking.tries;
        let smaller = shrinking.without_acts() | shrinking.without_steps(1);
        if !smaller || shrinking.tries == before {
            return (shrinking.program, shrinking.ran);
        }
    }
}

struct Shrinking {
    seed: u64,
    tries: u32,
    began: Instant,
    program: Program,
    ran: Ran,
}

impl Shrinking {
    fn has_ended(&self) -> bool {
        self.tries == TRIES || self.began.elapsed() > LONGEST
    }

    /// Takes this program if it fails, and says whether.
    fn take(&mut self, program: Program) -> bool {
        if self.has_ended() {
            return false;
        }
        self.tries += 1;
        let ran = run(self.seed, &program);
        let fails = ran.wrong.is_some();
        if fails {
            (self.program, self.ran) = (program, ran);
        }
        fails
    }

    /// Takes out so many steps at a time, from the end.
    fn without_steps(&mut self, size: usize) -> bool {
        let mut smaller = false;
        let mut end = self.program.steps.len();
        while end > 0 {
            let begin = end.saturating_sub(size);
            let mut program = self.program.clone();
            program.steps.drain(begin..end);
            smaller |= self.take(program);
            end = begin;
        }
        smaller
    }

    /// Takes out one act at a time, also of what is scheduled.
    fn without_acts(&mut self) -> bool {
        let mut smaller = false;
        let mut place = 0;
        loop {
            let mut program = self.program.clone();
            if !without_act(&mut program, place) {
                return smaller;
            }
            match self.take(program) {
                // The next one has its place now.
                true => smaller = true,
                false => place += 1,
            }
            if self.has_ended() {
                return smaller;
            }
        }
    }
}

/// Takes the act of this place out, all in a row; says whether there is one.
fn without_act(program: &mut Program, place: usize) -> bool {
    let mut left = place;
    program.steps.iter_mut().any(|step| match step {
        Step::Ask(ask) => without_act_of(&mut ask.acts, &mut left),
        _ => false,
    })
}

fn without_act_of(acts: &mut Vec<Act>, left: &mut usize) -> bool {
    for place in 0..acts.len() {
        if *left == 0 {
            acts.remove(place);
            return true;
        }
        *left -= 1;
        let inner = match acts.get_mut(place) {
            Some(Act::Schedule(plan)) => &mut plan.job.acts,
            Some(Act::Call(call)) => &mut call.acts,
            _ => continue,
        };
        if without_act_of(inner, left) {
            return true;
        }
    }
    false
}
