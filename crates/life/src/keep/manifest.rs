//! The manifest: which files make up the table. The lake returns changes as values, the vault
//! commits them.

use serde::{Deserialize, Serialize};
use vocabulary::{FileKey, Time};

use super::identity::Version;

/// A file's number; never reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct FileId(pub u64);

/// How many buckets a region's persons are spread over: bucket = ordinal % BUCKETS.
pub const BUCKETS: u16 = 16;

/// One sealed file of rows, sorted by (bucket, person, time, sequence, arrival).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileEntry {
    pub id: FileId,
    /// Below the region's lake directory.
    pub path: String,
    pub key: FileKey,
    /// Zero = straight from the journal, all buckets; one = a bucket's own, compacted.
    pub level: u8,
    /// The only bucket in it; `None` for level zero.
    pub bucket: Option<u16>,
    /// The period that it belongs to: every row's time lies in `from..until`.
    pub from: Time,
    pub until: Time,
    /// The times of its first and last row.
    pub first: Time,
    pub last: Time,
    pub rows: u64,
    pub bytes: u64,
    /// SHA-256 of the whole file.
    pub digest: [u8; 32],
    /// The version of leaf to person that its order rests on.
    pub version: Version,
    /// By bucket: the number of its first row; one more entry than buckets. Empty when `bucket` is
    /// some.
    pub bucket_rows: Vec<u64>,
}

impl FileEntry {
    /// Whether it may have rows of a bucket.
    #[must_use]
    pub fn holds(&self, bucket: u16) -> bool {
        match self.bucket {
            Some(own) => own == bucket,
            None => {
                let border = |place: u16| self.bucket_rows.get(usize::from(place));
                border(bucket).is_none_or(|first| Some(first) != border(bucket + 1))
            }
        }
    }

    /// What the file's encryption is bound to, so that no file can stand in for another.
    #[must_use]
    pub fn context(controller: &str, region: u8, id: FileId) -> Vec<u8> {
        format!("candor/lake/{controller}/{region}/{}", id.0).into_bytes()
    }
}

/// A sorted run of duplicate keys on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunEntry {
    pub id: FileId,
    pub path: String,
    /// The hour of arrival that it belongs to.
    pub hour: Time,
    pub keys: u64,
    pub digest: [u8; 32],
}

/// How far the journal has been folded: everything before this frame of this segment is in files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub struct Position {
    pub segment: u64,
    pub frame: u64,
}

/// A change of the manifest: from folding a segment, compacting, or erasing. Committed as a whole
/// or not at all.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Change {
    pub added: Vec<FileEntry>,
    pub removed: Vec<FileId>,
    pub runs_added: Vec<RunEntry>,
    pub runs_removed: Vec<FileId>,
    /// The journal's new position, when a segment was folded.
    pub position: Option<Position>,
}
