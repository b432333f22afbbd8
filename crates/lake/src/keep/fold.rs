//! Folding: rows of the journal become files, one for each period. The vault's commit makes it
//! happen once.

use std::collections::HashSet;
use std::fs;
use std::path::PathBuf;

use life::keep::manifest::{FileEntry, RunEntry};
use vocabulary::{Person, Time};

use super::file::{FileError, Place};
use super::fresh::{Arrival, Head, Snapshot};
use super::period::{Period, period};
use super::write::{FileWriter, Layout, NewFile, Shape, Writing, bucket};

/// Which row goes where: sorts by period, then in a file's order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Goal {
    period: Period,
    bucket: u16,
    person: Person,
    time: Time,
    sequence: u32,
    arrival: Arrival,
}

/// Writes the fresh rows of a segment into one new file for each period.
///
/// Rows are decoded one at a time, so that memory holds where each goes and no more.
/// Rows of erased leaves are left out. Nothing counts until the vault has committed the entries.
pub fn fold(
    rows: &Snapshot,
    writing: &Writing<'_>,
    new_file: &mut dyn FnMut() -> NewFile,
) -> Result<Vec<FileEntry>, FileError> {
    let heads = rows.heads().filter(|head| !writing.erased.contains(&head.leaf));
    let mut goals: Vec<Goal> = heads.map(|head| goal(&head, writing)).collect();
    goals.sort_unstable();
    let mut entries = Vec::new();
    for goals in goals.chunk_by(|one, other| one.period == other.period) {
        let Some(first) = goals.first() else { continue };
        let mut layout = Layout::default();
        for goal in goals {
            if let Some(row) = rows.row(goal.arrival) {
                layout.admit(&row, writing.columns);
            }
        }
        let Period { from, until } = first.period;
        let version = writing.version;
        let shape = Shape { level: 0, bucket: None, from, until, version, lasts: false };
        let mut file = FileWriter::create(writing, new_file(), shape, &layout)?;
        for goal in goals {
            if let Some(row) = rows.row(goal.arrival) {
                file.push(goal.person, row)?;
            }
        }
        entries.extend(file.finish()?);
    }
    Ok(entries)
}

fn goal(head: &Head, writing: &Writing<'_>) -> Goal {
    let person = (writing.person)(head.leaf);
    Goal {
        period: period(head.time, writing.now),
        bucket: bucket(person),
        person,
        time: head.time,
        sequence: head.sequence,
        arrival: head.arrival,
    }
}

/// Removes the files that the manifest does not know: what a stop before the commit left. Returns
/// how many.
///
/// Only at start, before anything is written.
pub fn sweep(place: &Place, files: &[FileEntry], runs: &[RunEntry]) -> Result<usize, FileError> {
    let files = files.iter().map(|entry| &entry.path);
    let known: HashSet<PathBuf> =
        files.chain(runs.iter().map(|run| &run.path)).map(|path| place.path(path)).collect();
    let mut removed = 0;
    for below in [super::write::ROWS, super::duplicates::KEYS] {
        let directory = place.path(below);
        if !directory.exists() {
            continue;
        }
        let access = |cause| FileError::Access { path: directory.clone(), cause };
        for item in fs::read_dir(&directory).map_err(access)? {
            let path = item.map_err(access)?.path();
            if !known.contains(&path) {
                fs::remove_file(&path).map_err(|cause| FileError::Access { path, cause })?;
                removed += 1;
            }
        }
        super::durable::sync_directory(&directory)?;
    }
    Ok(removed)
}

/// Removes files that a committed change took out of the manifest; one that is gone already is
/// fine.
pub fn remove(place: &Place, paths: &[String]) -> Result<(), FileError> {
    let mut directories = HashSet::new();
    for below in paths {
        let path = place.path(below);
        match fs::remove_file(&path) {
            Ok(()) => directories.extend(path.parent().map(PathBuf::from)),
            Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => {}
            Err(cause) => return Err(FileError::Access { path, cause }),
        }
    }
    directories.iter().try_for_each(|directory| super::durable::sync_directory(directory))
}
