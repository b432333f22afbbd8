//! Where the lake's files lie, how one is written so that it is there or not, and how one is read.
//!
//! Nothing here knows what is in a file. A failed fsync is reported as such and never tried again.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use life::keep::manifest::{FileEntry, FileId};
use thiserror::Error;
use vocabulary::{Region, SealError};

/// Why a file of the lake could not be written or read.
#[derive(Debug, Error)]
pub enum FileError {
    #[error("`{path}` could not be read or written: {cause}")]
    Access { path: PathBuf, cause: io::Error },
    /// What is on disk is unknown now: the caller has to stop the process.
    #[error("`{path}` could not be made durable: {cause}; stop and look at the disk")]
    Sync { path: PathBuf, cause: io::Error },
    #[error("`{path}` is not encrypted, so it is not ours: restore it from a backup")]
    Plain { path: PathBuf },
    #[error(
        "`{path}` was written by an earlier state of candor, which no release was: import the \
        events again"
    )]
    Version { path: PathBuf },
    #[error(
        "`{path}` does not open with its key and place in the manifest: restore it from a backup"
    )]
    Locked { path: PathBuf },
    #[error("`{path}` is damaged ({what}): restore it from a backup")]
    Damaged { path: PathBuf, what: String },
    #[error("a sealed run in `{path}` does not open: {cause}")]
    Seal { path: PathBuf, cause: SealError },
    #[error("a file could not be encoded: {what}")]
    Encode { what: String },
}

/// Where one region's files lie, and whose they are.
#[derive(Debug, Clone)]
pub struct Place {
    /// The region's lake directory; paths of the manifest start here.
    pub root: PathBuf,
    pub controller: String,
    pub region: Region,
}

impl Place {
    /// The full path of a path in the manifest.
    #[must_use]
    pub fn path(&self, below: &str) -> PathBuf {
        self.root.join(below)
    }

    /// What a file's encryption is bound to.
    pub(crate) fn context(&self, id: FileId) -> Vec<u8> {
        FileEntry::context(&self.controller, self.region.0, id)
    }
}

/// What a question has read so far.
#[derive(Debug, Default)]
pub struct Scanned {
    rows: AtomicU64,
    bytes: AtomicU64,
    files: AtomicU64,
}

impl Scanned {
    /// Rows decoded.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.rows.load(Ordering::Relaxed)
    }

    /// Bytes read from files.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    /// Files opened.
    #[must_use]
    pub fn files(&self) -> u64 {
        self.files.load(Ordering::Relaxed)
    }

    /// Counts rows, those of fresh runs too.
    pub fn add_rows(&self, count: usize) {
        self.rows.fetch_add(count as u64, Ordering::Relaxed);
    }

    pub(crate) fn add_bytes(&self, count: usize) {
        self.bytes.fetch_add(count as u64, Ordering::Relaxed);
    }

    pub(crate) fn add_file(&self) {
        self.files.fetch_add(1, Ordering::Relaxed);
    }
}

/// An open file that many threads read at positions of their own.
#[derive(Debug, Clone)]
pub(crate) struct Positioned {
    file: Arc<File>,
    bytes: u64,
    scanned: Arc<Scanned>,
}

impl Positioned {
    pub(crate) fn open(path: &Path, scanned: Arc<Scanned>) -> Result<Self, FileError> {
        let access = |cause| FileError::Access { path: path.to_owned(), cause };
        let file = File::open(path).map_err(access)?;
        let bytes = file.metadata().map_err(access)?.len();
        scanned.add_file();
        Ok(Self { file: Arc::new(file), bytes, scanned })
    }

    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The same file, whose reading is counted elsewhere.
    pub(crate) fn counted_by(&self, scanned: Arc<Scanned>) -> Self {
        Self { scanned, ..self.clone() }
    }

    pub(crate) fn read(&self, start: u64, length: usize) -> io::Result<Vec<u8>> {
        let end = start.checked_add(length as u64);
        if end.is_none_or(|end| end > self.bytes) {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let mut bytes = vec![0; length];
        self.file.read_exact_at(&mut bytes, start)?;
        self.scanned.add_bytes(length);
        Ok(bytes)
    }
}
