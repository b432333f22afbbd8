//! A directory of ledger files: whole files appear or they do not, and `settle` makes them last.
//!
//! It knows nothing of what the files say, and it never changes a file in place.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use life::ledger::tile::Tile;
use life::ledger::{ENTRY_BYTES_MAX, Files};

use super::LedgerError;

/// Files are written here first. One is enough: there is one writer.
const TEMPORARY: &str = ".temporary";

/// No file of a ledger is longer; a longer one is not read into memory.
const FILE_BYTES_MAX: u64 = 256 * (ENTRY_BYTES_MAX as u64 + 2);

/// The files of a ledger on disk; enough for verifying one.
#[derive(Debug)]
pub struct Directory {
    root: PathBuf,
    /// Directories whose names are not durable yet.
    unsettled: BTreeSet<PathBuf>,
}

impl Files for Directory {
    fn read(&self, path: &str) -> Option<Vec<u8>> {
        let path = self.root.join(path);
        let known = fs::metadata(&path).ok()?;
        if !known.is_file() || known.len() > FILE_BYTES_MAX {
            return None;
        }
        fs::read(path).ok()
    }
}

impl Directory {
    /// The ledger in this directory, for reading.
    #[must_use]
    pub fn at(root: &Path) -> Self {
        Self { root: root.to_owned(), unsettled: BTreeSet::new() }
    }

    pub(super) fn create(root: &Path) -> Result<Self, LedgerError> {
        fs::create_dir_all(root).map_err(|error| disk(root, error))?;
        let mut directory = Self::at(root);
        let parent = root.parent().filter(|parent| !parent.as_os_str().is_empty());
        directory.unsettled.insert(parent.unwrap_or(Path::new(".")).to_owned());
        Ok(directory)
    }

    pub(super) fn has_tiles(&self) -> bool {
        self.root.join("tile").exists()
    }

    /// Puts a whole file in place; it lasts after `settle`.
    pub(super) fn write(&mut self, path: &str, bytes: &[u8]) -> Result<(), LedgerError> {
        let target = self.root.join(path);
        if let Some(parent) = target.parent() {
            self.make(parent)?;
        }
        let temporary = self.root.join(TEMPORARY);
        self.step(&temporary, |path| {
            let mut file = File::create(path)?;
            file.write_all(bytes)?;
            file.sync_all()
        })?;
        self.step(&target, |path| fs::rename(&temporary, path))
    }

    fn make(&mut self, directory: &Path) -> Result<(), LedgerError> {
        self.unsettled.insert(directory.to_owned());
        // Above a directory that is there already, too: whoever made it may have stopped before its
        // name was durable.
        if directory != self.root
            && let Some(parent) = directory.parent()
        {
            self.make(parent)?;
        }
        if directory.is_dir() {
            return Ok(());
        }
        self.step(directory, |path| fs::create_dir(path))
    }

    /// Leaves what was not settled as it is: whoever needs it writes it anew.
    pub(super) fn forget(&mut self) {
        self.unsettled.clear();
    }

    /// Makes every file that was written so far last.
    pub(super) fn settle(&mut self) -> Result<(), LedgerError> {
        for directory in std::mem::take(&mut self.unsettled) {
            self.step(&directory, |path| File::open(path)?.sync_all())?;
        }
        Ok(())
    }

    /// Removes an unfinished file that a longer or a full one replaced.
    pub(super) fn remove_part(&mut self, part: Tile) -> Result<(), LedgerError> {
        let path = self.root.join(part.path());
        self.step(&path, |path| gone(fs::remove_file(path)))?;
        let parts = self.root.join(part.parts_path());
        if is_empty(&parts) {
            self.step(&parts, |path| gone(fs::remove_dir(path)))?;
        }
        Ok(())
    }

    /// Removes what an interrupted append left: unfinished files other than these.
    pub(super) fn tidy(&mut self, current: &[Tile]) -> Result<(), LedgerError> {
        let keep: BTreeSet<_> = current.iter().map(|part| self.root.join(part.path())).collect();
        let mut pending = vec![self.root.join("tile")];
        while let Some(directory) = pending.pop() {
            let unfinished = directory.extension().is_some_and(|extension| extension == "p");
            for path in list(&directory)? {
                if path.is_dir() {
                    pending.push(path);
                } else if unfinished && !keep.contains(&path) {
                    self.step(&path, |path| gone(fs::remove_file(path)))?;
                }
            }
            if unfinished && is_empty(&directory) {
                self.step(&directory, |path| gone(fs::remove_dir(path)))?;
            }
        }
        Ok(())
    }

    /// The one place where the disk is changed, so that a test can stop at any change.
    fn step(
        &self,
        path: &Path,
        change: impl FnOnce(&Path) -> io::Result<()>,
    ) -> Result<(), LedgerError> {
        #[cfg(test)]
        super::tests::step(path).map_err(|error| disk(path, error))?;
        change(path).map_err(|error| disk(path, error))
    }
}

fn disk(path: &Path, source: io::Error) -> LedgerError {
    LedgerError::Disk { path: path.to_owned(), source }
}

fn gone(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

fn is_empty(directory: &Path) -> bool {
    fs::read_dir(directory).is_ok_and(|mut entries| entries.next().is_none())
}

fn list(directory: &Path) -> Result<Vec<PathBuf>, LedgerError> {
    let entries = match fs::read_dir(directory) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        other => other.map_err(|error| disk(directory, error))?,
    };
    let paths = entries.map(|entry| entry.map(|entry| entry.path()));
    paths.collect::<io::Result<_>>().map_err(|error| disk(directory, error))
}
