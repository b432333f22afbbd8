//! Which files hold rows of some leaves. It looks for leaves, not persons: who they were when is
//! no matter.

use std::collections::BTreeSet;
use std::sync::Arc;

use life::keep::manifest::{FileEntry, FileId};
use vocabulary::Leaf;

use crate::keep::file::{FileError, Place, Scanned};
use crate::keep::read::{FileReader, Footers};

/// The files that hold at least one row of one of these leaves, whoever they belonged to when it
/// was written.
pub fn files_with(
    place: &Place,
    entries: &[FileEntry],
    leaves: &BTreeSet<Leaf>,
    footers: &Footers,
) -> Result<Vec<FileId>, FileError> {
    let scanned = Arc::<Scanned>::default();
    let mut found = Vec::new();
    for entry in entries {
        let reader = FileReader::open(place, entry, footers, &scanned)?;
        if reader.holds(leaves)? {
            found.push(entry.id);
        }
    }
    Ok(found)
}
