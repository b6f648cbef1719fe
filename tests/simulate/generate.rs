//! A program from a seed. Each seed enables some kinds of acts and some kinds of faults and no others
//! (swarm testing: Groce, Zhang, Eide, Chen, Regehr, 2012): with all of them in each, many would be
//! hidden by others.

use crate::actor::SPARE_ATTEMPTS;
use crate::program::{Act, Ask, Call, End, Fault, Form, Job, Plan, Program, Step, Version, When};
use crate::random::Random;

/// 2026-01-01T00:00:00Z, when a world begins.
const BEGINNING: i64 = 1_767_225_600_000;
/// How many crashes there may be in one program: fewer than `#[on_failed]` and what is not meant to
/// fail have attempts, as a crash may cost one.
const CRASHES: usize = 4;
/// The bits of the swarm.
const KINDS: u64 = 41;

struct Generator {
    random: Random,
    /// Which kinds are enabled.
    swarm: u64,
    objects: u8,
    next_tag: u32,
    crashes: usize,
    /// What may be cancelled, retried, and planned again, of each object.
    known: Vec<Known>,
}

#[derive(Clone, Default)]
struct Known {
    tags: Vec<u32>,
    hopeless: Vec<u32>,
    named: Vec<Plan>,
    calls: Vec<u32>,
}

/// The kinds that a swarm has or has not.
#[derive(Clone, Copy)]
enum Kind {
    Names,
    Intervals,
    Cron,
    Dates,
    Chains,
    Nests,
    Nested,
    Fails,
    Hopeless,
    Panics,
    Cancels,
    Retries,
    State,
    Destroys,
    Many,
    AsksThatFail,
    Looks,
    SameTime,
    Meetings,
    Again,
    Crash,
    CrashAt,
    CrashInHandler,
    Write,
    Commit,
    Disk,
    Clock,
    Evict,
    Late,
    Twice,
    Parks,
    Kills,
    Detours,
    Calls,
    CancelsCalls,
    Loses,
    Repeats,
    Slow,
    Cuts,
    Spares,
    Together,
}

/// The program of a seed.
pub fn generate(seed: u64) -> Program {
    let mut random = Random::new(seed);
    // Half of the kinds, or three quarters, or a quarter.
    let (a, b, c) = (random.next(), random.next(), random.within(0..=2));
    let mut swarm = match c {
        0 => a,
        1 => a | b,
        _ => a & b,
    } % (1 << KINDS);
    if random.one_in(3) {
        // Nothing that fails: then the model is strict.
        for kind in [
            Kind::Crash,
            Kind::CrashAt,
            Kind::CrashInHandler,
            Kind::Write,
            Kind::Commit,
            Kind::Disk,
            Kind::Kills,
            Kind::Spares,
        ] {
            swarm &= !(1 << kind as u64);
        }
    }
    if swarm >> (Kind::Calls as u64) & 1 == 1 {
        // What a fresh object notes behind the one that is gone could not be told apart.
        swarm &= !(1 << Kind::Destroys as u64);
    }
    let objects = random.within(1..=3) as u8;
    let mut generator = Generator {
        random,
        swarm,
        objects,
        next_tag: 0,
        crashes: 0,
        known: vec![Known::default(); objects.into()],
    };
    let count = generator.random.within(4..=40);
    let mut steps: Vec<Step> = Vec::new();
    for _ in 0..count {
        let step = generator.step();
        let others = generator.asks_together_with(&step);
        steps.push(step);
        steps.extend(others.into_iter().map(Step::Ask));
    }
    let last = generator.redeploys(&mut steps);
    if generator.has(Kind::Spares) {
        steps.insert(0, Step::Fault(Fault::Spares));
    }
    Program {
        objects,
        steps,
        last,
    }
}

impl Generator {
    fn has(&self, kind: Kind) -> bool {
        self.swarm >> (kind as u64) & 1 == 1
    }

    fn tag(&mut self) -> u32 {
        self.next_tag += 1;
        self.next_tag
    }

    fn object(&mut self) -> u8 {
        self.random.within(0..=u64::from(self.objects) - 1) as u8
    }

    fn step(&mut self) -> Step {
        if self.random.one_in(4)
            && let Some(fault) = self.fault()
        {
            return Step::Fault(fault);
        }
        let object = self.object();
        match self.random.within(0..=9) {
            0..=4 => Step::Ask(self.ask(object)),
            5 if self.has(Kind::Looks) => Step::Look(object),
            5 | 6 => Step::Next,
            7 => Step::Advance(self.random.within(0..=600_000)),
            _ => Step::Advance(self.random.within(0..=5_000)),
        }
    }

    /// What is asked at the same time as this.
    fn asks_together_with(&mut self, step: &Step) -> Vec<Ask> {
        let Step::Ask(Ask { object, .. }) = step else {
            return Vec::new();
        };
        if !self.has(Kind::Together) || self.random.one_in(3) {
            return Vec::new();
        }
        let count = self.random.within(1..=5);
        let asks = (0..count).map(|_| Ask {
            together: true,
            ..self.ask(*object)
        });
        asks.collect()
    }

    fn ask(&mut self, object: u8) -> Ask {
        let tag = self.tag();
        let end = match self.has(Kind::AsksThatFail) && self.random.one_in(6) {
            true => self.failure(),
            false => End::Ok,
        };
        let mut acts = Vec::new();
        if self.has(Kind::Many) && self.random.one_in(12) {
            let when = When::After(self.random.within(0..=2_000));
            for _ in 0..self.random.within(90..=130) {
                let job = Job {
                    tag: self.tag(),
                    fails: 0,
                    end: End::Ok,
                    acts: Vec::new(),
                };
                acts.push(Act::Schedule(Plan {
                    name: None,
                    when,
                    form: Form::Plain,
                    attempts: SPARE_ATTEMPTS,
                    delay: 1_000,
                    job,
                }));
            }
        }
        for _ in 0..self.random.within(0..=3) {
            acts.push(self.act(object, 0, false));
        }
        Ask {
            object,
            tag,
            acts,
            end,
            together: false,
        }
    }

    fn failure(&mut self) -> End {
        match self.random.within(0..=3) {
            0 | 1 if self.has(Kind::Panics) => End::Panic,
            2 if self.has(Kind::Kills) => End::Kill,
            _ => End::Error,
        }
    }

    /// What a handler does, so many levels deep, and whether it is done again and again.
    fn act(&mut self, object: u8, depth: u32, recurs: bool) -> Act {
        let known = self
            .known
            .get(usize::from(object))
            .cloned()
            .unwrap_or_default();
        let key = self.random.within(0..=3) as u8;
        let name = self.random.within(0..=2) as u8;
        match self.random.within(0..=15) {
            0 if self.has(Kind::Cancels) => self
                .random
                .pick(&known.tags)
                .map_or(Act::Get(key), Act::Cancel),
            1 if self.has(Kind::Cancels) && self.has(Kind::Names) => Act::CancelNamed(name),
            2 if self.has(Kind::Retries) => self
                .random
                .pick(&known.hopeless)
                .map_or(Act::Get(key), Act::Retry),
            3 if self.has(Kind::Retries) && self.random.one_in(2) => self
                .random
                .pick(&known.hopeless)
                .map_or(Act::Get(key), Act::Discard),
            4 | 5 if self.has(Kind::State) => Act::Put(key, self.random.within(0..=99) as i64),
            6 if self.has(Kind::State) => Act::Get(key),
            7 if self.has(Kind::State) => Act::Delete(key),
            8 if self.has(Kind::Destroys) && self.random.one_in(4) => Act::Destroy,
            9 if self.has(Kind::Again) => self
                .random
                .pick(&known.named)
                .map_or(Act::Get(key), Act::Schedule),
            10..=13 if self.has(Kind::Calls) && depth < 3 && !recurs => {
                Act::Call(self.call(object, depth))
            }
            14 if self.has(Kind::CancelsCalls) => self
                .random
                .pick(&known.calls)
                .map_or(Act::Get(key), Act::CancelCall),
            _ => Act::Schedule(self.plan(object, depth, recurs)),
        }
    }

    fn call(&mut self, caller: u8, depth: u32) -> Call {
        let (tag, to) = (self.tag(), self.object());
        let timeouts = [5_000, 60_000, 3_600_000];
        let timeout = self.random.pick(&timeouts).unwrap_or(60_000);
        let end = match self.has(Kind::AsksThatFail) && self.random.one_in(4) {
            true => self.failure(),
            false => End::Ok,
        };
        let fails = match self.has(Kind::Fails) && self.random.one_in(4) {
            true => self.random.within(1..=2) as u32,
            false => 0,
        };
        let handler = Some((fails, self.failure())).filter(|_| !self.random.one_in(6));
        let acts = (0..self.random.within(0..=2))
            .map(|_| self.act(to, depth + 1, false))
            .collect();
        if let Some(known) = self.known.get_mut(usize::from(caller)) {
            known.calls.extend(handler.map(|_| tag));
        }
        Call {
            tag,
            to,
            acts,
            end,
            timeout,
            handler,
        }
    }

    fn when(&mut self, recurs: bool) -> When {
        let longest = match self.random.one_in(8) && !recurs {
            true => 3_600_000,
            false => 10_000,
        };
        let ms = match self.has(Kind::SameTime) {
            true => self.random.within(0..=longest / 1_000) * 1_000,
            false => self.random.within(0..=longest),
        };
        match self.random.within(0..=5) {
            0 if self.has(Kind::Intervals) && !recurs => When::Every(60_000 + ms * 7),
            1 if self.has(Kind::Cron) && !recurs => {
                let each = self.random.pick(&[30_000, 60_000, 3_600_000]);
                When::Cron(each.unwrap_or(60_000))
            }
            // Few dates, at which much meets that was scheduled by clocks before and behind each other.
            2..=4 if self.has(Kind::Meetings) && !recurs => {
                When::At(BEGINNING + self.random.within(1..=8) as i64 * 300_000)
            }
            2 if self.has(Kind::Dates) && !recurs => {
                When::At(BEGINNING + self.random.within(0..=600) as i64 * 1_000)
            }
            _ => When::After(ms),
        }
    }

    fn form(&mut self, must_run: bool) -> Form {
        let value = self.random.within(0..=99) as i64;
        match self.random.within(0..=5) {
            0 if self.has(Kind::Chains) => Form::Chain,
            1 if self.has(Kind::Chains) => Form::Pipe(value),
            2 if self.has(Kind::Nests) => Form::Nest(value, value + 1),
            3 | 4 if self.has(Kind::Parks) && !must_run => match value % 3 {
                0 => Form::Own,
                1 => Form::Renamed,
                _ => Form::Grown,
            },
            _ => Form::Plain,
        }
    }

    fn plan(&mut self, object: u8, depth: u32, recurs: bool) -> Plan {
        let tag = self.tag();
        let name = match self.has(Kind::Names) && !recurs && self.random.one_in(2) {
            true => Some(self.random.within(0..=2) as u8),
            false => None,
        };
        let when = self.when(recurs);
        // Of what is planned again and again, one may be parked and another not.
        let form = self.form(name.is_some() || recurs);
        let mut fails = match self.has(Kind::Fails) && self.random.one_in(4) {
            true => self.random.within(1..=3) as u32,
            false => 0,
        };
        let mut attempts = fails + SPARE_ATTEMPTS;
        if self.has(Kind::Hopeless) && form.is_common() && self.random.one_in(6) {
            attempts = self.random.within(1..=3) as u32;
            fails = u32::MAX;
        }
        let again = recurs || matches!(when, When::Every(_) | When::Cron(_));
        let deepest = if again { 1 } else { 3 };
        let mut acts = Vec::new();
        if self.has(Kind::Nested) && depth < deepest {
            for _ in 0..self.random.within(0..=2) {
                acts.push(self.act(object, depth + 1, again));
            }
        }
        let plan = Plan {
            name,
            when,
            form,
            attempts,
            delay: self.random.within(0..=2_000),
            job: Job {
                tag,
                fails,
                end: self.failure(),
                acts,
            },
        };
        let mut acts = plan.job.acts.iter();
        let plans = acts.any(|act| matches!(act, Act::Schedule(_) | Act::Call(_)));
        // What is scheduled again and again has no identity.
        if let Some(known) = self.known.get_mut(usize::from(object)).filter(|_| !recurs) {
            known.tags.push(tag);
            match plan.is_hopeless() {
                true => known.hopeless.push(tag),
                // Twice planned, what it plans without a name would be there twice.
                false if plan.name.is_some() && !plans => known.named.push(plan.clone()),
                false => {}
            }
        }
        plan
    }

    /// At least one redeploy and one rollback, wherever that is; says which version is the last.
    fn redeploys(&mut self, steps: &mut Vec<Step>) -> Version {
        let count = self.random.within(2..=4);
        let mut version = Version::First;
        let mut places: Vec<_> = (0..count)
            .map(|_| self.random.within(1..=steps.len() as u64) as usize)
            .collect();
        places.sort_unstable();
        for (before, place) in places.into_iter().enumerate() {
            version = version.other();
            steps.insert(place + before, Step::Fault(Fault::Redeploy(version)));
        }
        match self.random.one_in(2) {
            true => Version::First,
            false => Version::Second,
        }
    }

    fn fault(&mut self) -> Option<Fault> {
        let object = self.object();
        let n = self.random.within(1..=6) as u32;
        let which = self.random.within(0..=15);
        let fault = match which {
            0 if self.has(Kind::Crash) => Fault::Crash,
            1 if self.has(Kind::CrashAt) => match self.random.within(0..=2) {
                0 => Fault::CrashBeforeCommit(n),
                1 => Fault::CrashAtCommit(n),
                _ => Fault::CrashAfterCommit(n),
            },
            2 if self.has(Kind::CrashInHandler) => Fault::CrashInHandler(n),
            3 if self.has(Kind::Write) => Fault::Write(self.random.within(1..=40) as u32),
            4 if self.has(Kind::Commit) => Fault::Commit(n),
            5 if self.has(Kind::Disk) => Fault::Disk(
                object,
                Some(self.random.within(0..=16_384)).filter(|_| n > 3),
            ),
            6 if self.has(Kind::Clock) => Fault::Clock(match n {
                1 | 2 => -(self.random.within(0..=600_000) as i64),
                3 => self.random.within(0..=86_400_000) as i64,
                _ => self.random.within(0..=10_000) as i64,
            }),
            7 if self.has(Kind::Evict) => Fault::Evict(object),
            8 if self.has(Kind::Late) => Fault::Late(match n {
                1 => 0,
                _ => self.random.within(0..=5_000),
            }),
            9 if self.has(Kind::Twice) => Fault::Twice(n > 2),
            11 if self.has(Kind::Loses) => Fault::Lose(self.random.within(0..=60) as u32),
            12 if self.has(Kind::Repeats) => Fault::Repeat(self.random.within(0..=60) as u32),
            13 if self.has(Kind::Slow) => Fault::Slow(self.random.within(0..=90_000)),
            15 if self.has(Kind::Detours) => Fault::Detours(self.random.within(0..=50) as u32),
            14 if self.has(Kind::Cuts) => Fault::CutOff(object, n > 2),
            _ => return None,
        };
        if fault.is_crash() {
            self.crashes += 1;
        }
        Some(fault).filter(|fault| !fault.is_crash() || self.crashes <= CRASHES)
    }
}
