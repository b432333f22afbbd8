//! The table of a region as one question sees it: the files of the manifest and the fresh rows,
//! under one mask.

#[cfg(test)]
mod tests;

use std::collections::{BTreeSet, HashMap, HashSet};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use life::admit::Grant;
use life::keep::manifest::{FileEntry, FileId};
use life::keep::mask::Masked;
use life::keep::{Mask, Row};
use vocabulary::{Leaf, Person, PersonSealer, Time};

use super::error::AskError;
use super::run::{MemoryRun, Run, Scan, Source};
use crate::keep::chunk::{Chunk, Need, Texts};
use crate::keep::file::{FileError, Place, Scanned};
use crate::keep::fresh::Snapshot;
use crate::keep::keeper::Region;
use crate::keep::projected::Projecting;
use crate::keep::read::{Chunks, FileReader, Footers};
use crate::keep::rows::Pick;
use crate::keep::storage::Storage;

/// A snapshot of a region's rows.
///
/// INVARIANT(snapshot): files and fresh rows are taken together, then the mask and who is who, both
/// at one instant. So a row is never seen twice or not at all, never under a mask older than it,
/// and never under a person whom the mask does not know of.
pub struct Table<'a> {
    region: &'a Region,
    place: &'a Place,
    footers: &'a Footers,
    scanned: Arc<Scanned>,
    /// Opens what is sealed under people's keys, for questions about it.
    sealer: &'a dyn PersonSealer,
    files: Vec<Arc<FileEntry>>,
    fresh: Vec<Snapshot>,
    mask: Mask,
    /// The person of every leaf that has fresh rows.
    persons: HashMap<Leaf, Person>,
    /// Fresh rows by bucket for each scan, sorted when its first bucket asks.
    sorted: Mutex<Vec<Sorted>>,
}

impl fmt::Debug for Table<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Table").field("files", &self.files.len()).finish_non_exhaustive()
    }
}

impl<'a> Table<'a> {
    /// The rows as they are now.
    #[must_use]
    pub fn new(
        region: &'a Region,
        place: &'a Place,
        footers: &'a Footers,
        scanned: Arc<Scanned>,
        sealer: &'a dyn PersonSealer,
    ) -> Self {
        let view = region.view();
        let fresh: Vec<_> = view.fresh.iter().map(|(_, fresh)| fresh.snapshot()).collect();
        let leaves: HashSet<Leaf> = fresh.iter().flat_map(Snapshot::leaves).collect();
        let oldest = view.files.iter().map(|file| file.version).min();
        let (mask, persons) = region.truth(|truth| {
            let mask = truth.mask(oldest.unwrap_or(truth.identity.version()));
            let person = |leaf: Leaf| (leaf, truth.identity.person(leaf));
            (mask, leaves.into_iter().map(person).collect())
        });
        Self {
            region,
            place,
            footers,
            scanned,
            sealer,
            files: view.files,
            fresh,
            mask,
            persons,
            sorted: Mutex::default(),
        }
    }

    /// Whether the files are still those of the manifest; if not, some may be gone.
    #[must_use]
    pub fn is_current(&self) -> bool {
        let now = self.region.view().files;
        now.len() == self.files.len()
            && now.iter().zip(&self.files).all(|(one, two)| one.id == two.id)
    }

    /// What may be seen of it.
    #[must_use]
    pub fn mask(&self) -> &Mask {
        &self.mask
    }

    /// The rows of some leaves that the grant's purpose may see, whole and in order.
    pub fn rows_of(&self, grant: &Grant, leaves: &[Leaf]) -> Result<Vec<Row>, FileError> {
        let wanted: BTreeSet<Leaf> = leaves.iter().copied().collect();
        let mut rows = Vec::new();
        for entry in &self.files {
            let reader = FileReader::open(self.place, entry, self.footers, &self.scanned)?;
            for filed in reader.rows(Pick::Leaves(&wanted), Some(self.sealer))? {
                rows.push(filed?.row);
            }
        }
        rows.extend(
            self.fresh.iter().flat_map(Snapshot::rows).filter(|row| wanted.contains(&row.leaf)),
        );
        rows.retain(|row| self.shows(grant, row));
        rows.sort_by_key(|row| (row.time, row.sequence));
        Ok(rows)
    }

    /// Passes over the rows between two instants that the grant's purpose may see, whole and in no
    /// order, until `take` has had enough.
    pub fn rows_between<E: From<FileError>>(
        &self,
        grant: &Grant,
        span: (Time, Time),
        take: &mut dyn FnMut(Row) -> Result<(), E>,
    ) -> Result<(), E> {
        let (from, until) = span;
        let is_wanted = |row: &Row| (from..until).contains(&row.time) && self.shows(grant, row);
        for entry in self.files.iter().filter(|entry| entry.last >= from && entry.first < until) {
            let reader = FileReader::open(self.place, entry, self.footers, &self.scanned)?;
            for filed in reader.rows(Pick::Every, Some(self.sealer))? {
                let row = filed?.row;
                if is_wanted(&row) {
                    take(row)?;
                }
            }
        }
        let fresh = self.fresh.iter().flat_map(Snapshot::rows);
        fresh.filter(is_wanted).try_for_each(take)
    }

    /// Where the bytes of the files go.
    pub fn storage(&self) -> Result<Storage, FileError> {
        Storage::of(&self.files, self.place, self.footers)
    }

    /// The fresh rows as a scan needs them.
    fn sorted(&self, scan: &Scan) -> Arc<Vec<Chunk>> {
        let mut sorted = self.sorted.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = sorted.iter().find(|known| known.is_for(scan)) {
            return Arc::clone(&known.buckets);
        }
        let buckets =
            Arc::new(Snapshot::chunks(&self.fresh, &self.persons, &scan.need, &scan.texts));
        let (need, texts) = (scan.need.clone(), Arc::clone(&scan.texts));
        sorted.push(Sorted { need, texts, buckets: Arc::clone(&buckets) });
        buckets
    }

    fn shows(&self, grant: &Grant, row: &Row) -> bool {
        let Row { leaf, time, received, verdict, purposes, .. } = *row;
        self.mask.shows(grant.purpose(), Masked { leaf, time, received, verdict, purposes })
    }
}

/// Fresh rows by bucket, with the columns of one scan and the numbers of its texts.
struct Sorted {
    need: Need,
    texts: Arc<Texts>,
    buckets: Arc<Vec<Chunk>>,
}

impl Sorted {
    fn is_for(&self, scan: &Scan) -> bool {
        self.need == scan.need && Arc::ptr_eq(&self.texts, &scan.texts)
    }
}

impl Source for Table<'_> {
    fn runs(&self, bucket: u16, scan: &Scan) -> Result<Vec<Box<dyn Run + '_>>, AskError> {
        let mut runs: Vec<Box<dyn Run + '_>> = Vec::new();
        for entry in &self.files {
            if !entry.holds(bucket) || !touches(entry, scan) {
                continue;
            }
            let scanned = Arc::new(Scanned::default());
            let mut need = scan.need.clone();
            need.untimed &= scan.from <= entry.first && entry.last < scan.until;
            let reader = FileReader::open(self.place, entry, self.footers, &scanned)?;
            runs.push(Box::new(FileRun {
                chunks: reader.chunks(Some(bucket), &need, &scan.texts, Some(self.sealer))?,
                entry: Arc::clone(entry),
                scanned,
            }));
        }
        let fresh = self.sorted(scan);
        if let Some(chunk) = fresh.get(usize::from(bucket)).filter(|chunk| !chunk.is_empty()) {
            let first = chunk.time.iter().min().copied().unwrap_or_default();
            let last = chunk.time.iter().max().copied().unwrap_or_default();
            let span = (Time(first), Time(last));
            runs.push(Box::new(MemoryRun::new(std::iter::once(chunk.clone()), span, u64::MAX)));
        }
        Ok(runs)
    }

    fn rows(&self, scan: &Scan) -> u64 {
        let files = self.files.iter().filter(|file| touches(file, scan));
        let fresh = self.fresh.iter().map(|snapshot| snapshot.len() as u64).sum::<u64>();
        files.map(|file| file.rows).sum::<u64>() + fresh
    }
}

/// Whether a file may hold rows of the time that is asked about.
fn touches(entry: &FileEntry, scan: &Scan) -> bool {
    entry.last >= scan.from && entry.first < scan.until
}

/// A bucket of a file as a run.
struct FileRun<'a> {
    chunks: Chunks<'a>,
    entry: Arc<FileEntry>,
    scanned: Arc<Scanned>,
}

impl Run for FileRun<'_> {
    fn next(&mut self) -> Result<Option<Chunk>, AskError> {
        Ok(self.chunks.next().transpose()?)
    }

    fn project(
        &mut self,
        projecting: &Projecting<'_>,
        take: &mut dyn FnMut(Chunk) -> Result<(), AskError>,
    ) -> Result<(), AskError> {
        self.chunks.project(projecting, take)
    }

    fn span(&self) -> (Time, Time) {
        (self.entry.first, self.entry.last)
    }

    fn order(&self) -> u64 {
        self.entry.id.0
    }

    fn file(&self) -> Option<FileId> {
        Some(self.entry.id)
    }

    fn bytes(&self) -> u64 {
        self.scanned.bytes()
    }
}
