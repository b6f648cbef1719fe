//! What the engine and the services of one object share: the turn that is running.

use super::Error;
use crate::codec::{self, ShapeHash};
use crate::continuation::program::Program;
use crate::engine::Effect;
use crate::engine::ids::{Ids, Random};
use crate::host::{Identity, SqlError, Storage, Tick};
use crate::store::{Item, Name, Store};
use crate::sync::lock;
use crate::views::Caller;
use std::sync::{Arc, Mutex, MutexGuard};
use uuid::Uuid;

/// What the user's code may do right now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// Nothing: no code of the object runs.
    None,
    /// `new` runs: state only.
    Building,
    /// A handler that takes `&self` runs.
    Reading,
    /// A handler that takes `&mut self` runs.
    Writing,
}

pub(crate) struct Shared {
    pub(crate) storage: Arc<dyn Storage>,
    pub(crate) store: Store,
    pub(crate) identity: Identity,
    turn: Mutex<Turn>,
}

struct Turn {
    access: Access,
    now: i64,
    attempt: u32,
    /// The hops of what the running item adds.
    begets: u32,
    /// What the running item has added.
    added: Added,
    /// Who runs the handler.
    caller: Caller,
    /// What is to be done after the commit; nothing in place of what was taken back.
    effects: Vec<Option<Effect>>,
    /// What was taken back of them: how many there were then, its place, and it.
    taken_back: Vec<(usize, usize, Effect)>,
    /// Whether the running item ends the object.
    destroys: bool,
    drawn: Drawn,
    /// The shapes that the object is known to have, sorted. Forgotten with each rollback.
    shapes: Vec<ShapeHash>,
}

/// What a turn draws from. To draw from what it was before is to draw the same again.
#[derive(Clone, Copy, Default)]
pub(crate) struct Drawn {
    random: Random,
    ids: Ids,
    /// When the last item was to run that was slowed.
    slowed: i64,
}

#[derive(Default)]
struct Added {
    items: usize,
    bytes: usize,
}

/// How much one item may add to the queue.
const MAX_ADDED: usize = 1_000;
const MAX_ADDED_BYTES: usize = 8 << 20;

/// From so many items on that begot each other, and nothing from outside between them, they are slowed.
pub(crate) const MAX_HOPS: u32 = 100_000;
/// Milliseconds between them then.
const SLOWED: i64 = 100;

impl Shared {
    pub(crate) fn new(storage: Arc<dyn Storage>, identity: Identity) -> Self {
        Self {
            store: Store::new(Arc::clone(&storage)),
            storage,
            identity,
            turn: Mutex::new(Turn {
                access: Access::None,
                now: 0,
                attempt: 1,
                begets: 0,
                added: Added::default(),
                caller: Caller::Own,
                effects: Vec::new(),
                taken_back: Vec::new(),
                destroys: false,
                drawn: Drawn::default(),
                shapes: Vec::new(),
            }),
        }
    }

    pub(crate) fn begin(&self, tick: Tick) {
        let mut turn = self.turn();
        turn.now = tick.now;
        turn.drawn.random = Random::seeded(tick.entropy);
    }

    pub(crate) fn allow(&self, access: Access) {
        self.turn().access = access;
    }

    /// A program of a caller is about to run, which so many items begot, one another.
    pub(crate) fn start_request(&self, caller: Caller, hops: u32) {
        let mut turn = self.turn();
        turn.begets = match &caller {
            Caller::Object { .. } => hops.saturating_add(1),
            _ => 0,
        };
        turn.caller = caller;
        turn.attempt = 1;
        turn.added = Added::default();
    }

    /// An item is about to run, which so many others begot, one another.
    pub(crate) fn start_item(&self, attempt: u32, hops: u32) {
        let mut turn = self.turn();
        turn.attempt = attempt;
        turn.caller = Caller::Own;
        turn.begets = hops.saturating_add(1);
        turn.added = Added::default();
    }

    pub(super) fn caller(&self) -> Caller {
        self.turn().caller.clone()
    }

    /// Does something after the commit, if that comes.
    pub(crate) fn after_commit(&self, effect: Effect) {
        self.turn().effects.push(Some(effect));
    }

    /// Takes back the sending of a call, or the handing over of a fetch.
    pub(super) fn do_not_send(&self, id: Uuid) {
        self.take_back(&|effect| match effect {
            Effect::Send { call, .. } => call.id == id,
            Effect::Fetch(attempt) => attempt.fetch == id,
            _ => false,
        });
    }

    /// Takes back the sending of all calls and the handing over of all fetches.
    pub(crate) fn forget_sends(&self) {
        self.take_back(&|effect| matches!(effect, Effect::Send { .. } | Effect::Fetch(_)));
    }

    fn take_back(&self, which: &dyn Fn(&Effect) -> bool) {
        let mut turn = self.turn();
        // This has a place among them, so that it is forgotten if what takes back fails.
        turn.effects.push(None);
        let Turn {
            effects,
            taken_back,
            ..
        } = &mut *turn;
        let many = effects.len();
        for (place, effect) in effects.iter_mut().enumerate() {
            let taken = effect.take_if(|effect| which(effect));
            taken_back.extend(taken.map(|effect| (many, place, effect)));
        }
    }

    /// How much is to be done so far, for [`forget_effects`](Self::forget_effects).
    pub(crate) fn effects(&self) -> usize {
        self.turn().effects.len()
    }

    /// Forgets what was to be done since, and that something was taken back.
    pub(crate) fn forget_effects(&self, since: usize) {
        let mut turn = self.turn();
        while let Some((_, place, effect)) = turn.taken_back.pop_if(|(many, ..)| *many > since) {
            if let Some(taken) = turn.effects.get_mut(place) {
                *taken = Some(effect);
            }
        }
        turn.effects.truncate(since);
    }

    /// Whether enough is to be sent after this commit that the rest should wait for the next: what is
    /// sent is in memory until then.
    pub(crate) fn sends_much(&self) -> bool {
        let turn = self.turn();
        let bytes = |effect: &Option<Effect>| match effect {
            Some(Effect::Send { program, .. }) => program.len(),
            Some(Effect::Fetch(attempt)) => attempt.request.body().len(),
            _ => 0,
        };
        turn.effects.len() > MAX_ADDED
            || turn.effects.iter().map(bytes).sum::<usize>() > MAX_ADDED_BYTES
    }

    /// What is to be done, after the commit.
    pub(crate) fn take_effects(&self) -> Vec<Effect> {
        let mut turn = self.turn();
        turn.taken_back.clear();
        let effects = std::mem::take(&mut turn.effects);
        drop(turn);
        effects.into_iter().flatten().collect()
    }

    /// What is drawn from here on, for [`draw_again`](Self::draw_again).
    pub(crate) fn drawn(&self) -> Drawn {
        self.turn().drawn
    }

    /// Draws once more what was drawn since.
    pub(crate) fn draw_again(&self, since: Drawn) {
        self.turn().drawn = since;
    }

    /// A random number below `bound`.
    pub(crate) fn below(&self, bound: i64) -> i64 {
        self.turn().drawn.random.below(bound.unsigned_abs()) as i64
    }

    /// 128 random bits.
    pub(crate) fn token(&self) -> u128 {
        self.turn().drawn.random.next_u128()
    }

    pub(crate) fn now(&self) -> i64 {
        self.turn().now
    }

    pub(crate) fn attempt(&self) -> u32 {
        self.turn().attempt
    }

    fn access(&self) -> Access {
        self.turn().access
    }

    /// For what only reads.
    pub(super) fn reading(&self) -> Result<&Store, Error> {
        match self.access() {
            Access::None => Err(Error::NoTurn),
            _ => Ok(&self.store),
        }
    }

    /// For what writes the object's own state.
    pub(super) fn writing_state(&self) -> Result<&Store, Error> {
        match self.access() {
            Access::None => Err(Error::NoTurn),
            Access::Reading => Err(Error::ReadOnly),
            Access::Building | Access::Writing => Ok(&self.store),
        }
    }

    /// For what writes work.
    pub(super) fn writing_work(&self) -> Result<&Store, Error> {
        match self.access() {
            Access::Building => Err(Error::Building),
            _ => self.writing_state(),
        }
    }

    /// The next id.
    pub(crate) fn next_id(&self) -> Uuid {
        let mut turn = self.turn();
        let now = turn.now;
        let Drawn { random, ids, .. } = &mut turn.drawn;
        ids.next(now, random)
    }

    /// Lets the object end when the running item has.
    pub(super) fn destroy(&self) {
        self.turn().destroys = true;
    }

    /// Whether the item that ran ends the object. It is asked once.
    pub(crate) fn take_destroy(&self) -> bool {
        std::mem::take(&mut self.turn().destroys)
    }

    /// The hops of what the running item adds.
    pub(super) fn begets(&self) -> u32 {
        self.turn().begets
    }

    /// When an item that is added may run at the earliest.
    pub(super) fn not_before(&self, hops: u32) -> i64 {
        let mut turn = self.turn();
        if hops <= MAX_HOPS {
            return turn.now;
        }
        let now = turn.now;
        let slowed = turn.drawn.slowed.max(now).saturating_add(SLOWED);
        // A clock that went back must not hold it up for long.
        turn.drawn.slowed = slowed.min(now.saturating_add(SLOWED * MAX_ADDED as i64));
        turn.drawn.slowed
    }

    /// Counts what the running item adds to the queue.
    pub(super) fn count_added(&self, bytes: usize) -> Result<(), Error> {
        let mut turn = self.turn();
        let Added { items, bytes: sum } = &mut turn.added;
        if *items >= MAX_ADDED || *sum + bytes > MAX_ADDED_BYTES {
            return Err(Error::TooMuchWork {
                items: MAX_ADDED,
                bytes: MAX_ADDED_BYTES,
            });
        }
        *items += 1;
        *sum += bytes;
        Ok(())
    }

    /// Stores what waits for an outcome, with the shapes that its handlers' values refer to.
    pub(super) fn add_awaiting(
        &self,
        item: &Item,
        name: Option<Name<'_>>,
        handlers: [&Option<Vec<u8>>; 2],
    ) -> Result<(), Error> {
        self.count_added(item.program.len() + item.detail.len())?;
        for handler in handlers.into_iter().flatten() {
            self.keep_shapes(handler)?;
        }
        Ok(self.store.add(item, name)?)
    }

    /// Makes sure that the object has the shapes that the values of a program refer to, of those that were made
    /// in this process.
    pub(super) fn keep_shapes(&self, program: &[u8]) -> Result<(), Error> {
        for value in Program::decode(program)?.values() {
            self.keep_shape(codec::beside(value))?;
        }
        Ok(())
    }

    /// Makes sure that the object has the shape that a value refers to by its hash, within a
    /// transaction. Mostly it costs no write.
    pub(crate) fn keep_shape(&self, hash: Option<ShapeHash>) -> Result<(), SqlError> {
        let Some(hash) = hash.filter(|hash| self.turn().shapes.binary_search(hash).is_err()) else {
            return Ok(());
        };
        // What was made in this process is known here.
        if let Some(known) = codec::own(hash) {
            self.store.keep_shape(hash, known.bytes())?;
            let shapes = &mut self.turn().shapes;
            if let Err(place) = shapes.binary_search(&hash) {
                shapes.insert(place, hash);
            }
        }
        Ok(())
    }

    /// After what the user's code wrote was rolled back.
    pub(crate) fn forget_shapes(&self) {
        self.turn().shapes.clear();
    }

    /// Reads what is kept of the object, before anything runs.
    pub(crate) fn resume(&self) -> Result<(), SqlError> {
        self.forget_shapes();
        if let Some(newest) = self.store.newest_id()? {
            self.turn().drawn.ids.resume(newest);
        }
        Ok(())
    }

    pub(crate) fn retry_delay(
        &self,
        policy: &crate::engine::retry::RetryPolicy,
        failed: u32,
    ) -> Option<i64> {
        policy.delay(failed, &mut self.turn().drawn.random)
    }

    /// Held for a moment only: never while the user's code runs.
    fn turn(&self) -> MutexGuard<'_, Turn> {
        lock(&self.turn)
    }
}
