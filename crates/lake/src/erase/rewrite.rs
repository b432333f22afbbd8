//! Writing a file again without the rows of erased leaves. Its order, bucket and period stay as
//! they are.

use std::sync::Arc;

use life::keep::manifest::{Change, FileEntry};

use crate::keep::file::FileError;
use crate::keep::read::{FileReader, Footers};
use crate::keep::rows::Pick;
use crate::keep::write::{FileWriter, Layout, NewFile, Shape, Writing};

/// The file again without the rows of erased leaves; no change when it holds none.
///
/// Rows stay with the person that they were filed under, so that the file's version stays true.
/// What
/// was sealed under a destroyed key goes too. The old file is unlinked once the change is
/// committed.
pub fn rewrite(
    entry: &FileEntry,
    writing: &Writing<'_>,
    footers: &Footers,
    new_file: &mut dyn FnMut() -> NewFile,
) -> Result<Change, FileError> {
    let reader = FileReader::open(writing.place, entry, footers, &Arc::default())?;
    let leaves = writing.erased.iter().copied().collect();
    if !reader.holds(&leaves)? {
        return Ok(Change::default());
    }
    let shape = Shape {
        level: entry.level,
        bucket: entry.bucket,
        from: entry.from,
        until: entry.until,
        version: entry.version,
        lasts: false,
    };
    let mut layout = Layout::default();
    layout.merge(std::slice::from_ref(&reader), writing.columns);
    let mut file = FileWriter::create(writing, new_file(), shape, &layout)?;
    for filed in reader.rows(Pick::Every, Some(writing.sealer))? {
        let filed = filed?;
        if !writing.erased.contains(&filed.row.leaf) {
            file.push(filed.person, filed.row)?;
        }
    }
    let added = file.finish()?.into_iter().collect();
    Ok(Change { added, removed: vec![entry.id], ..Change::default() })
}
