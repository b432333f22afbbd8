//! Which files hold rows of some leaves. It looks for leaves, not persons: who they were when is
//! no matter.

use std::collections::BTreeSet;
use std::sync::Arc;

use life::keep::manifest::{FileEntry, FileId};
use vocabulary::Leaf;

use crate::keep::file::{FileError, Place, Scanned};
use crate::keep::read::{FileReader, Footers};

/// Where rows of some leaves are.
#[derive(Debug, Default)]
pub struct Found {
    /// The files that hold at least one of them.
    pub holding: BTreeSet<FileId>,
    /// The files that cannot be read, so that nobody knows.
    pub unread: Vec<(FileId, FileError)>,
}

/// Looks through all files for rows of these leaves, whoever they belonged to when they were
/// written.
#[must_use]
pub fn files_with(
    place: &Place,
    entries: &[FileEntry],
    leaves: &BTreeSet<Leaf>,
    footers: &Footers,
) -> Found {
    let scanned = Arc::<Scanned>::default();
    let mut found = Found::default();
    for entry in entries {
        let holds = FileReader::open(place, entry, footers, &scanned)
            .and_then(|reader| reader.holds(leaves));
        match holds {
            Ok(true) => drop(found.holding.insert(entry.id)),
            Ok(false) => {}
            Err(error) => found.unread.push((entry.id, error)),
        }
    }
    found
}
