//! The files of the ledger: facts from the outbox become entries, hashes and a signed checkpoint.
//!
//! A checkpoint is signed only over a tree that grew from the one signed before it, and only after
//! all that it counts is durable. It is the one file that is ever replaced. After an error nothing
//! in
//! memory is believed: what the checkpoint on disk does not count is written anew.

mod directory;
mod outbox;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use life::ledger::tile::{self, Kind, Tile};
use life::ledger::tree::{TILE_WIDTH, Tree, levels};
use life::ledger::{
    CHECKPOINT, Checkpoint, CheckpointError, EntryError, Files as _, KeyError, PUBLIC_KEY,
    PublicKey, entry, leaf_hash, past_root,
};
use thiserror::Error;

pub use directory::Directory;
#[cfg(test)]
pub(crate) use outbox::EVERY_STATEMENT;
pub use outbox::Read;
pub(crate) use outbox::queue;

/// Why the ledger cannot be opened, read or extended.
#[derive(Debug, Error)]
pub enum LedgerError {
    #[error("`{path}` cannot be written or read: {source}")]
    Disk { path: PathBuf, source: std::io::Error },
    #[error("{0}")]
    Origin(#[from] KeyError),
    #[error("the ledger was begun with another key: give it back the key that it was begun with")]
    KeyChanged,
    #[error("the ledger has files but no checkpoint: put back the whole directory from a copy")]
    CheckpointMissing,
    #[error("{0}")]
    Checkpoint(#[from] CheckpointError),
    #[error("the checkpoint is not the one that was signed last: somebody replaced it")]
    CheckpointChanged,
    #[error("the ledger does not extend the checkpoint of {size} entries that it signed before")]
    Shortened { size: u64 },
    #[error("`{path}` is not what was signed: verify the ledger, put back the file from a copy")]
    Damaged { path: String },
    #[error("fact {sequence} cannot be an entry: {source}")]
    Entry { sequence: u64, source: EntryError },
    #[error("fact {sequence} comes after a later one: append in the order of the outbox")]
    Order { sequence: u64 },
    #[error("fact {sequence} is not the one that the ledger holds: the outbox was put back or cut")]
    Conflict { sequence: u64 },
}

/// An open ledger. There is one at a time: the data directory's lock sees to that.
pub struct Ledger {
    directory: Directory,
    key: PublicKey,
    secret: Ed25519KeyPair,
    /// The last one that is durable.
    checkpoint: Checkpoint,
    /// One whose writing did not come to its end: it may be on disk, and it may be gone after a
    /// power cut.
    attempted: Option<Checkpoint>,
    tree: Tree,
    /// The bytes of the entries that no full file holds yet.
    bundle: Vec<u8>,
    last_sequence: Option<u64>,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Unfinished files of an interrupted append may lie about.
    Opened,
    Tidy,
    /// An error came in between: memory and disk may differ.
    Unsure,
}

impl std::fmt::Debug for Ledger {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Ledger({}, {} entries)", self.key.origin(), self.tree.size())
    }
}

impl Ledger {
    /// Opens the ledger in `directory`, or begins one there. `seed` is the secret Ed25519 key;
    /// `origin` names the ledger in its checkpoints (no spaces, no plus).
    pub fn open(directory: &Path, origin: &str, seed: &[u8; 32]) -> Result<Self, LedgerError> {
        let secret =
            Ed25519KeyPair::from_seed_unchecked(seed).map_err(|_| LedgerError::KeyChanged)?;
        let public = secret.public_key().as_ref().try_into();
        let key = PublicKey::new(origin, public.map_err(|_| LedgerError::KeyChanged)?)?;
        let mut directory = Directory::create(directory)?;
        let checkpoint = begin(&mut directory, &key, &secret)?;
        let (tree, bundle, last_sequence) = read_edge(&directory, &checkpoint)?;
        let (state, attempted) = (State::Opened, None);
        Ok(Self {
            directory,
            key,
            secret,
            checkpoint,
            attempted,
            tree,
            bundle,
            last_sequence,
            state,
        })
    }

    /// Goes back to what is on disk, as opening does.
    fn recover(&mut self) -> Result<(), LedgerError> {
        self.directory.forget();
        let found = begin(&mut self.directory, &self.key, &self.secret)?;
        if found != self.checkpoint && Some(&found) != self.attempted.as_ref() {
            return Err(LedgerError::CheckpointChanged);
        }
        (self.tree, self.bundle, self.last_sequence) = read_edge(&self.directory, &found)?;
        self.checkpoint = found;
        self.attempted = None;
        self.state = State::Opened;
        Ok(())
    }

    /// Adds facts, each with its sequence in the outbox, in rising order; returns once they are
    /// durable and signed. A fact that the ledger already holds is not added again, so after any
    /// error or crash the outbox sends again all that it has not been told is here.
    pub fn append(&mut self, facts: &[(u64, String)]) -> Result<Checkpoint, LedgerError> {
        if self.state == State::Unsure {
            self.recover()?;
        }
        let (held, new) = encode(facts, self.last_sequence)?;
        self.compare(held)?;
        if !new.is_empty() {
            let state = std::mem::replace(&mut self.state, State::Unsure);
            self.extend(&new, state)?;
            self.state = State::Tidy;
        }
        Ok(self.checkpoint.clone())
    }

    /// The newest signed checkpoint.
    #[must_use]
    pub fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }

    /// The key that verifies this ledger.
    #[must_use]
    pub fn public_key(&self) -> &PublicKey {
        &self.key
    }

    /// The outbox sequence of the last entry; `None` while there is none.
    #[must_use]
    pub fn last_sequence(&self) -> Option<u64> {
        self.last_sequence
    }

    /// Whether this ledger still extends a checkpoint (its text) that it signed before and that was
    /// kept elsewhere. Whoever keeps one asks this after opening and before the first append.
    pub fn extends(&self, earlier: &str) -> Result<(), LedgerError> {
        let earlier = Checkpoint::read(earlier.as_bytes(), &self.key)?;
        let root = past_root(&self.directory, self.tree.size(), earlier.size());
        if root == Some(earlier.root()) {
            return Ok(());
        }
        Err(LedgerError::Shortened { size: earlier.size() })
    }

    /// At most `limit` entries from number `first` on (counted from 0), each with its number, as
    /// JSON.
    pub fn entries(&self, first: u64, limit: usize) -> Result<Vec<(u64, String)>, LedgerError> {
        let mut found = Vec::new();
        let mut next = first;
        while found.len() < limit && next < self.tree.size() {
            let number = next / TILE_WIDTH as u64;
            let bundle = read_bundle(&self.directory, number, self.tree.size())?;
            let skip = usize::try_from(next % TILE_WIDTH as u64).unwrap_or_default();
            for (index, entry) in (next..).zip(bundle.into_iter().skip(skip)) {
                if found.len() == limit {
                    break;
                }
                found.push((index, String::from_utf8_lossy(&entry).into_owned()));
                next = index + 1;
            }
        }
        Ok(found)
    }

    /// Errs unless the ledger holds these very facts.
    fn compare(&self, mut wanted: BTreeMap<u64, Vec<u8>>) -> Result<(), LedgerError> {
        let mut end = self.tree.size();
        while let Some(first) = wanted.first_key_value().map(|(first, _)| *first) {
            // What is awaited for longest stands furthest back; past the beginning nothing can be
            // found.
            let Some(number) = end.checked_sub(1).map(|last| last / TILE_WIDTH as u64) else {
                return Err(LedgerError::Conflict { sequence: first });
            };
            let bundle = read_bundle(&self.directory, number, self.tree.size())?;
            for bytes in bundle.iter().rev() {
                let sequence = sequence_of(bytes, number, self.tree.size())?;
                if wanted.remove(&sequence).is_some_and(|wanted| wanted != *bytes) {
                    return Err(LedgerError::Conflict { sequence });
                }
                if let Some((later, _)) = wanted.range(sequence..).next() {
                    return Err(LedgerError::Conflict { sequence: *later });
                }
            }
            end = number * TILE_WIDTH as u64;
        }
        Ok(())
    }

    fn extend(&mut self, new: &[(u64, Vec<u8>)], state: State) -> Result<(), LedgerError> {
        if self.directory.read(CHECKPOINT).as_deref() != Some(self.checkpoint.text().as_bytes()) {
            return Err(LedgerError::CheckpointChanged);
        }
        if state == State::Opened {
            self.directory.tidy(&parts(&self.tree))?;
        }
        let before = parts(&self.tree);
        let mut full = Vec::new();
        for (sequence, entry) in new {
            let source = EntryError::TooLong { bytes: entry.len() };
            if !tile::write_entry(&mut self.bundle, entry) {
                return Err(LedgerError::Entry { sequence: *sequence, source });
            }
            self.tree.push(leaf_hash(entry), &mut full);
            if self.tree.size().is_multiple_of(TILE_WIDTH as u64) {
                self.write_bundle()?;
                self.bundle.clear();
            }
            self.last_sequence = Some(*sequence);
        }
        if !self.bundle.is_empty() {
            self.write_bundle()?;
        }
        for tile in &full {
            let kind = Kind::Hashes(tile.level);
            let place = Tile { kind, index: tile.index, width: tile.hashes.len() };
            self.directory.write(&place.path(), &tile::write_hashes(&tile.hashes))?;
        }
        let unfinished: Vec<_> = self
            .tree
            .unfinished()
            .map(|(level, index, hashes)| {
                let place = Tile { kind: Kind::Hashes(level), index, width: hashes.len() };
                (place, tile::write_hashes(hashes))
            })
            .collect();
        for (place, bytes) in unfinished {
            // An upper level that did not grow is on disk already.
            if !before.contains(&place) {
                self.directory.write(&place.path(), &bytes)?;
            }
        }
        self.directory.settle()?;
        self.publish()?;
        let after = parts(&self.tree);
        for gone in before.iter().filter(|part| !after.contains(part)) {
            self.directory.remove_part(*gone)?;
        }
        Ok(())
    }

    fn write_bundle(&mut self) -> Result<(), LedgerError> {
        let number = (self.tree.size().saturating_sub(1)) / TILE_WIDTH as u64;
        match Tile::of(Kind::Entries, number, self.tree.size()) {
            Some(place) => self.directory.write(&place.path(), &self.bundle),
            None => Ok(()),
        }
    }

    fn publish(&mut self) -> Result<(), LedgerError> {
        // INVARIANT(consistent): the tree only ever grew from the one that the last checkpoint
        // signed.
        let next = sign(&self.key, &self.secret, &self.tree)?;
        self.attempted = Some(next.clone());
        self.directory.write(CHECKPOINT, next.text().as_bytes())?;
        self.directory.settle()?;
        self.checkpoint = next;
        self.attempted = None;
        Ok(())
    }
}

fn sign(key: &PublicKey, secret: &Ed25519KeyPair, tree: &Tree) -> Result<Checkpoint, LedgerError> {
    let sign = |text: &[u8]| secret.sign(text).as_ref().to_vec();
    Ok(Checkpoint::sign(key, tree.size(), tree.root(), &sign)?)
}

/// The checkpoint on disk. A directory without anything gets one of an empty ledger first of all,
/// so that later a missing one is known to be missing.
fn begin(
    directory: &mut Directory,
    key: &PublicKey,
    secret: &Ed25519KeyPair,
) -> Result<Checkpoint, LedgerError> {
    let known = directory.read(PUBLIC_KEY);
    if known.as_ref().is_some_and(|known| *known != key.file()) {
        return Err(LedgerError::KeyChanged);
    }
    let checkpoint = match directory.read(CHECKPOINT) {
        Some(bytes) => {
            let checkpoint = Checkpoint::read(&bytes, key)?;
            // Whoever wrote it may have stopped before its name was durable, and asking the system
            // once more about a failed write proves nothing: it is written anew.
            directory.write(CHECKPOINT, &bytes)?;
            directory.settle()?;
            checkpoint
        }
        None if known.is_some() || directory.has_tiles() => {
            return Err(LedgerError::CheckpointMissing);
        }
        None => {
            let checkpoint = sign(key, secret, &Tree::default())?;
            directory.write(CHECKPOINT, checkpoint.text().as_bytes())?;
            directory.settle()?;
            checkpoint
        }
    };
    if known.is_none() {
        directory.write(PUBLIC_KEY, &key.file())?;
        directory.settle()?;
    }
    Ok(checkpoint)
}

/// Where the next entry goes: the tree, the unfinished entries and the last sequence, checked
/// against the checkpoint. What lies beyond the checkpoint was never acknowledged and is not looked
/// at.
fn read_edge(
    directory: &Directory,
    checkpoint: &Checkpoint,
) -> Result<(Tree, Vec<u8>, Option<u64>), LedgerError> {
    let size = checkpoint.size();
    let damaged = |path: &str| LedgerError::Damaged { path: path.to_owned() };
    let mut edge = Vec::new();
    for level in 0..levels(size) {
        let number = life::ledger::tree::count(size, level) / TILE_WIDTH as u64;
        let hashes = match Tile::of(Kind::Hashes(level), number, size) {
            None => Vec::new(),
            Some(place) => directory
                .read(&place.path())
                .and_then(|bytes| tile::read_hashes(&bytes))
                .ok_or_else(|| damaged(&place.path()))?,
        };
        edge.push(hashes);
    }
    let tree = Tree::resume(size, edge).filter(|tree| tree.root() == checkpoint.root());
    let tree = tree.ok_or_else(|| damaged(CHECKPOINT))?;
    let Some(last) = size.checked_sub(1).map(|last| last / TILE_WIDTH as u64) else {
        return Ok((tree, Vec::new(), None));
    };
    let entries = read_bundle(directory, last, size)?;
    let sequence = entries.last().map(|bytes| sequence_of(bytes, last, size)).transpose()?;
    let mut bundle = Vec::new();
    if entries.len() < TILE_WIDTH {
        let fits = entries.iter().all(|entry| tile::write_entry(&mut bundle, entry));
        debug_assert!(fits, "what was read from a bundle fits into one");
    }
    Ok((tree, bundle, sequence))
}

/// The entries of one file, each of them checked against its hash.
fn read_bundle(directory: &Directory, number: u64, size: u64) -> Result<Vec<Vec<u8>>, LedgerError> {
    let Some(place) = Tile::of(Kind::Entries, number, size) else { return Ok(Vec::new()) };
    let damaged = || LedgerError::Damaged { path: place.path() };
    let bytes = directory.read(&place.path()).ok_or_else(damaged)?;
    let entries = tile::read_entries(&bytes).ok_or_else(damaged)?;
    let hashes = Tile { kind: Kind::Hashes(0), ..place }.path();
    let hashes = directory.read(&hashes).and_then(|bytes| tile::read_hashes(&bytes));
    let hashes = hashes.ok_or_else(damaged)?;
    let same =
        entries.len() == place.width && entries.iter().map(|entry| leaf_hash(entry)).eq(hashes);
    if same { Ok(entries.into_iter().map(<[u8]>::to_vec).collect()) } else { Err(damaged()) }
}

fn sequence_of(bytes: &[u8], number: u64, size: u64) -> Result<u64, LedgerError> {
    entry::decode(bytes).map(|entry| entry.sequence).map_err(|_| LedgerError::Damaged {
        path: Tile::of(Kind::Entries, number, size).map(Tile::path).unwrap_or_default(),
    })
}

/// The unfinished files of a tree.
fn parts(tree: &Tree) -> Vec<Tile> {
    let mut parts: Vec<_> = tree
        .unfinished()
        .map(|(level, index, hashes)| Tile {
            kind: Kind::Hashes(level),
            index,
            width: hashes.len(),
        })
        .collect();
    let number = tree.size() / TILE_WIDTH as u64;
    parts.extend(Tile::of(Kind::Entries, number, tree.size()));
    parts
}

type Encoded = (BTreeMap<u64, Vec<u8>>, Vec<(u64, Vec<u8>)>);

/// The entries of these facts: those up to `last`, which the ledger should hold, and the new ones.
fn encode(facts: &[(u64, String)], last: Option<u64>) -> Result<Encoded, LedgerError> {
    let (mut held, mut new) = (BTreeMap::new(), Vec::new());
    let mut before = None;
    for (sequence, fact) in facts {
        let sequence = *sequence;
        if before.is_some_and(|before| before >= sequence) {
            return Err(LedgerError::Order { sequence });
        }
        before = Some(sequence);
        let bytes = entry::encode_json(sequence, fact)
            .map_err(|source| LedgerError::Entry { sequence, source })?;
        if last.is_some_and(|last| sequence <= last) {
            held.insert(sequence, bytes);
        } else {
            new.push((sequence, bytes));
        }
    }
    Ok((held, new))
}

#[cfg(test)]
mod tests;
