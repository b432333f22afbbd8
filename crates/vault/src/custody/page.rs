//! A page: the keys of 64 persons of one class, wrapped together, and which of them have been
//! destroyed.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use vocabulary::{Class, Person, SealError};

/// How many persons share a page.
const SLOTS: u64 = 64;
const SLOT_BYTES: usize = 33;
const ORDINAL_BITS: u32 = 56;
/// The class stands above the page's number, so that pages of one class lie side by side.
const CLASS_SHIFT: u32 = 56;

const ABSENT: u8 = 0;
const LIVE: u8 = 1;
const DESTROYED: u8 = 2;

/// Which page of which class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Place(pub(super) u64);

impl Place {
    /// The page that holds a person's key of a class.
    pub(super) const fn of(person: Person, class: Class) -> Self {
        let ordinal = person.0 & ((1 << ORDINAL_BITS) - 1);
        Self(((class.number() as u64) << CLASS_SHIFT) | (ordinal / SLOTS))
    }
}

/// The slot of a person inside its page.
pub(super) const fn slot(person: Person) -> usize {
    (person.0 % SLOTS) as usize
}

/// The unwrapped keys of one page.
pub(super) struct Page {
    pub(super) version: u64,
    bytes: Vec<u8>,
}

impl Page {
    pub(super) fn empty() -> Self {
        Self { version: 0, bytes: vec![0; SLOTS as usize * SLOT_BYTES] }
    }

    pub(super) fn read(version: u64, bytes: Vec<u8>) -> Result<Self, SealError> {
        if bytes.len() != SLOTS as usize * SLOT_BYTES {
            return Err(SealError::Broken);
        }
        Ok(Self { version, bytes })
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(super) fn next(&self) -> Self {
        Self { version: self.version + 1, bytes: self.bytes.clone() }
    }

    /// The key in a slot.
    pub(super) fn key(&self, slot: usize) -> Result<&[u8; 32], SealError> {
        let place = self.bytes.get(slot * SLOT_BYTES..(slot + 1) * SLOT_BYTES);
        let (state, key) = place.and_then(|place| place.split_first()).ok_or(SealError::Missing)?;
        match *state {
            LIVE => key.try_into().map_err(|_| SealError::Broken),
            ABSENT => Err(SealError::Missing),
            DESTROYED => Err(SealError::Destroyed),
            _ => Err(SealError::Broken),
        }
    }

    /// Puts a key where none has ever been; answers whether it did.
    pub(super) fn add(&mut self, slot: usize, key: &[u8; 32]) -> bool {
        let absent = matches!(self.key(slot), Err(SealError::Missing));
        absent && self.put(slot, LIVE, key)
    }

    /// Overwrites a key for good and marks its slot; answers whether a key was there.
    pub(super) fn destroy(&mut self, slot: usize) -> bool {
        let was_live = self.key(slot).is_ok();
        self.put(slot, DESTROYED, &[0; 32]);
        was_live
    }

    fn put(&mut self, slot: usize, state: u8, key: &[u8; 32]) -> bool {
        let place = self.bytes.get_mut(slot * SLOT_BYTES..(slot + 1) * SLOT_BYTES);
        let Some((first, rest)) = place.and_then(|place| place.split_first_mut()) else {
            return false;
        };
        *first = state;
        rest.copy_from_slice(key);
        true
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        self.bytes.fill(0);
        std::hint::black_box(&self.bytes);
    }
}

/// Unwrapped pages in memory, bounded: two halves, of which the older goes when the younger is
/// full.
pub(super) struct Cache {
    halves: Mutex<Halves>,
    half_max: usize,
}

#[derive(Default)]
struct Halves {
    young: HashMap<Place, Arc<Page>>,
    old: HashMap<Place, Arc<Page>>,
    /// Grows with every change of a page, so that a read that overlapped one is not kept.
    changes: u64,
}

impl Cache {
    pub(super) fn new(pages_max: usize) -> Self {
        Self { halves: Mutex::default(), half_max: pages_max.div_ceil(2) }
    }

    pub(super) fn get(&self, place: Place) -> Option<Arc<Page>> {
        let mut halves = self.halves.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(page) = halves.young.get(&place) {
            return Some(Arc::clone(page));
        }
        let page = halves.old.remove(&place)?;
        self.insert(&mut halves, place, Arc::clone(&page));
        Some(page)
    }

    /// How many changes there have been; taken before pages are read from the file.
    pub(super) fn changes(&self) -> u64 {
        self.halves.lock().unwrap_or_else(PoisonError::into_inner).changes
    }

    /// Keeps pages that were read, unless one was changed meanwhile; answers whether it kept them.
    pub(super) fn keep(&self, before: u64, pages: &[(Place, Arc<Page>)]) -> bool {
        let mut halves = self.halves.lock().unwrap_or_else(PoisonError::into_inner);
        if halves.changes != before {
            return false;
        }
        for (place, page) in pages {
            self.insert(&mut halves, *place, Arc::clone(page));
        }
        true
    }

    /// Puts changed pages in the place of what was there.
    pub(super) fn change(&self, pages: Vec<(Place, Page)>) {
        let mut halves = self.halves.lock().unwrap_or_else(PoisonError::into_inner);
        halves.changes += 1;
        for (place, page) in pages {
            halves.old.remove(&place);
            self.insert(&mut halves, place, Arc::new(page));
        }
    }

    fn insert(&self, halves: &mut Halves, place: Place, page: Arc<Page>) {
        if halves.young.len() >= self.half_max && !halves.young.contains_key(&place) {
            halves.old = std::mem::take(&mut halves.young);
        }
        halves.young.insert(place, page);
    }
}
