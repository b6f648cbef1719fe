//! The world: its clock, its alarms, and what goes wrong in it.

use super::disk::Disk;
use super::faults::{CrashPoint, Faults};
use super::network::{self, Flight, Network};
use super::object::WorldObject;
use super::place::{Factory, Key, Place, factory};
use super::server::{Asked, Happening, Outside, Served};
use super::trace::{self, Trace};
use crate::engine::ids::Random;
use crate::engine::{self, Delivered, Delivery, Effect, Event, Mail, Reply, Request, Start, Turns};
use crate::host::{SqlError, Storage, Tick};
use crate::object::Object;
use crate::views::date;
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// 2026-01-01T00:00:00Z, when a world begins.
const BEGINNING: i64 = 1_767_225_600_000;

/// A world of objects. It begins at 2026-01-01T00:00:00Z, and its clock moves only when it is told
/// to.
///
/// A crash keeps what was committed and forgets the rest: the objects' memory, their transactions
/// in progress, the callers who wait. After it, work that is due runs one item at a time, a
/// millisecond apart, as it does on every host after an unclean stop.
pub struct World {
    pub(super) now: i64,
    pub(super) random: Random,
    pub(super) objects: BTreeMap<Key, Place>,
    /// The types of the classes that are known.
    types: BTreeMap<&'static str, Factory>,
    pub(super) network: Network,
    pub(super) outside: Outside,
    pub(super) faults: Arc<Faults>,
    pub(super) trace: Arc<Trace>,
    /// How many milliseconds late alarms ring.
    lateness: i64,
    rings_twice: bool,
}

impl World {
    /// An empty world. All ids and all jitter in it come from the seed.
    pub fn new(seed: u64) -> Self {
        Self {
            now: BEGINNING,
            // Random numbers are drawn from both halves.
            random: Random::seeded(u128::from(seed) << 64 | u128::from(!seed)),
            objects: BTreeMap::new(),
            types: BTreeMap::new(),
            network: Network::default(),
            outside: Outside::default(),
            faults: Arc::new(Faults::default()),
            trace: Arc::new(Trace::default()),
            lateness: 0,
            rings_twice: false,
        }
    }

    /// The world's clock.
    pub fn now(&self) -> DateTime<Utc> {
        date(self.now)
    }

    /// Makes a type known, so that objects of it can be called by others. Types that the test itself
    /// asks objects of are known by that. Of two types with one name the first counts:
    /// [`redeploy`](Self::redeploy) puts another in its place.
    pub fn register<D: Object>(&mut self) {
        self.types.entry(D::CLASS).or_insert(factory::<D>());
    }

    /// Lets time pass: every alarm rings on its way, at its time, and every message arrives, the
    /// earliest first.
    pub fn advance(&mut self, time: Duration) {
        let target = self.now.saturating_add(millis(time));
        while self.next_event().is_some_and(|at| at <= target) {
            self.happen_next();
        }
        self.now = target;
    }

    /// Lets time pass until the next alarm has rung or the next message has arrived, and no more; says
    /// what time it is then, or `None` if there is neither.
    pub fn advance_to_next(&mut self) -> Option<DateTime<Utc>> {
        self.happen_next().then(|| self.now())
    }

    /// Sets the clock, forwards or backwards, as a machine's clock is set: nothing rings until
    /// time passes again. What travels arrives when it would have: the way takes as long as before.
    pub fn set_clock(&mut self, now: DateTime<Utc>) {
        let now = now.timestamp_millis();
        self.network.set_clock(now.saturating_sub(self.now));
        self.outside.set_clock(now.saturating_sub(self.now));
        self.now = now;
    }

    /// When the next alarm rings.
    pub fn next_wake(&self) -> Option<DateTime<Utc>> {
        self.next_ring().map(|(at, _)| date(at))
    }

    /// The process dies and starts again.
    pub fn crash(&mut self) {
        self.faults.restart();
        self.network.crash();
        self.outside.crash();
        for place in self.objects.values_mut() {
            place.end();
            place.start = Start::Unclean;
            // As after any unclean stop, each object is looked at once.
            place.disk.set_alarm(Some(self.now));
        }
    }

    /// The process dies at this point from now on, once, and starts again. Another call moves the
    /// point.
    ///
    /// What the object's code still does before it learns of its end, it does in vain: every
    /// statement is refused.
    pub fn crash_at(&mut self, point: CrashPoint) {
        self.faults.crash_at(point);
    }

    /// The `n`-th write from now on fails, counted from 1: a statement that changes something, be it
    /// the engine's own or a handler's. Its transaction is lost, as SQLite does it when the disk
    /// fails. How many writes the engine needs may change with each release, so try every `n` until
    /// [`heal`](Self::heal) says that it was not reached. Shapes of types are not counted: whether they are
    /// written depends on what the process has seen of a type before.
    pub fn fail_write(&mut self, n: u32) {
        self.faults.fail_write(n);
    }

    /// The `n`-th commit from now on that writes fails, counted from 1: nothing of it stays.
    pub fn fail_commit(&mut self, n: u32) {
        self.faults.fail_commit(n);
    }

    /// Every alarm rings so much later than it was set for, in whole milliseconds, from now on.
    pub fn delay_alarms(&mut self, by: Duration) {
        self.lateness = millis(by);
    }

    /// Every alarm rings twice from now on, as a platform rings that does not know whether the first
    /// time was heard; or once again.
    pub fn repeat_alarms(&mut self, twice: bool) {
        self.rings_twice = twice;
    }

    /// The engine goes other ways than it mostly does, from now on: each time that it may, so many times
    /// out of a hundred, at random. A wake ends before all that is due has run; what is due is read one by
    /// one, or run with the care that follows a crash; what was sent together is heard in a commit each;
    /// objects are dropped from memory between turns. All of it may happen on any host on some day, and
    /// nothing of it may make a difference but in which millisecond something runs.
    pub fn take_detours(&mut self, percent: u32) {
        let entropy = self.random.next_u128();
        self.faults.take_detours(percent, Random::seeded(entropy));
    }

    /// Handlers have no savepoints from now on, as on Cloudflare, where one takes longer than most handlers do;
    /// or have them again. Then all handlers of a wake are rolled back if one fails, and those that ran before it run
    /// once more, with the same time and the same ids. The one that failed is not run again with them. The object's
    /// own state is the same either way; what a handler does elsewhere (a line of a log, a counter in a `static`) is
    /// done twice.
    pub fn spare_savepoints(&mut self, spare: bool) {
        self.faults.spare_savepoints(spare);
    }

    /// Of a hundred messages between objects, so many are lost from now on, at random. Messages are
    /// attempts at calls, their answers, and the acknowledgements of those. A caller may hear that an
    /// attempt was lost, or hear nothing.
    pub fn lose_messages(&mut self, percent: u32) {
        self.network.lost = percent;
    }

    /// Of a hundred messages between objects, so many arrive twice from now on, at random.
    pub fn repeat_messages(&mut self, percent: u32) {
        self.network.repeated = percent;
    }

    /// Every message between objects travels up to so much longer from now on, at random, in whole
    /// milliseconds; so they overtake each other. Without it they travel 1 to 10 ms, and overtake each
    /// other as well.
    pub fn delay_messages(&mut self, up_to: Duration) {
        self.network.delay = network::delay(up_to);
    }

    /// No message reaches this object any more, nor comes from it; or they do again. What is under way
    /// arrives.
    pub fn cut_off<D: Object>(&mut self, name: &str, cut: bool) {
        let key = (D::CLASS, name.to_owned());
        match cut {
            true => self.network.cut_off.insert(key),
            false => self.network.cut_off.remove(&key),
        };
    }

    /// What answers the fetches of this world from now on, each attempt of which is asked of `serve` once
    /// (but for those that are [lost](Self::lose_fetches)), within 1 to 10 ms. What it answers is heard
    /// within 1 to 10 ms more. Without any, a fetch ends as
    /// [`FetchError::HandOver`](crate::fetch::FetchError::HandOver).
    pub fn serve(&mut self, serve: impl FnMut(&Asked) -> Served + 'static) {
        self.outside.serve(serve);
    }

    /// What executes the fetches dies, and starts again: nothing is heard of the attempts under way. (When
    /// the process dies, so does what executes its fetches.)
    pub fn crash_executor(&mut self) {
        self.outside.crash();
    }

    /// Of a hundred attempts at fetches, so many are lost from now on, at random, one half of them before
    /// the server hears of it: what executes them dies with them.
    pub fn lose_fetches(&mut self, percent: u32) {
        self.outside.lost = percent;
    }

    /// Of a hundred outcomes of attempts at fetches, so many arrive twice from now on, at random.
    pub fn repeat_fetches(&mut self, percent: u32) {
        self.outside.repeated = percent;
    }

    /// Every outcome of an attempt at a fetch arrives up to so much later from now on, at random, in whole
    /// milliseconds: perhaps when the attempt was given up for lost.
    pub fn delay_fetches(&mut self, up_to: Duration) {
        self.outside.delay = network::delay(up_to);
    }

    /// Takes back every scripted fault: crashes and failures that have not happened, late and
    /// repeated alarms, detours, what becomes of messages and fetches. [Limits of disks](WorldObject::limit_disk)
    /// stay, and so does that savepoints are [spared](Self::spare_savepoints).
    /// Says whether a crash or a failure was still to come.
    pub fn heal(&mut self) -> bool {
        self.lateness = 0;
        self.rings_twice = false;
        self.network.heal();
        self.outside.heal();
        self.faults.heal()
    }

    /// Stops the process in good order and starts it with another version of a type: from now on
    /// `D` is what all objects of the class of its name are, those that there are and those to come.
    /// Callers may still ask them with continuations of the version before. Parked work is tried when
    /// its object is asked or wakes, as on every host.
    pub fn redeploy<D: Object>(&mut self) {
        let factory = factory::<D>();
        self.types.insert(D::CLASS, factory);
        for (key, place) in &mut self.objects {
            place.end();
            if key.0 == D::CLASS {
                place.factory = factory;
            }
        }
    }

    /// An object of this world; it begins to exist when something is written.
    pub fn object<D: Object>(&mut self, name: &str) -> WorldObject<'_, D> {
        WorldObject::new(self, (D::CLASS, name.to_owned()))
    }

    pub(super) fn place<D: Object>(&mut self, key: &Key) -> Result<&mut Place, SqlError> {
        // Not by `entry`: making the database may fail.
        if !self.objects.contains_key(key) {
            let factory = *self.types.entry(D::CLASS).or_insert(factory::<D>());
            self.add(key, factory)?;
        }
        self.objects
            .get_mut(key)
            .ok_or_else(|| SqlError::statement("there is no such object".to_owned()))
    }

    fn add(&mut self, key: &Key, factory: Factory) -> Result<(), SqlError> {
        let place = Place {
            factory,
            disk: Arc::new(Disk::new(
                Arc::clone(&self.faults),
                Arc::clone(&self.trace),
            )?),
            engine: None,
            start: Start::Clean,
            knows_parked: false,
        };
        self.objects.insert(key.clone(), place);
        Ok(())
    }

    /// When the next alarm rings, and whose.
    pub(super) fn next_ring(&self) -> Option<(i64, &Key)> {
        self.objects
            .iter()
            .filter_map(|(key, place)| Some((place.disk.database().alarm()?, key)))
            .min()
            .map(|(at, key)| (at.saturating_add(self.lateness), key))
    }

    /// When something happens next.
    fn next_event(&self) -> Option<i64> {
        let ring = self.next_ring().map(|(at, _)| at);
        [ring, self.next_arrival()].into_iter().flatten().min()
    }

    /// When the next message arrives, or something happens to a fetch.
    fn next_arrival(&self) -> Option<i64> {
        let arrivals = [self.network.next(), self.outside.next()];
        arrivals.into_iter().flatten().min()
    }

    /// Rings the next alarm at its time, or lets the next message arrive or the next thing happen to a
    /// fetch, whatever is first; says whether there was any.
    pub(super) fn happen_next(&mut self) -> bool {
        let arrives = self.next_arrival();
        let ring = self.next_ring().map(|(at, key)| (at, key.clone()));
        let ring = ring.filter(|(at, _)| arrives.is_none_or(|arrives| arrives >= *at));
        let Some((at, key)) = ring else {
            return match arrives == self.network.next() {
                true => self.arrive_next(),
                false => self.happen_outside(),
            };
        };
        self.now = self.now.max(at);
        // The clock may have been set back since the alarm was set.
        let scheduled = at.saturating_sub(self.lateness).min(self.now);
        for _ in 0..=u8::from(self.rings_twice) {
            if self.turns(&key, Event::Alarm { scheduled }).is_none() {
                return true;
            }
            self.has_rung(&key, scheduled);
        }
        true
    }

    /// An alarm that is set for the time of the one that rings, or before, is no change to some hosts: when
    /// it has rung there is none.
    fn has_rung(&self, key: &Key, scheduled: i64) {
        let disk = self.objects.get(key).map(|place| &place.disk);
        if let Some(disk) = disk
            && disk.database().alarm().is_some_and(|at| at <= scheduled)
        {
            disk.set_alarm(None);
        }
    }

    /// Lets the next message arrive, and says whether there was one. Those that arrive at one place in
    /// the same millisecond are heard together, as out of a mailbox.
    fn arrive_next(&mut self) -> bool {
        let Some((at, to, arriving)) = self.network.take() else {
            return false;
        };
        self.now = self.now.max(at);
        let mut attempts = Vec::new();
        let mail = arriving.into_iter().map(|flight| match flight {
            Flight::Outcome { delivery, .. } => Mail::Outcome(delivery),
            Flight::Acknowledged { call, .. } => Mail::Acknowledged(call),
            Flight::Call {
                from,
                call,
                program,
            } => {
                let token = attempts.len() as u64;
                attempts.push((from, call.id, call.attempt));
                Mail::Request(Request {
                    token,
                    program,
                    call: Some(call),
                })
            }
        });
        let event = Event::Mail(mail.collect());
        for reply in self.turns(&to, event).into_iter().flatten() {
            let Reply {
                token,
                answer,
                kept,
            } = reply;
            if let Some((caller, call, attempt)) = attempts.get(token as usize).cloned() {
                let outcome = Delivered::Answered { answer, kept };
                let delivery = Delivery {
                    call,
                    attempt,
                    outcome,
                };
                let from = to.clone();
                self.send(caller, Flight::Outcome { from, delivery });
            }
        }
        true
    }

    /// Lets the next thing happen to a fetch.
    fn happen_outside(&mut self) -> bool {
        let Some((at, heard)) = self.outside.happen(&mut self.random) else {
            return false;
        };
        self.now = self.now.max(at);
        if let Some((key, fetched)) = heard {
            self.turns(&key, Event::Mail(vec![Mail::Fetched(fetched)]));
        }
        true
    }

    fn send(&mut self, to: Key, flight: Flight) {
        self.network.send(self.now, to, flight, &mut self.random);
    }

    /// Sends what an object's turn asks for.
    fn perform(&mut self, from: &Key, effect: Effect) {
        match effect {
            Effect::Send { to, call, program } => {
                let (id, attempt) = (call.id, call.attempt);
                match self.callee(&to) {
                    Ok(key) => {
                        let from = from.clone();
                        self.send(
                            key,
                            Flight::Call {
                                from,
                                call,
                                program,
                            },
                        );
                    }
                    Err(reason) => {
                        let delivery = Delivery {
                            call: id,
                            attempt,
                            outcome: Delivered::Impossible { reason },
                        };
                        let mail = vec![Mail::Outcome(delivery)];
                        self.turns(from, Event::Mail(mail));
                    }
                }
            }
            Effect::Acknowledge { to, call } => {
                if let Ok(key) = self.callee(&to) {
                    let from = from.clone();
                    self.send(key, Flight::Acknowledged { from, call });
                }
            }
            Effect::Fetch(attempt) => {
                let ask = Happening::Ask(from.clone(), attempt);
                self.outside.take(self.now, ask, &mut self.random);
            }
            Effect::CancelFetch(fetch) => {
                let cancel = Happening::Cancel(fetch);
                self.outside.take(self.now, cancel, &mut self.random);
            }
            Effect::Reply(_) | Effect::Resume { .. } | Effect::Destroyed => {}
        }
    }

    /// The object at this address, which begins to exist if need be.
    fn callee(&mut self, to: &engine::Address) -> Result<Key, String> {
        if to.by_id {
            return Err("this host knows objects by their names only".to_owned());
        }
        let known = self.types.get_key_value(to.class.as_str());
        let Some((&class, &factory)) = known else {
            return Err(format!(
                "the type `{0}` is not known to the world; call `world.register::<{0}>()`",
                to.class
            ));
        };
        let key = (class, to.instance.clone());
        if !self.objects.contains_key(&key) {
            self.add(&key, factory).map_err(|error| error.to_string())?;
        }
        Ok(key)
    }

    /// Lets something happen to an object, and sends what it asks for; `None` if the process dies of it.
    pub(super) fn turns(&mut self, key: &Key, event: Event) -> Option<Vec<Reply>> {
        let (now, random) = (self.now, &mut self.random);
        let faults = Arc::clone(&self.faults);
        let traced = Arc::clone(&self.trace);
        traced.moves_to(now, || format!("{} {:?}", key.0, key.1));
        traced.note(|| trace::event(&event));
        let engine = self.objects.get_mut(key)?.engine(key);
        let came = Faults::running(&faults, || {
            engine::turns(engine, event, || {
                (!faults.is_dead()).then(|| tick(now, random))
            })
        });
        if faults.is_dead() {
            traced.note(|| "the process has died".to_owned());
            self.crash();
            return None;
        }
        for reply in &came.replies {
            traced.note(|| trace::reply(reply));
        }
        for effect in came.sent {
            self.perform(key, effect);
        }
        Some(came.replies)
    }

    /// Looks at an object without faults; `None` if there is none.
    pub(super) fn aside<T>(
        &mut self,
        key: &Key,
        look: impl FnOnce(&mut dyn Turns, Tick) -> T,
    ) -> Option<T> {
        let tick = tick(self.now, &mut self.random);
        let engine = self.objects.get_mut(key)?.engine(key);
        Some(self.faults.aside(|| look(engine, tick)))
    }
}

fn tick(now: i64, random: &mut Random) -> Tick {
    Tick {
        now,
        entropy: random.next_u128(),
    }
}

fn millis(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}
