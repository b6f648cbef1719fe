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
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};

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

    #[inline]
    pub(super) fn shape(&self) -> &Shape {
        self.recording.shape()
    }

    /// Whether bytes of it take no more time and stack than their length allows.
    pub(super) fn is_plain(&self) -> bool {
        self.plain
    }

    /// What a value begins with.
    #[inline]
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

#[derive(Default)]
struct Registry {
    /// Grown by values of this process.
    types: Sorted<TypeId, Arc<Known>>,
    /// Those of `types`, old ones too, and what was read from where others stored it.
    shapes: Sorted<ShapeHash, ShapeRef>,
    /// How many of them are of others, and how many bytes those had.
    learned: usize,
    learned_bytes: usize,
    /// Why those that others stored can't be read; as many as shapes are kept.
    unread: Sorted<ShapeHash, Unread>,
}

/// There are few, which are looked for when something is new: a list costs less code than a map.
struct Sorted<K, V>(Vec<(K, V)>);

impl<K, V> Default for Sorted<K, V> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<K: Ord, V: Clone> Sorted<K, V> {
    fn get(&self, key: &K) -> Option<V> {
        let place = self.place(key).ok()?;
        self.0.get(place).map(|(_, value)| value.clone())
    }

    fn insert(&mut self, key: K, value: V) {
        match self.place(&key) {
            Ok(place) => {
                if let Some((_, known)) = self.0.get_mut(place) {
                    *known = value;
                }
            }
            Err(place) => self.0.insert(place, (key, value)),
        }
    }

    fn place(&self, key: &K) -> Result<usize, usize> {
        self.0.binary_search_by(|(known, _)| known.cmp(key))
    }
}

impl Registry {
    /// Takes note of a shape of others that has so many bytes.
    fn learn(&mut self, hash: ShapeHash, shape: Arc<Shape>, bytes: usize) {
        if self.shapes.place(&hash).is_ok() {
            // Another thread was faster.
            return;
        }
        self.learned += 1;
        self.learned_bytes = self.learned_bytes.saturating_add(bytes);
        if self.learned > MAX_LEARNED || self.learned_bytes > MAX_LEARNED_BYTES {
            let is_own = |shape: &ShapeRef| matches!(shape, ShapeRef::Own(_));
            self.shapes.0.retain(|(_, shape)| is_own(shape));
            self.learned = 1;
            self.learned_bytes = bytes;
        }
        self.shapes.insert(hash, ShapeRef::Learned(shape));
    }
}

static REGISTRY: LazyLock<Mutex<Registry>> = LazyLock::new(Mutex::default);

fn registry() -> MutexGuard<'static, Registry> {
    REGISTRY.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What is known of a type, as one thread holds it: counted without atomics.
pub(crate) struct Local(Arc<Known>);

impl Deref for Local {
    type Target = Known;

    #[inline]
    fn deref(&self) -> &Known {
        &self.0
    }
}

/// A power of two.
const PLACES: usize = 256;

type TypePlace = RefCell<Option<(TypeId, Rc<Local>)>>;
type WithinPlace = Cell<Option<(TypeId, Key)>>;
type OutsidePlace = RefCell<Option<(TypeId, Key, Rc<ShapeRef>)>>;

thread_local! {
    /// What this thread knows of the types that it met last; others may have seen more since.
    static TYPES: [TypePlace; PLACES] = const { [const { RefCell::new(None) }; PLACES] };
    /// Shapes that lie within what is known of a type; they do so for ever.
    static WITHIN: [WithinPlace; PLACES] = const { [const { Cell::new(None) }; PLACES] };
    /// Shapes that do not, as long as no more is known of the type.
    static OUTSIDE: [OutsidePlace; PLACES] = const { [const { RefCell::new(None) }; PLACES] };
}

/// Where a type's place is: a type's id is a hash already.
#[derive(Default)]
struct Place(u64);

impl Hasher for Place {
    #[inline]
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    #[inline]
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
    let known = TYPES.with(|places| {
        let known = places.get(place(id, 0))?.borrow();
        known
            .as_ref()
            .filter(|(known, _)| *known == id)
            .map(|(_, known)| Rc::clone(known))
    });
    known.unwrap_or_else(|| {
        let registry = registry();
        let known = registry.types.get(&id);
        let known = known.unwrap_or_else(|| Arc::new(Known::new(Recording::default())));
        remember(id, known)
    })
}

fn remember(id: TypeId, known: Arc<Known>) -> Rc<Local> {
    let known = Rc::new(Local(known));
    TYPES.with(|places| {
        if let Some(place) = places.get(place(id, 0)) {
            place.replace(Some((id, Rc::clone(&known))));
        }
    });
    known
}

/// Merges a value into what is known of its type, unless `proves` refuses it.
pub(super) fn grow(
    id: TypeId,
    tell: &dyn Fn(&mut Recorder) -> Result<(), Failure>,
    proves: &dyn Fn(&Shape) -> Result<(), Failure>,
) -> Result<Rc<Local>, Failure> {
    // Both run code of the user: no lock is held.
    let latest = registry().types.get(&id);
    let nothing = Recording::default();
    let before = latest.as_ref().map_or(&nothing, |known| &known.recording);
    let recording = before.with(tell)?;
    proves(recording.shape())?;
    let grown = Arc::new(Known::new(recording));
    let mut registry = registry();
    // If another thread has grown it meanwhile, the next value that is outside brings both together.
    registry.types.insert(id, Arc::clone(&grown));
    let shape = ShapeRef::Own(Arc::clone(&grown));
    registry.shapes.insert(grown.hash, shape);
    drop(registry);
    OUTSIDE.with(|places| places.iter().for_each(|place| drop(place.take())));
    Ok(remember(id, grown))
}

/// A shape that a stored value refers to, if this process knows it.
pub(super) fn by_hash(hash: ShapeHash) -> Option<ShapeRef> {
    let registry = registry();
    registry.shapes.get(&hash)
}

/// What a shape of this process's own is, by its hash.
pub(crate) fn own(hash: ShapeHash) -> Option<Arc<Known>> {
    match by_hash(hash)? {
        ShapeRef::Own(known) => Some(known),
        ShapeRef::Learned(_) => None,
    }
}

/// A shape, whoever recorded it.
#[derive(Clone)]
pub(super) enum ShapeRef {
    Own(Arc<Known>),
    Learned(Arc<Shape>),
}

impl ShapeRef {
    #[inline]
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
pub(super) fn learn(bytes: &[u8]) -> Result<Arc<Shape>, Unread> {
    let hash = ShapeHash::of(bytes);
    match Shape::from_bytes(bytes) {
        Ok(shape) => {
            let shape = Arc::new(shape);
            registry().learn(hash, Arc::clone(&shape), bytes.len());
            Ok(shape)
        }
        Err(reason) => {
            let unread = &mut registry().unread;
            if unread.0.len() >= MAX_LEARNED {
                unread.0.clear();
            }
            unread.insert(hash, reason);
            Err(reason)
        }
    }
}

/// Why a shape that this process doesn't know can't be read: what was wrong with it, if it was seen.
pub(super) fn missing(hash: ShapeHash) -> Unread {
    let unread = registry().unread.get(&hash);
    unread.unwrap_or(Unread::Damaged("its shape is missing"))
}

/// Makes this thread and the registry as they are in a process that has just started, so that what is
/// fuzzed depends on its input alone.
#[doc(hidden)]
pub fn forget() {
    *registry() = Registry::default();
    TYPES.with(|places| places.iter().for_each(|place| drop(place.take())));
    WITHIN.with(|places| places.iter().for_each(|place| place.set(None)));
    OUTSIDE.with(|places| places.iter().for_each(|place| drop(place.take())));
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
    OUTSIDE.with(|places| {
        let place = places.get(place(id, key.spread()))?.borrow();
        let found = place
            .as_ref()
            .filter(|(of, known, _)| (*of, *known) == (id, key));
        found.map(|(_, _, shape)| Rc::clone(shape))
    })
}

/// Whether values of this shape can be read by their position, as this process writes the type. The
/// shape, if not.
pub(super) fn outside(id: TypeId, key: Key, shape: ShapeRef) -> Option<Rc<ShapeRef>> {
    let known = of(id);
    let stored = shape.shape();
    if known.plain && stored.is_plain() && stored.within(known.shape()) {
        WITHIN.with(|places| {
            if let Some(place) = places.get(place(id, key.spread())) {
                place.set(Some((id, key)));
            }
        });
        return None;
    }
    let shape = Rc::new(shape);
    OUTSIDE.with(|places| {
        if let Some(place) = places.get(place(id, key.spread())) {
            place.replace(Some((id, key, Rc::clone(&shape))));
        }
    });
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
        let of_others = |(_, shape): &&_| matches!(shape, ShapeRef::Learned(_));
        registry.shapes.0.iter().filter(of_others).count()
    }

    fn take(registry: &mut Registry, bytes: &[u8]) -> ShapeHash {
        let shape = Arc::new(Shape::from_bytes(bytes).unwrap());
        let hash = ShapeHash::of(bytes);
        registry.learn(hash, shape, bytes.len());
        hash
    }

    #[test]
    fn what_is_learned_is_bounded_in_bytes_and_in_number() {
        for len in [100_000, 8] {
            let most = MAX_LEARNED.min(MAX_LEARNED_BYTES / named(0, len).1.len());
            let mut registry = Registry::default();
            let own = Arc::new(Known::new(Recording::default()));
            registry
                .shapes
                .insert(own.hash, ShapeRef::Own(Arc::clone(&own)));
            let first = take(&mut registry, &named(0, len).1);
            for number in 1..3 * most {
                let hash = take(&mut registry, &named(number, len).1);
                assert!(registry.learned_bytes <= MAX_LEARNED_BYTES);
                assert_eq!(learned(&registry), registry.learned);
                assert_eq!(learned(&registry), number % most + 1);
                assert!(registry.shapes.get(&hash).is_some());
                assert_eq!(registry.shapes.get(&first).is_some(), number < most);
                assert!(registry.shapes.get(&own.hash).is_some(), "our own stay");
            }
            // What is known counts once.
            let last = named(3 * most - 1, len).1;
            let before = registry.learned_bytes;
            take(&mut registry, &last);
            assert_eq!(registry.learned_bytes, before);
        }
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
