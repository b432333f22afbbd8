//! Footers: where each block of a file lies and what its rows share, opened once and held. It
//! refuses what is not sealed for its place.

use std::collections::{BTreeSet, HashMap};
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use life::keep::manifest::{FileEntry, FileId};
use serde::{Deserialize, Serialize};
use vocabulary::{Class, Code, Leaf, Span, Time};

use super::chunk::Stamp;
use super::column::Columns;
use super::file::{FileError, Place, Positioned};
use super::section::{Section, SectionKey, Spot};

/// How a file begins and ends: what it is, and the version of its form.
pub(super) const MAGIC: &[u8] = b"CANDOR\x03\n";

/// What the first bytes are in every version of the form.
const FAMILY: &[u8] = b"CANDOR";

/// How exactly a projection tells times.
pub const QUARTER: Span = Span(15 * Span::MINUTE.0);

/// At the end: where the footer begins, and the magic bytes.
const TAIL_BYTES: usize = 8 + MAGIC.len();

/// What a file says of itself.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Footer {
    /// The promoted columns that it has.
    pub(super) columns: Columns,
    pub(super) stamps: Arc<[Stamp]>,
    pub(super) blocks: Vec<BlockEntry>,
    pub(super) projections: Vec<ProjectionEntry>,
}

/// Some rows of one bucket, and where their columns lie.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct BlockEntry {
    pub(super) bucket: u16,
    pub(super) rows: u32,
    /// Whether the next block goes on with its last person.
    pub(super) continues: bool,
    /// The least and the greatest leaf.
    pub(super) leaves: (Leaf, Leaf),
    pub(super) start: u64,
    /// Its sections in their order, with their sealed lengths.
    pub(super) sections: Vec<(Section, u32)>,
}

/// The rows of some blocks once more, by stamp, and where they lie.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct ProjectionEntry {
    pub(super) blocks: Range<u32>,
    /// The number of its first group in the file.
    pub(super) number: u32,
    pub(super) start: u64,
    /// One after the other.
    pub(super) groups: Vec<GroupEntry>,
}

/// The rows of one stamp in a projection.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct GroupEntry {
    pub(super) stamp: u32,
    pub(super) rows: u32,
    pub(super) first: Time,
    pub(super) last: Time,
    /// The columns that it holds, in their order.
    pub(super) columns: Vec<Code>,
    /// Its sealed length.
    pub(super) length: u32,
}

/// An opened footer and the key that opens the rest of its file.
#[derive(Debug)]
pub(super) struct Opened {
    digest: [u8; 32],
    pub(super) footer: Footer,
    pub(super) key: SectionKey,
    pub(super) looked: Looked,
}

/// Which of some leaves have rows in a file, once that has been looked up: a file never changes.
#[derive(Debug, Default)]
pub(super) struct Looked(Mutex<Found>);

#[derive(Debug, Default, Clone)]
struct Found {
    /// The leaves that were looked for.
    among: Arc<BTreeSet<Leaf>>,
    /// Those of them that have rows.
    held: Arc<BTreeSet<Leaf>>,
}

impl Looked {
    /// The leaves of `wanted` that have rows in the file; `look` says so of those that are not
    /// known yet.
    pub(super) fn among(
        &self,
        wanted: &Arc<BTreeSet<Leaf>>,
        look: impl FnOnce(&BTreeSet<Leaf>) -> Result<BTreeSet<Leaf>, FileError>,
    ) -> Result<Arc<BTreeSet<Leaf>>, FileError> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if Arc::ptr_eq(&known.among, wanted) {
            return Ok(known.held);
        }
        let unknown: BTreeSet<Leaf> = wanted.difference(&known.among).copied().collect();
        let mut found = if unknown.is_empty() { unknown } else { look(&unknown)? };
        found.extend(known.held.intersection(wanted));
        let held = Arc::new(found);
        let among = Arc::clone(wanted);
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) =
            Found { among, held: Arc::clone(&held) };
        Ok(held)
    }
}

/// The footers of files that were opened lately.
#[derive(Debug)]
pub struct Footers {
    files_max: usize,
    held: Mutex<Held>,
}

#[derive(Debug, Default)]
struct Held {
    uses: u64,
    footers: HashMap<FileId, (u64, Arc<Opened>)>,
}

impl Footers {
    /// Room for this many footers; the least lately used goes first.
    #[must_use]
    pub fn new(files_max: usize) -> Self {
        Self { files_max, held: Mutex::default() }
    }

    pub(super) fn get(&self, entry: &FileEntry) -> Option<Arc<Opened>> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.uses += 1;
        let uses = held.uses;
        let (used, opened) = held.footers.get_mut(&entry.id)?;
        *used = uses;
        (opened.digest == entry.digest).then(|| Arc::clone(opened))
    }

    pub(super) fn insert(&self, id: FileId, opened: Arc<Opened>) {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.uses += 1;
        let uses = held.uses;
        held.footers.insert(id, (uses, opened));
        if held.footers.len() > self.files_max {
            let oldest = held.footers.iter().min_by_key(|(_, (used, _))| *used).map(|(id, _)| *id);
            oldest.and_then(|id| held.footers.remove(&id));
        }
    }
}

impl Footer {
    /// The bytes that end a file whose blocks end at `start`.
    pub(super) fn put(&self, key: &SectionKey, start: u64) -> Result<Vec<u8>, FileError> {
        let failed = |error: postcard::Error| FileError::Encode { what: error.to_string() };
        let mut bytes = postcard::to_stdvec(self).map_err(failed)?;
        key.seal(Spot::FOOTER, &mut bytes)?;
        bytes.extend_from_slice(&start.to_le_bytes());
        bytes.extend_from_slice(MAGIC);
        Ok(bytes)
    }

    /// The classes that it has sealed runs of.
    pub(super) fn classes(&self) -> Vec<Class> {
        let has = |class: &Class| {
            self.blocks.iter().any(|block| block.find(Section::Sealed(*class)).is_some())
        };
        Class::EVERY.into_iter().filter(has).collect()
    }
}

impl BlockEntry {
    /// Whether a row of one of these leaves may be in it.
    pub(super) fn may_hold(&self, leaves: &BTreeSet<Leaf>) -> bool {
        let (least, most) = self.leaves;
        least <= most && leaves.range(least..=most).next().is_some()
    }

    /// A section's number in the block, where it begins in the file and how long it is.
    pub(super) fn find(&self, wanted: Section) -> Option<(u32, u64, usize)> {
        let mut start = self.start;
        for (number, (section, length)) in (0u32..).zip(&self.sections) {
            if *section == wanted {
                return Some((number, start, *length as usize));
            }
            start += u64::from(*length);
        }
        None
    }
}

impl Opened {
    /// Reads the footer of a file.
    pub(super) fn read(
        place: &Place,
        entry: &FileEntry,
        file: &Positioned,
    ) -> Result<Self, FileError> {
        let path = || place.path(&entry.path);
        let access = |cause| FileError::Access { path: path(), cause };
        let damaged = |what: &str| FileError::Damaged { path: path(), what: what.to_owned() };
        let bytes = file.bytes();
        let least = (TAIL_BYTES + MAGIC.len()) as u64;
        let head = file.read(0, MAGIC.len().min(bytes as usize)).map_err(access)?;
        if head != MAGIC && head.starts_with(FAMILY) {
            return Err(FileError::Version { path: path() });
        }
        if bytes < least || head != MAGIC {
            return Err(FileError::Plain { path: path() });
        }
        let tail = file.read(bytes - TAIL_BYTES as u64, TAIL_BYTES).map_err(access)?;
        let Some((start, MAGIC)) = tail.split_first_chunk::<8>() else {
            return Err(FileError::Plain { path: path() });
        };
        let start = u64::from_le_bytes(*start);
        let length = (bytes - TAIL_BYTES as u64).checked_sub(start);
        let length = length.and_then(|length| usize::try_from(length).ok());
        let length = length.ok_or_else(|| damaged("its footer begins past its end"))?;
        let sealed = file.read(start, length).map_err(access)?;
        let key = SectionKey::new(&entry.key, place.context(entry.id))?;
        let plain = key.open(Spot::FOOTER, sealed).ok_or(FileError::Locked { path: path() })?;
        let footer: Footer =
            postcard::from_bytes(&plain).map_err(|_| damaged("its footer does not read"))?;
        let rows: u64 = footer.blocks.iter().map(|block| u64::from(block.rows)).sum();
        if rows != entry.rows {
            return Err(damaged("it has another number of rows"));
        }
        Ok(Self { digest: entry.digest, footer, key, looked: Looked::default() })
    }
}
