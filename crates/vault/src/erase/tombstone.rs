//! The tombstone log: what was destroyed or hidden, in a file outside the databases and every
//! backup.
//!
//! Lines are only ever added. Each carries a checksum; a line that a stop cut short is passed over,
//! since what it told of had not begun.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use vocabulary::{Class, Leaf, Region, Time};

use crate::VaultError;

const LOG_FILE: &str = "tombstones.log";

/// Why a tombstone stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Buried {
    Erasure,
    Withdrawal,
    Restriction,
    Retention,
}

impl Buried {
    /// Whether the leaf is out of everybody's sight.
    #[must_use]
    pub const fn hides(self) -> bool {
        match self {
            Buried::Erasure | Buried::Restriction => true,
            Buried::Withdrawal | Buried::Retention => false,
        }
    }
}

/// One line of the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tombstone {
    pub region: Region,
    pub leaf: Leaf,
    pub class: Class,
    pub act: Buried,
    pub at: Time,
}

/// The log's file. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Tombstones {
    path: PathBuf,
    file: Arc<Mutex<File>>,
}

impl Tombstones {
    /// Opens the log, making it durable as an empty file when it is not there.
    pub(crate) fn open(data: &Path) -> Result<Self, VaultError> {
        let path = data.join(LOG_FILE);
        let failed = |source| VaultError::File { path: path.clone(), source };
        let mut options = OpenOptions::new();
        let options = options.read(true).append(true).create(true).mode(0o600);
        let mut file = options.open(&path).map_err(failed)?;
        if ends_torn(&mut file).map_err(failed)? {
            file.write_all(b"\n").map_err(failed)?;
        }
        file.sync_all().map_err(failed)?;
        File::open(data).and_then(|folder| folder.sync_all()).map_err(failed)?;
        Ok(Self { path, file: Arc::new(Mutex::new(file)) })
    }

    /// Adds lines; they are durable when this returns.
    pub(crate) fn append(&self, tombstones: &[Tombstone]) -> Result<(), VaultError> {
        let mut text = String::new();
        for tombstone in tombstones {
            let line = crate::sql::to_json(tombstone)?;
            text.push_str(&format!("{:08x} {line}\n", crc32fast::hash(line.as_bytes())));
        }
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_data());
        written.map_err(|source| VaultError::File { path: self.path.clone(), source })
    }

    /// All lines that are whole.
    pub(crate) fn read(&self) -> Result<Vec<Tombstone>, VaultError> {
        let failed = |source| VaultError::File { path: self.path.clone(), source };
        let mut text = Vec::new();
        File::open(&self.path).and_then(|mut file| file.read_to_end(&mut text)).map_err(failed)?;
        let text = String::from_utf8_lossy(&text);
        Ok(text.lines().filter_map(parse).collect())
    }
}

fn parse(line: &str) -> Option<Tombstone> {
    let (sum, line) = line.split_once(' ')?;
    let sum = u32::from_str_radix(sum, 16).ok()?;
    if sum != crc32fast::hash(line.as_bytes()) {
        return None;
    }
    serde_json::from_str(line).ok()
}

fn ends_torn(file: &mut File) -> std::io::Result<bool> {
    if file.metadata()?.len() == 0 {
        return Ok(false);
    }
    file.seek(SeekFrom::End(-1))?;
    let mut last = [0];
    file.read_exact(&mut last)?;
    Ok(last != *b"\n")
}
