//! Where the bytes of files go: to which column, and to what lies beside the columns.

use std::collections::BTreeMap;
use std::sync::Arc;

use life::keep::manifest::FileEntry;
use vocabulary::{Class, Code};

use super::file::{FileError, Place, Scanned};
use super::read::{FileReader, Footers};
use super::section::Section;

/// What bytes of files hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Held {
    Person,
    Leaf,
    /// Event, source, verdict and purposes.
    Stamp,
    Time,
    Sequence,
    Received,
    Session,
    Property(Code),
    /// Properties under people's own keys.
    Sealed(Class),
    /// The rows once more, by event.
    Projections,
    /// Where everything lies, and the bytes that files begin with.
    Footers,
}

impl From<Section> for Held {
    fn from(section: Section) -> Self {
        match section {
            Section::Person => Held::Person,
            Section::Leaf => Held::Leaf,
            Section::Stamp => Held::Stamp,
            Section::Time => Held::Time,
            Section::Sequence => Held::Sequence,
            Section::Received => Held::Received,
            Section::Session => Held::Session,
            Section::Property(code) => Held::Property(code),
            Section::Sealed(class) => Held::Sealed(class),
        }
    }
}

/// Some files, and what their bytes hold.
#[derive(Debug, Default)]
pub struct Storage {
    pub files: u64,
    pub rows: u64,
    /// Together these are all bytes of the files.
    pub held: BTreeMap<Held, u64>,
}

impl Storage {
    /// Reads the footers of files.
    pub fn of(
        files: &[Arc<FileEntry>],
        place: &Place,
        footers: &Footers,
    ) -> Result<Self, FileError> {
        let mut storage = Self::default();
        for entry in files {
            let reader = FileReader::open(place, entry, footers, &Arc::new(Scanned::default()))?;
            storage.add(entry, &reader);
        }
        Ok(storage)
    }

    fn add(&mut self, entry: &FileEntry, reader: &FileReader) {
        let footer = &reader.opened.footer;
        let sections = footer.blocks.iter().flat_map(|block| &block.sections);
        let sections = sections.map(|(section, bytes)| ((*section).into(), *bytes));
        let groups = footer.projections.iter().flat_map(|projection| &projection.groups);
        let groups = groups.map(|group| (Held::Projections, group.length));
        let mut rest = entry.bytes;
        for (what, bytes) in sections.chain(groups) {
            *self.held.entry(what).or_default() += u64::from(bytes);
            rest -= u64::from(bytes);
        }
        *self.held.entry(Held::Footers).or_default() += rest;
        self.files += 1;
        self.rows += entry.rows;
    }
}
