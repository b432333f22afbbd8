//! Writing a file so that it is there whole or not at all, with its digest. It does not know what
//! it writes.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use life::keep::manifest::FileId;
use sha2::{Digest, Sha256};

use super::file::FileError;

/// How the name of a file ends that is not finished.
pub(super) const UNFINISHED: &str = "tmp";

/// A file that is removed again unless it is published.
pub(super) struct Unfinished {
    file: File,
    root: PathBuf,
    below: &'static str,
    id: FileId,
    is_published: bool,
}

impl Unfinished {
    /// A new file in a directory below the root, which is made if need be.
    pub(super) fn create(root: &Path, below: &'static str, id: FileId) -> Result<Self, FileError> {
        let directory = root.join(below);
        let path = directory.join(format!("{}.{UNFINISHED}", id.0));
        let access = |cause| FileError::Access { path: path.clone(), cause };
        if !directory.exists() {
            fs::create_dir_all(&directory).map_err(access)?;
            sync_directory(root)?;
        }
        let file = File::create(&path).map_err(access)?;
        Ok(Self { file, root: root.to_owned(), below, id, is_published: false })
    }

    /// Where its bytes go.
    pub(super) fn writer(&self) -> Result<Hashed, FileError> {
        let file = self.file.try_clone().map_err(|cause| self.access(cause))?;
        Ok(Hashed { file: BufWriter::with_capacity(1 << 20, file), hash: Sha256::new(), bytes: 0 })
    }

    /// An error of this file.
    pub(super) fn access(&self, cause: io::Error) -> FileError {
        FileError::Access { path: self.path(), cause }
    }

    /// Makes it durable under its final name; returns the path below the root.
    pub(super) fn publish(&mut self, ending: &str) -> Result<String, FileError> {
        let path = self.path();
        self.file.sync_all().map_err(|cause| FileError::Sync { path: path.clone(), cause })?;
        let below = format!("{}/{}.{ending}", self.below, self.id.0);
        fs::rename(&path, self.root.join(&below)).map_err(|cause| self.access(cause))?;
        self.is_published = true;
        sync_directory(&self.root.join(self.below))?;
        Ok(below)
    }

    fn path(&self) -> PathBuf {
        self.root.join(self.below).join(format!("{}.{UNFINISHED}", self.id.0))
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if !self.is_published {
            // What stays behind is swept away at the next start.
            let _ = fs::remove_file(self.path());
        }
    }
}

/// Makes the names in a directory durable.
pub(super) fn sync_directory(path: &Path) -> Result<(), FileError> {
    // Not being able to open it says nothing about the disk, and can be tried again.
    let directory =
        File::open(path).map_err(|cause| FileError::Access { path: path.to_owned(), cause })?;
    directory.sync_all().map_err(|cause| FileError::Sync { path: path.to_owned(), cause })
}

/// Hashes and counts what goes to disk.
pub(super) struct Hashed {
    file: BufWriter<File>,
    hash: Sha256,
    bytes: u64,
}

impl Hashed {
    /// How many bytes were written.
    pub(super) fn position(&self) -> u64 {
        self.bytes
    }

    /// The digest and the length of all that was written.
    pub(super) fn finish(mut self) -> io::Result<([u8; 32], u64)> {
        self.file.flush()?;
        Ok((self.hash.finalize().into(), self.bytes))
    }
}

impl Write for Hashed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.file.write(bytes)?;
        self.hash.update(bytes.get(..count).unwrap_or(bytes));
        self.bytes += count as u64;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}
