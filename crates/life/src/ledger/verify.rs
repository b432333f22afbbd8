//! Whether a ledger is whole, from its files and a public key: every entry, every hash and the
//! signature are computed again.
//!
//! It believes no file and repairs none. Cutting back to an earlier signed checkpoint leaves files
//! that are whole; only a checkpoint kept elsewhere shows it, and the report says so.

mod walk;

use serde::Serialize;
use utoipa::ToSchema;

use super::{CHECKPOINT, Checkpoint, CheckpointError, Files, PUBLIC_KEY, PublicKey};

/// How often a ledger that grew while it was read is read again.
const ATTEMPTS: usize = 3;

/// What is wrong with a ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ProblemCode {
    /// The public key that was given is none.
    KeyUnreadable,
    /// The key file of the ledger holds another key than the one that was given.
    KeyDiffers,
    /// There is no checkpoint.
    CheckpointMissing,
    /// The checkpoint is no signed note.
    CheckpointUnreadable,
    /// The checkpoint is of another ledger.
    OriginDiffers,
    /// The checkpoint is not signed by the key.
    SignatureWrong,
    /// A file of entries is not there.
    EntriesMissing,
    /// A file of entries is not written as one.
    EntriesMalformed,
    /// An entry is not there, the ones after it moved up.
    EntryMissing,
    /// An entry says something else than what was signed.
    EntryAltered,
    /// An entry stands where another one was signed.
    EntryMoved,
    /// An entry is as signed, but is no fact in canonical form.
    EntryUnreadable,
    /// An entry is as signed, but its outbox sequence does not rise.
    SequenceWrong,
    /// A file of hashes is not there.
    TileMissing,
    /// A file of hashes has the wrong length.
    TileMalformed,
    /// A hash is not the one that was signed.
    TileAltered,
    /// The entries do not give the root that was signed.
    RootDiffers,
    /// The earlier checkpoint cannot be read, or this ledger did not sign it.
    SinceUnusable,
    /// Entries that the earlier checkpoint counted are gone from the end.
    TailCut,
    /// Entries that the earlier checkpoint counted are not the same any more.
    HistoryRewritten,
    /// So much is wrong that the reading stopped.
    TooMany,
}

/// One thing that is wrong with a ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = LedgerProblem)]
pub struct Problem {
    pub code: ProblemCode,
    /// The number of the first entry that it touches, counted from 0.
    pub index: Option<u64>,
    /// What was found, for a person to read.
    pub detail: String,
}

impl Problem {
    fn new(code: ProblemCode, index: Option<u64>, detail: impl Into<String>) -> Self {
        Self { code, index, detail: detail.into() }
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.index {
            Some(index) => write!(out, "entry {index}: {}", self.detail),
            None => out.write_str(&self.detail),
        }
    }
}

/// What the reading of a ledger found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = LedgerReport)]
pub struct Report {
    /// Whether nothing is wrong.
    pub ok: bool,
    /// How many entries the signed checkpoint counts; 0 when there is none.
    pub size: u64,
    /// The signed root in base64, as the checkpoint writes it; empty when there is none.
    pub root: String,
    /// All that is wrong.
    pub problems: Vec<Problem>,
    /// What this reading could and could not see.
    pub note: String,
}

/// Reads a whole ledger. `public_key` is the text of its key file; `since` is the text of a signed
/// checkpoint that was kept elsewhere.
#[must_use]
pub fn verify(files: &dyn Files, public_key: &str, since: Option<&str>) -> Report {
    let mut seen = files.read(CHECKPOINT);
    let mut report = read(files, seen.as_deref(), public_key, since);
    for _ in 1..ATTEMPTS {
        if report.ok {
            break;
        }
        // A ledger that is in use removes unfinished files once it has published longer ones.
        let now = files.read(CHECKPOINT);
        if now == seen {
            break;
        }
        seen = now;
        report = read(files, seen.as_deref(), public_key, since);
    }
    report
}

fn read(files: &dyn Files, checkpoint: Option<&[u8]>, key: &str, since: Option<&str>) -> Report {
    let mut problems = Vec::new();
    let mut head = None;
    let mut earlier = None;
    match PublicKey::parse(key) {
        Err(error) => {
            problems.push(Problem::new(ProblemCode::KeyUnreadable, None, error.to_string()));
        }
        Ok(key) => {
            problems.extend(compare_key(files, &key));
            head = keep(&mut problems, open_checkpoint(checkpoint, &key));
            earlier = since.and_then(|since| keep(&mut problems, open_since(since, &key)));
        }
    }
    if let Some(head) = &head {
        problems.extend(walk::walk(files, head, earlier.as_ref()));
    }
    Report {
        ok: problems.is_empty(),
        size: head.as_ref().map_or(0, Checkpoint::size),
        root: head.as_ref().map_or_else(String::new, |head| head.root().to_string()),
        note: note(since.is_some(), head.as_ref(), earlier.as_ref()),
        problems,
    }
}

fn keep<T>(problems: &mut Vec<Problem>, result: Result<T, Problem>) -> Option<T> {
    result.map_err(|problem| problems.push(problem)).ok()
}

fn compare_key(files: &dyn Files, key: &PublicKey) -> Option<Problem> {
    // Whoever copied only the entries and hashes gave the key by hand: its absence is no fault.
    let file = files.read(PUBLIC_KEY)?;
    let detail = format!("`{PUBLIC_KEY}` is not the key `{key}`");
    (file != key.file()).then(|| Problem::new(ProblemCode::KeyDiffers, None, detail))
}

fn open_checkpoint(bytes: Option<&[u8]>, key: &PublicKey) -> Result<Checkpoint, Problem> {
    let Some(bytes) = bytes else {
        let detail = format!("there is no file `{CHECKPOINT}`");
        return Err(Problem::new(ProblemCode::CheckpointMissing, None, detail));
    };
    Checkpoint::read(bytes, key).map_err(|error| {
        let code = match error {
            CheckpointError::Unreadable => ProblemCode::CheckpointUnreadable,
            CheckpointError::OtherOrigin => ProblemCode::OriginDiffers,
            CheckpointError::SignatureWrong => ProblemCode::SignatureWrong,
        };
        Problem::new(code, None, error.to_string())
    })
}

fn open_since(since: &str, key: &PublicKey) -> Result<Checkpoint, Problem> {
    Checkpoint::read(since.as_bytes(), key).map_err(|error| {
        let detail = format!("the earlier checkpoint is of no use: {error}");
        Problem::new(ProblemCode::SinceUnusable, None, detail)
    })
}

fn note(asked: bool, head: Option<&Checkpoint>, earlier: Option<&Checkpoint>) -> String {
    match (head, earlier) {
        (None, _) => "no signed checkpoint could be read, so no entry was looked at".to_owned(),
        (Some(_), Some(earlier)) => format!(
            "compared with an earlier checkpoint of {} entries; a cut back to a checkpoint \
             signed after that one cannot be seen",
            earlier.size()
        ),
        (Some(_), None) if asked => {
            "the earlier checkpoint was of no use, so a cut back to any earlier signed checkpoint \
             cannot be seen"
                .to_owned()
        }
        (Some(_), None) => {
            "from these files alone a cut back to an earlier signed checkpoint cannot be seen: \
             keep a checkpoint elsewhere and verify since it"
                .to_owned()
        }
    }
}

#[cfg(test)]
mod tests;
