//! Which client keys were seen lately, exactly: in memory until their segment is folded, in sorted
//! runs after.
//!
//! It never guesses: what a filter lets through is looked up in its run. It knows keyed hashes, no
//! client's key.

mod run;

use std::collections::{BTreeMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};
use std::path::{Path, PathBuf};

use life::keep::manifest::{Change, FileId, RunEntry};
use vocabulary::{Span, Time};

use self::run::Run;
pub use self::run::{merge_runs, write_run};
use super::file::FileError;

/// The directory, below the lake's, of runs of keys.
pub(super) const KEYS: &str = "keys";

/// A keyed hash of a client's key of an event.
pub type Key = [u8; 16];

/// Runs of one hour that are worth merging.
const HOUR_RUNS_MAX: usize = 8;

/// Keys of a merged run, at most, so that building its filter takes bounded memory.
const RUN_KEYS_MAX: u64 = 4 << 20;

/// All keys of the window.
#[derive(Debug)]
pub struct Duplicates {
    root: PathBuf,
    /// By journal segment: the keys that are not in runs yet.
    unfolded: BTreeMap<u64, HashSet<Key, BuildHasherDefault<Spread>>>,
    /// The newest last.
    runs: Vec<Run>,
}

impl Duplicates {
    /// Opens the runs of a manifest; the keys of unfolded segments are inserted again by the
    /// replay.
    pub fn open(root: &Path, entries: &[RunEntry]) -> Result<Self, FileError> {
        let mut duplicates =
            Self { root: root.to_owned(), unfolded: BTreeMap::new(), runs: Vec::new() };
        duplicates.add(entries)?;
        Ok(duplicates)
    }

    /// Whether a key was inserted within the window.
    pub fn seen(&self, key: &Key) -> Result<bool, FileError> {
        if self.unfolded.values().any(|keys| keys.contains(key)) {
            return Ok(true);
        }
        for run in self.runs.iter().rev() {
            if run.holds(key)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Remembers a key that a segment of the journal holds; false when that segment had it already.
    pub fn insert(&mut self, segment: u64, key: Key) -> bool {
        self.unfolded.entry(segment).or_default().insert(key)
    }

    /// The keys of a segment, for `write_run`.
    #[must_use]
    pub fn unfolded(&self, segment: u64) -> Vec<Key> {
        self.unfolded.get(&segment).map(|keys| keys.iter().copied().collect()).unwrap_or_default()
    }

    /// Takes over what the vault has committed; the keys of the segments up to `folded` are in
    /// runs now.
    pub fn commit(&mut self, change: &Change, folded: Option<u64>) -> Result<(), FileError> {
        self.add(&change.runs_added)?;
        self.runs.retain(|run| !change.runs_removed.contains(&run.entry.id));
        if let Some(folded) = folded {
            self.unfolded.retain(|segment, _| *segment > folded);
        }
        Ok(())
    }

    /// The runs whose keys all arrived before this: out of the window.
    #[must_use]
    pub fn expired(&self, before: Time) -> Vec<RunEntry> {
        let expired = self.runs.iter().filter(|run| run.latest < before);
        expired.map(|run| run.entry.clone()).collect()
    }

    /// Sets of runs that are worth merging into one each: of an hour, or of a day that is over.
    #[must_use]
    pub fn plan_merges(&self, now: Time) -> Vec<Vec<RunEntry>> {
        let mut days: BTreeMap<Time, Vec<&Run>> = BTreeMap::new();
        for run in self.runs.iter().filter(|run| run.entry.keys < RUN_KEYS_MAX) {
            days.entry(run.entry.hour.floor(Span::DAY)).or_default().push(run);
        }
        let mut plans = Vec::new();
        for (day, runs) in days {
            if day + Span::DAY + Span::HOUR <= now {
                plans.extend(portions(&runs));
                continue;
            }
            let mut hours: BTreeMap<Time, Vec<&Run>> = BTreeMap::new();
            for run in runs {
                hours.entry(run.entry.hour).or_default().push(run);
            }
            let is_worth = |hour: Time, runs: &[&Run]| {
                runs.len() >= HOUR_RUNS_MAX || hour + Span::HOUR + Span::MINUTE <= now
            };
            let worth = hours.iter().filter(|(hour, runs)| is_worth(**hour, runs));
            plans.extend(worth.flat_map(|(_, runs)| portions(runs)));
        }
        plans
    }

    /// How many keys are remembered.
    #[must_use]
    pub fn keys(&self) -> u64 {
        let unfolded = self.unfolded.values().map(|keys| keys.len() as u64);
        unfolded.chain(self.runs.iter().map(|run| run.entry.keys)).sum()
    }

    /// How many bytes of memory the runs take.
    #[must_use]
    pub fn run_bytes(&self) -> usize {
        self.runs.iter().map(Run::memory_bytes).sum()
    }

    fn add(&mut self, entries: &[RunEntry]) -> Result<(), FileError> {
        for entry in entries {
            self.runs.push(Run::open(&self.root, entry)?);
        }
        self.runs.sort_by_key(|run| (run.latest, run.entry.id));
        Ok(())
    }
}

/// Splits runs into sets to merge, none with too many keys; a set of one is no work.
fn portions(runs: &[&Run]) -> Vec<Vec<RunEntry>> {
    let mut portions: Vec<(u64, Vec<RunEntry>)> = Vec::new();
    for run in runs {
        match portions.last_mut() {
            Some((keys, portion)) if *keys + run.entry.keys <= RUN_KEYS_MAX => {
                *keys += run.entry.keys;
                portion.push(run.entry.clone());
            }
            _ => portions.push((run.entry.keys, vec![run.entry.clone()])),
        }
    }
    portions.into_iter().map(|(_, portion)| portion).filter(|portion| portion.len() > 1).collect()
}

/// The identifiers of runs, for a change.
#[must_use]
pub fn ids(runs: &[RunEntry]) -> Vec<FileId> {
    runs.iter().map(|run| run.id).collect()
}

/// Keys are hashes already, so eight bytes of one are its hash.
#[derive(Debug, Default)]
pub struct Spread(u64);

impl Hasher for Spread {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        if let Some(first) = bytes.first_chunk::<8>() {
            self.0 = u64::from_le_bytes(*first);
        }
    }

    fn write_usize(&mut self, _length: usize) {}
}
