//! The shapes that this process knows: of each type, what all its values that were written or read
//! here have in common, and by its hash each shape that a stored value may refer to.

use super::reference::{self, Key, ShapeHash};
use super::shape::{Recorder, Recording, Shape, Unread};
use super::strict::Failure;
use std::any::TypeId;
use std::cell::{Cell, RefCell};
use std::hash::{Hash, Hasher};
use std::ops::Deref;
use std::rc::Rc;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What is known of a type, as stored values refer to it.
#[derive(Debug)]
pub(crate) struct Known {
    recording: Recording,
    bytes: Vec<u8>,
    hash: ShapeHash,
    reference: Vec<u8>,
    /// Whether the reference is the hash.
    beside: bool,
    plain: bool,
}

impl Known {
    fn new(recording: Recording) -> Self {
        let bytes = recording.shape().to_bytes();
        let (reference, beside) = reference::shortest(&bytes);
        Self {
            plain: recording.shape().is_plain(),
            hash: ShapeHash::of(&bytes),
            reference,
            beside,
            bytes,
            recording,
        }
    }

    pub(super) fn shape(&self) -> &Shape {
        self.recording.shape()
    }

    /// Whether bytes of it take no more time and stack than their length allows.
    pub(super) fn is_plain(&self) -> bool {
        self.plain
    }

    /// What a value begins with.
    pub(crate) fn reference(&self) -> &[u8] {
        &self.reference
    }

    /// The hash, if the stable form must be kept beside the values that refer to it.
    pub(crate) fn beside(&self) -> Option<ShapeHash> {
        self.beside.then_some(self.hash)
    }

    /// The stable form.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// How many shapes of others are kept, and how many bytes of them; then they are forgotten, and learned
/// again.
const MAX_LEARNED: usize = 4_096;
const MAX_LEARNED_BYTES: usize = 4 << 20;

/// Lists, which cost less code than maps: one looks here for what is new to a thread.
struct Registry {
    /// Grown by values of this process.
    types: Vec<(TypeId, Arc<Known>)>,
    /// Those of `types`, old ones too, and what was read from where others stored it, or why it could not be. Sorted.
    shapes: Vec<(ShapeHash, Result<ShapeRef, Unread>)>,
    /// How many of them are of others, and how many bytes those had.
    learned: usize,
    learned_bytes: usize,
}

impl Registry {
    const fn new() -> Self {
        Self {
            types: Vec::new(),
            shapes: Vec::new(),
            learned: 0,
            learned_bytes: 0,
        }
    }

    #[inline(never)]
    fn known(&self, id: TypeId) -> Option<Arc<Known>> {
        let known = self.types.iter().find(|(known, _)| *known == id);
        known.map(|(_, known)| Arc::clone(known))
    }

    /// Takes note of what a type has grown to.
    fn grow(&mut self, id: TypeId, grown: &Arc<Known>) {
        match self.types.iter_mut().find(|(known, _)| *known == id) {
            Some((_, known)) => *known = Arc::clone(grown),
            None => self.types.push((id, Arc::clone(grown))),
        }
        self.insert(grown.hash, Ok(ShapeRef::Own(Arc::clone(grown))));
    }

    fn shape(&self, hash: ShapeHash) -> Option<&Result<ShapeRef, Unread>> {
        let (_, shape) = self.shapes.get(self.place(hash).ok()?)?;
        Some(shape)
    }

    fn place(&self, hash: ShapeHash) -> Result<usize, usize> {
        self.shapes.binary_search_by_key(&hash, |(known, _)| *known)
    }

    fn insert(&mut self, hash: ShapeHash, shape: Result<ShapeRef, Unread>) {
        match self.place(hash) {
            Ok(place) => {
                if let Some((_, known)) = self.shapes.get_mut(place) {
                    *known = shape;
                }
            }
            Err(place) => self.shapes.insert(place, (hash, shape)),
        }
    }

    /// Takes note of a shape of others, for which so many bytes are kept.
    fn learn(&mut self, hash: ShapeHash, shape: Result<ShapeRef, Unread>, bytes: usize) {
        if self.place(hash).is_ok() {
            // Another thread was faster.
            return;
        }
        self.learned += 1;
        self.learned_bytes = self.learned_bytes.saturating_add(bytes);
        if self.learned > MAX_LEARNED || self.learned_bytes > MAX_LEARNED_BYTES {
            self.shapes
                .retain(|(_, shape)| matches!(shape, Ok(ShapeRef::Own(_))));
            self.learned = 1;
            self.learned_bytes = bytes;
        }
        self.insert(hash, shape);
    }
}

static REGISTRY: Mutex<Registry> = Mutex::new(Registry::new());

fn registry() -> MutexGuard<'static, Registry> {
    REGISTRY.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What is known of a type, as one thread holds it: counted without atomics.
pub(crate) struct Local {
    known: Arc<Known>,
    /// How many bytes the last value took.
    len: Cell<usize>,
}

/// For how many bytes there is room at least, and at most, before a value is written.
const ROOM: (usize, usize) = (64, 1 << 14);

impl Local {
    fn new(known: Arc<Known>) -> Self {
        let len = Cell::new(0);
        Self { known, len }
    }

    /// For how many bytes room is made before a value is written: what the last one took.
    pub(super) fn room(&self) -> usize {
        self.len.get().clamp(ROOM.0, ROOM.1)
    }

    /// Takes note of how many a value took.
    pub(super) fn took(&self, len: usize) {
        self.len.set(len);
    }
}

impl Deref for Local {
    type Target = Known;

    fn deref(&self) -> &Known {
        &self.known
    }
}

/// A power of two.
const PLACES: usize = 256;

type TypePlace = RefCell<Option<(TypeId, Rc<Local>)>>;
type WithinPlace = Cell<Option<(TypeId, Key)>>;
type OutsidePlace = RefCell<Option<(TypeId, Key, Rc<ShapeRef>)>>;

/// What a thread knows. Others may have seen more since.
struct Met {
    /// Of the types that it met last.
    types: [TypePlace; PLACES],
    /// Shapes that do not lie within what is known of a type, as long as no more is known of the type.
    outside: [OutsidePlace; PLACES],
}

thread_local! {
    static MET: Met = const {
        Met {
            types: [const { RefCell::new(None) }; PLACES],
            outside: [const { RefCell::new(None) }; PLACES],
        }
    };
    /// Shapes that lie within what is known of a type; they do so for ever. Apart: there is nothing to drop, so
    /// that to look here costs less.
    static WITHIN: [WithinPlace; PLACES] = const { [const { Cell::new(None) }; PLACES] };
}

/// What this thread knows; nothing, if it ends already.
#[inline]
fn met<T>(look: impl FnOnce(&Met) -> Option<T>) -> Option<T> {
    MET.try_with(look).ok().flatten()
}

/// Keeps it in its place.
fn keep<T>(places: &[RefCell<Option<T>>; PLACES], place: usize, kept: T) -> Option<()> {
    *places.get(place)?.try_borrow_mut().ok()? = Some(kept);
    Some(())
}

/// Where a type's place is: a type's id is a hash already.
#[derive(Default)]
struct Place(u64);

impl Hasher for Place {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, number: u64) {
        self.0 ^= number;
    }
}

#[inline]
fn place(id: TypeId, and: u64) -> usize {
    let mut place = Place(and >> 32);
    id.hash(&mut place);
    place.finish() as usize % PLACES
}

/// What is known of a type; nothing at first.
#[inline]
pub(super) fn of(id: TypeId) -> Rc<Local> {
    let known = met(|met| {
        let known = met.types.get(place(id, 0))?.try_borrow().ok()?;
        let (_, known) = known.as_ref().filter(|(known, _)| *known == id)?;
        Some(Rc::clone(known))
    });
    known.unwrap_or_else(|| first(id))
}

/// As [`of`], of a type that this thread doesn't know.
#[cold]
#[inline(never)]
fn first(id: TypeId) -> Rc<Local> {
    let known = registry().known(id);
    remember(
        id,
        known.unwrap_or_else(|| Arc::new(Known::new(Recording::default()))),
    )
}

fn remember(id: TypeId, known: Arc<Known>) -> Rc<Local> {
    let known = Rc::new(Local::new(known));
    met(|met| keep(&met.types, place(id, 0), (id, Rc::clone(&known))));
    known
}

/// Merges a value into what is known of its type, unless `proves` refuses it.
pub(super) fn grow(
    id: TypeId,
    tell: &dyn Fn(&mut Recorder) -> Result<(), Failure>,
    proves: &dyn Fn(&Shape) -> Result<(), Failure>,
) -> Result<Rc<Local>, Failure> {
    // Both run code of the user: no lock is held.
    let latest = registry().known(id);
    let nothing = Recording::default();
    let before = latest.as_ref().map_or(&nothing, |known| &known.recording);
    let recording = before.with(tell)?;
    proves(recording.shape())?;
    let grown = Arc::new(Known::new(recording));
    // If another thread has grown it meanwhile, the next value that is outside brings both together.
    registry().grow(id, &grown);
    met(|met| {
        met.outside.iter().for_each(|place| drop(place.take()));
        Some(())
    });
    Ok(remember(id, grown))
}

/// A shape that a stored value refers to, if this process knows it; or why it can't be read, if that was tried.
pub(super) fn by_hash(hash: ShapeHash) -> Option<Result<ShapeRef, Unread>> {
    registry().shape(hash).cloned()
}

/// What a shape of this process's own is, by its hash.
pub(crate) fn own(hash: ShapeHash) -> Option<Arc<Known>> {
    match by_hash(hash)? {
        Ok(ShapeRef::Own(known)) => Some(known),
        _ => None,
    }
}

/// A shape, whoever recorded it.
#[derive(Clone)]
pub(super) enum ShapeRef {
    Own(Arc<Known>),
    Learned(Arc<Shape>),
}

impl ShapeRef {
    pub(super) fn shape(&self) -> &Shape {
        match self {
            ShapeRef::Own(known) => known.shape(),
            ShapeRef::Learned(shape) => shape,
        }
    }

    /// The stable form.
    pub(super) fn bytes(&self) -> Vec<u8> {
        self.shape().to_bytes()
    }
}

/// Takes note of a shape that others recorded.
pub(super) fn learn(hash: ShapeHash, bytes: &[u8]) -> Result<ShapeRef, Unread> {
    let shape = Shape::from_bytes(bytes).map(|shape| ShapeRef::Learned(Arc::new(shape)));
    // Of what can't be read nothing is kept but why.
    let kept = shape.as_ref().map_or(0, |_| bytes.len());
    registry().learn(hash, shape.clone(), kept);
    shape
}

/// Makes this thread and the registry as they are in a process that has just started, so that what is
/// fuzzed depends on its input alone.
#[doc(hidden)]
pub fn forget() {
    *registry() = Registry::new();
    met(|met| {
        met.types.iter().for_each(|place| drop(place.take()));
        met.outside.iter().for_each(|place| drop(place.take()));
        Some(())
    });
    WITHIN.with(|places| places.iter().for_each(|place| place.set(None)));
}

/// Whether that was asked before, and is so.
#[inline]
pub(super) fn is_known_within(id: TypeId, key: Key) -> bool {
    let pair = Some((id, key));
    WITHIN.with(|places| {
        let place = places.get(place(id, key.spread()));
        place.is_some_and(|place| place.get() == pair)
    })
}

/// The shape, if that was asked before and is not so.
pub(super) fn known_outside(id: TypeId, key: Key) -> Option<Rc<ShapeRef>> {
    met(|met| {
        let place = met.outside.get(place(id, key.spread()))?;
        let found = place.try_borrow().ok()?;
        let found = found.as_ref();
        let (.., shape) = found.filter(|(of, known, _)| (*of, *known) == (id, key))?;
        Some(Rc::clone(shape))
    })
}

/// Whether values of this shape can be read by their position, as this process writes the type. The
/// shape, if not.
pub(super) fn outside(id: TypeId, key: Key, shape: ShapeRef) -> Option<Rc<ShapeRef>> {
    let known = of(id);
    let stored = shape.shape();
    let place = place(id, key.spread());
    if known.plain && stored.is_plain() && stored.within(known.shape()) {
        WITHIN.with(|places| {
            if let Some(place) = places.get(place) {
                place.set(Some((id, key)));
            }
        });
        return None;
    }
    let shape = Rc::new(shape);
    met(|met| keep(&met.outside, place, (id, key, Rc::clone(&shape))));
    Some(shape)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::{decode_with_reference, reference};
    use std::collections::BTreeMap;

    /// The shape of a struct of one field, whose name is so long.
    fn named(number: usize, len: usize) -> (String, Vec<u8>) {
        let name = format!("{number:08}{}", "n".repeat(len - 8));
        let mut shape = vec![1, 36, 1];
        crate::codec::wire::put_bytes(&mut shape, name.as_bytes());
        shape.push(7);
        (name, shape)
    }

    fn learned(registry: &Registry) -> usize {
        let of_others = |(_, shape): &&_| matches!(shape, Ok(ShapeRef::Learned(_)));
        registry.shapes.iter().filter(of_others).count()
    }

    fn take(registry: &mut Registry, bytes: &[u8]) -> ShapeHash {
        let shape = Arc::new(Shape::from_bytes(bytes).unwrap());
        let hash = ShapeHash::of(bytes);
        registry.learn(hash, Ok(ShapeRef::Learned(shape)), bytes.len());
        hash
    }

    #[test]
    fn what_is_learned_is_bounded_in_bytes_and_in_number() {
        for len in [100_000, 8] {
            let most = MAX_LEARNED.min(MAX_LEARNED_BYTES / named(0, len).1.len());
            let mut registry = Registry::new();
            let own = Arc::new(Known::new(Recording::default()));
            registry.insert(own.hash, Ok(ShapeRef::Own(Arc::clone(&own))));
            let first = take(&mut registry, &named(0, len).1);
            for number in 1..3 * most {
                let hash = take(&mut registry, &named(number, len).1);
                assert!(registry.learned_bytes <= MAX_LEARNED_BYTES);
                assert_eq!(learned(&registry), registry.learned);
                assert_eq!(learned(&registry), number % most + 1);
                assert!(registry.shape(hash).is_some());
                assert_eq!(registry.shape(first).is_some(), number < most);
                assert!(registry.shape(own.hash).is_some(), "our own stay");
            }
            // What is known counts once.
            let last = named(3 * most - 1, len).1;
            let before = registry.learned_bytes;
            take(&mut registry, &last);
            assert_eq!(registry.learned_bytes, before);
        }
    }

    #[test]
    fn why_a_shape_cannot_be_read_is_kept_as_long_as_shapes_are() {
        let mut registry = Registry::new();
        for number in 0..2 * MAX_LEARNED {
            let hash = ShapeHash::of(&number.to_le_bytes());
            registry.learn(hash, Err(Unread::Version(9)), 0);
            assert!(matches!(
                registry.shape(hash),
                Some(Err(Unread::Version(9)))
            ));
            assert!(registry.shapes.len() <= MAX_LEARNED);
        }
        assert_eq!(registry.learned_bytes, 0);
    }

    /// The same by reading: what was forgotten is learned again.
    #[test]
    fn more_shapes_are_read_than_are_kept() {
        let mut bytes = 0;
        for number in (0..60).chain(0..60) {
            let (name, shape) = named(number, 120_000);
            bytes += shape.len();
            let mut value = reference::in_full(&shape);
            value.push(9);
            let read = decode_with_reference::<BTreeMap<String, u8>>(&value).unwrap();
            assert_eq!(read, BTreeMap::from([(name, 9)]));
            assert!(registry().learned_bytes <= MAX_LEARNED_BYTES);
        }
        assert!(bytes > 3 * MAX_LEARNED_BYTES);
    }
}
