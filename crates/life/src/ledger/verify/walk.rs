//! The reading of entries and hashes, one file of 256 at a time.
//!
//! Two trees grow side by side: one from the entries, one from the lowest hashes. The tree whose
//! root was signed says on which side the fault is. Memory does not grow with the ledger.

use std::collections::BTreeMap;

use tlog_tiles::{Hash, record_hash};

use super::{Problem, ProblemCode};
use crate::ledger::tile::{read_entries, read_hashes};
use crate::ledger::tree::{Full, TILE_WIDTH};
use crate::ledger::{Checkpoint, Files, Kind, Tile, Tree, entry};

/// After this many findings the reading stops: nobody reads more, and memory stays bounded.
const FINDINGS_MAX: usize = 1_000;

/// Reads all that the checkpoint counts and says what is wrong with it.
pub(super) fn walk(
    files: &dyn Files,
    head: &Checkpoint,
    since: Option<&Checkpoint>,
) -> Vec<Problem> {
    let mut walk = Walk {
        files,
        size: head.size(),
        since: since.map(Checkpoint::size),
        since_roots: None,
        by_entries: Tree::default(),
        by_hashes: Tree::default(),
        last_sequence: None,
        findings: Vec::new(),
    };
    let finished = walk.read_all();
    walk.judge(finished, head, since)
}

/// Something that is wrong, before it is known which side was signed.
enum Finding {
    /// It is wrong on either side.
    Plain(Problem),
    /// An entry and its hash do not belong together.
    Apart { index: u64, entry: Hash, hash: Hash },
    /// A hash above the lowest ones is not what the entries, or not what the lowest hashes give.
    Above { problem: Problem, entries: bool, hashes: bool },
}

/// Which side has the root that was signed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Signed {
    Entries,
    Hashes,
    Neither,
}

struct Walk<'a> {
    files: &'a dyn Files,
    size: u64,
    since: Option<u64>,
    /// The roots of both trees when they had as many leaves as the earlier checkpoint.
    since_roots: Option<(Hash, Hash)>,
    by_entries: Tree,
    by_hashes: Tree,
    last_sequence: Option<u64>,
    findings: Vec<Finding>,
}

impl Walk<'_> {
    /// Whether the end was reached.
    fn read_all(&mut self) -> bool {
        self.note_since();
        let mut number = 0;
        while let Some(tile) = Tile::of(Kind::Entries, number, self.size) {
            if self.findings.len() >= FINDINGS_MAX || !self.read_one(tile) {
                return false;
            }
            number += 1;
        }
        let (entries, hashes) = (self.by_entries.clone(), self.by_hashes.clone());
        for ((level, number, by_entries), (_, _, by_hashes)) in
            entries.unfinished().zip(hashes.unfinished())
        {
            self.compare_above(level, number, by_entries, by_hashes);
        }
        true
    }

    /// Reads one file of entries beside its file of hashes; `false` when neither can be used.
    fn read_one(&mut self, tile: Tile) -> bool {
        let first = tile.index.saturating_mul(TILE_WIDTH as u64);
        let hashes = self.read_lowest(tile.index, first);
        let bytes = self.files.read(&tile.path());
        let entries = self.split_entries(tile, first, bytes.as_deref(), hashes.as_deref());
        let leaves = entries
            .as_ref()
            .map(|entries| entries.iter().map(|entry| record_hash(entry)).collect::<Vec<_>>());
        let (by_entries, by_hashes) = match (leaves, hashes) {
            (None, None) => return false,
            (Some(leaves), None) => (leaves.clone(), leaves),
            (None, Some(hashes)) => (hashes.clone(), hashes),
            (Some(leaves), Some(hashes)) => (leaves, hashes),
        };
        for (index, (entry, hash)) in (first..).zip(by_entries.iter().zip(&by_hashes)) {
            if entry != hash {
                self.findings.push(Finding::Apart { index, entry: *entry, hash: *hash });
            }
            self.grow(*entry, *hash);
        }
        let entries = entries.unwrap_or_default();
        for (index, (bytes, (entry, hash))) in
            (first..).zip(entries.iter().zip(by_entries.iter().zip(&by_hashes)))
        {
            if entry == hash {
                self.read_entry(index, bytes);
            }
        }
        true
    }

    fn read_lowest(&mut self, number: u64, first: u64) -> Option<Vec<Hash>> {
        let tile = Tile::of(Kind::Hashes(0), number, self.size)?;
        self.read_tile(tile, first)
    }

    fn read_tile(&mut self, tile: Tile, first: u64) -> Option<Vec<Hash>> {
        let path = tile.path();
        let Some(bytes) = self.files.read(&path) else {
            let detail = format!("there is no file `{path}`");
            self.plain(ProblemCode::TileMissing, first, detail);
            return None;
        };
        let hashes = read_hashes(&bytes).filter(|hashes| hashes.len() == tile.width);
        if hashes.is_none() {
            let detail = format!("`{path}` does not hold {} hashes", tile.width);
            self.plain(ProblemCode::TileMalformed, first, detail);
        }
        hashes
    }

    /// The entries of a file, when there are as many as there must be.
    fn split_entries<'b>(
        &mut self,
        tile: Tile,
        first: u64,
        bytes: Option<&'b [u8]>,
        hashes: Option<&[Hash]>,
    ) -> Option<Vec<&'b [u8]>> {
        let path = tile.path();
        let Some(bytes) = bytes else {
            self.plain(ProblemCode::EntriesMissing, first, format!("there is no file `{path}`"));
            return None;
        };
        let entries = read_entries(bytes).filter(|entries| entries.len() <= tile.width);
        let Some(entries) = entries else {
            let detail = format!("`{path}` is not written as {} entries", tile.width);
            self.plain(ProblemCode::EntriesMalformed, first, detail);
            return None;
        };
        if entries.len() == tile.width {
            return Some(entries);
        }
        let same = hashes.map_or(entries.len(), |hashes| {
            let pairs = entries.iter().zip(hashes);
            pairs.take_while(|(entry, hash)| record_hash(entry) == **hash).count()
        });
        let detail = format!("`{path}` holds {} entries of {}", entries.len(), tile.width);
        self.plain(ProblemCode::EntryMissing, first.saturating_add(same as u64), detail);
        None
    }

    fn grow(&mut self, entry: Hash, hash: Hash) {
        let (mut by_entries, mut by_hashes) = (Vec::new(), Vec::new());
        self.by_entries.push(entry, &mut by_entries);
        self.by_hashes.push(hash, &mut by_hashes);
        self.note_since();
        for (one, other) in by_entries.iter().zip(&by_hashes) {
            let Full { level, index, hashes } = one;
            self.compare_above(*level, *index, hashes, &other.hashes);
        }
    }

    fn note_since(&mut self) {
        if self.since == Some(self.by_entries.size()) {
            self.since_roots = Some((self.by_entries.root(), self.by_hashes.root()));
        }
    }

    /// Compares a file of hashes with what either tree says that it holds. The lowest level was
    /// compared with its entries one by one.
    fn compare_above(&mut self, level: u8, number: u64, by_entries: &[Hash], by_hashes: &[Hash]) {
        if level == 0 {
            return;
        }
        let tile = Tile { kind: Kind::Hashes(level), index: number, width: by_entries.len() };
        let below = u32::from(level) * TILE_WIDTH.ilog2();
        let first = |place: usize| {
            let place = number.saturating_mul(TILE_WIDTH as u64).saturating_add(place as u64);
            place.checked_shl(below).unwrap_or(u64::MAX)
        };
        let Some(found) = self.read_tile(tile, first(0)) else { return };
        for (place, (found, (entries, hashes))) in
            found.iter().zip(by_entries.iter().zip(by_hashes)).enumerate()
        {
            let (entries, hashes) = (found != entries, found != hashes);
            if entries || hashes {
                let detail = format!("hash {place} of `{}` is not the signed one", tile.path());
                let problem = Problem::new(ProblemCode::TileAltered, Some(first(place)), detail);
                self.findings.push(Finding::Above { problem, entries, hashes });
            }
        }
    }

    fn read_entry(&mut self, index: u64, bytes: &[u8]) {
        match entry::decode(bytes) {
            Err(error) => self.plain(ProblemCode::EntryUnreadable, index, error.to_string()),
            Ok(entry) => {
                if let Some(last) = self.last_sequence.filter(|last| *last >= entry.sequence) {
                    let detail = format!("sequence {} follows {last}", entry.sequence);
                    self.plain(ProblemCode::SequenceWrong, index, detail);
                }
                self.last_sequence = Some(entry.sequence);
            }
        }
    }

    fn plain(&mut self, code: ProblemCode, index: u64, detail: String) {
        self.findings.push(Finding::Plain(Problem::new(code, Some(index), detail)));
    }

    fn judge(self, finished: bool, head: &Checkpoint, since: Option<&Checkpoint>) -> Vec<Problem> {
        let (entries, hashes) = (self.by_entries.root(), self.by_hashes.root());
        let signed = match (entries == head.root(), hashes == head.root()) {
            (true, _) => Signed::Entries,
            (false, true) => Signed::Hashes,
            (false, false) => Signed::Neither,
        };
        let mut problems = describe(self.findings, signed);
        if !finished {
            let stop = format!("stopped after {} of {} entries", self.by_entries.size(), self.size);
            problems.push(Problem::new(ProblemCode::TooMany, None, stop));
        } else if signed == Signed::Neither {
            let detail = format!("the entries give the root {entries}, not the signed one");
            problems.push(Problem::new(ProblemCode::RootDiffers, None, detail));
        }
        problems.extend(since.and_then(|since| {
            let roots = self.since_roots;
            compare_since(
                since,
                head,
                roots.map(|(entries, hashes)| match signed {
                    Signed::Entries | Signed::Neither => entries,
                    Signed::Hashes => hashes,
                }),
            )
        }));
        problems
    }
}

fn compare_since(since: &Checkpoint, head: &Checkpoint, root: Option<Hash>) -> Option<Problem> {
    if since.size() > head.size() {
        let detail = format!(
            "the earlier checkpoint counts {} entries, this one {}",
            since.size(),
            head.size()
        );
        return Some(Problem::new(ProblemCode::TailCut, Some(head.size()), detail));
    }
    let detail = format!("the first {} entries give another root than then", since.size());
    // Without a root the reading stopped before it got there, which is a problem of its own.
    root.filter(|root| *root != since.root())
        .map(|_| Problem::new(ProblemCode::HistoryRewritten, None, detail))
}

fn describe(findings: Vec<Finding>, signed: Signed) -> Vec<Problem> {
    // Where the hash of each entry that is out of place was signed.
    let places: BTreeMap<[u8; 32], u64> = findings
        .iter()
        .filter_map(|finding| match finding {
            Finding::Apart { index, hash, .. } => Some((hash.0, *index)),
            Finding::Plain(_) | Finding::Above { .. } => None,
        })
        .collect();
    let describe = |finding| match finding {
        Finding::Plain(problem) => Some(problem),
        Finding::Above { problem, entries, hashes } => {
            let wrong = match signed {
                Signed::Entries => entries,
                Signed::Hashes => hashes,
                Signed::Neither => entries && hashes,
            };
            wrong.then_some(problem)
        }
        Finding::Apart { index, entry, .. } => {
            let (code, detail) = match (signed, places.get(&entry.0)) {
                (Signed::Entries, _) => (
                    ProblemCode::TileAltered,
                    format!("the lowest hash of entry {index} is not the signed one"),
                ),
                (Signed::Hashes | Signed::Neither, Some(place)) => (
                    ProblemCode::EntryMoved,
                    format!("the entry that belongs at {place} stands at {index}"),
                ),
                (Signed::Hashes | Signed::Neither, None) => (
                    ProblemCode::EntryAltered,
                    format!("entry {index} does not have the signed hash"),
                ),
            };
            Some(Problem::new(code, Some(index), detail))
        }
    };
    findings.into_iter().filter_map(describe).collect()
}
