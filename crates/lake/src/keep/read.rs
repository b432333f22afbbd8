//! Reading a file: only what was asked for, block after block. It never shows what does not
//! authenticate.

use std::collections::{BTreeSet, VecDeque};
use std::fmt;
use std::sync::Arc;

use life::keep::manifest::FileEntry;
use vocabulary::{Class, Code, Leaf, Person, PersonSealer};

use super::chunk::{Chunk, Column, Need, Texts};
use super::column::{ColumnKind, Columns};
use super::decode::{Decoder, nothing, zeros};
use super::file::{FileError, Place, Positioned, Scanned};
pub use super::footer::Footers;
use super::footer::{BlockEntry, Opened};
use super::section::{Section, Spot};
use super::ties::{self, Ties};
use super::unseal::{Unsealer, unsealed};

/// One open file of the lake. Cloning is cheap; clones may be read on different threads.
#[derive(Debug, Clone)]
pub struct FileReader {
    pub(super) entry: Arc<FileEntry>,
    pub(super) place: Place,
    file: Positioned,
    pub(super) opened: Arc<Opened>,
    scanned: Arc<Scanned>,
}

impl FileReader {
    /// Opens a file as the manifest describes it; refuses what is not sealed with its key for its
    /// place.
    pub fn open(
        place: &Place,
        entry: &FileEntry,
        footers: &Footers,
        scanned: &Arc<Scanned>,
    ) -> Result<Self, FileError> {
        let path = place.path(&entry.path);
        let file = Positioned::open(&path, scanned.clone())?;
        if file.bytes() != entry.bytes {
            let what = format!("{} bytes instead of {}", file.bytes(), entry.bytes);
            return Err(FileError::Damaged { path, what });
        }
        let opened = match footers.get(entry) {
            Some(opened) => opened,
            None => {
                let opened = Arc::new(Opened::read(place, entry, &file)?);
                footers.insert(entry.id, Arc::clone(&opened));
                opened
            }
        };
        let entry = Arc::new(entry.clone());
        Ok(Self { entry, place: place.clone(), file, opened, scanned: scanned.clone() })
    }

    /// What the manifest says about it.
    #[must_use]
    pub fn entry(&self) -> &FileEntry {
        &self.entry
    }

    /// The promoted columns that it has.
    #[must_use]
    pub fn columns(&self) -> &Columns {
        &self.opened.footer.columns
    }

    /// The classes that it has sealed runs of.
    pub(super) fn classes(&self) -> Vec<Class> {
        self.opened.footer.classes()
    }

    /// Its rows in order, of one bucket or of all; empty when it has no rows of that bucket.
    /// Sealed properties that are needed are opened, if there is a sealer.
    pub fn chunks<'a>(
        &self,
        bucket: Option<u16>,
        need: &Need,
        texts: &Arc<Texts>,
        sealer: Option<&'a dyn PersonSealer>,
    ) -> Result<Chunks<'a>, FileError> {
        let mut classes: Vec<Class> = need.sealed.values().copied().collect();
        classes.dedup();
        let sealer = sealer.filter(|_| !classes.is_empty());
        let unsealer = sealer.map(|sealer| Unsealer::new(classes, sealer)).transpose()?;
        let kind = |code: &Code| match need.sealed.get(code) {
            Some(_) => None,
            None => self.columns().kind(*code),
        };
        Ok(Chunks {
            blocks: self.blocks(|block| bucket.is_none_or(|bucket| block.bucket == bucket)),
            reader: self.clone(),
            closed: Arc::new(self.closed()),
            kinds: need.columns.iter().map(|code| (*code, kind(code))).collect(),
            need: need.clone(),
            texts: Arc::clone(texts),
            unsealer,
        })
    }

    /// Some of its blocks, in order.
    pub(super) fn blocks(&self, is_wanted: impl Fn(&BlockEntry) -> bool) -> Blocks {
        let mut first = 0;
        let mut blocks = Vec::new();
        for (number, block) in (0u32..).zip(&self.opened.footer.blocks) {
            if is_wanted(block) {
                let rows = block.rows as usize;
                blocks.push(Block { number, first, rows, continues: block.continues });
            }
            first += u64::from(block.rows);
        }
        blocks.into()
    }

    /// The plain bytes of a section; `None` when the block does without it.
    pub(super) fn section(
        &self,
        block: Block,
        section: Section,
    ) -> Result<Option<Vec<u8>>, FileError> {
        let entry = self.opened.footer.blocks.get(block.number as usize);
        let Some((number, start, length)) = entry.and_then(|entry| entry.find(section)) else {
            return Ok(None);
        };
        self.open_at(Spot { block: block.number, section: number }, start, length).map(Some)
    }

    /// The plain bytes of what is sealed somewhere in the file.
    pub(super) fn open_at(
        &self,
        spot: Spot,
        start: u64,
        length: usize,
    ) -> Result<Vec<u8>, FileError> {
        let access = |cause| FileError::Access { path: self.place.path(&self.entry.path), cause };
        let sealed = self.file.read(start, length).map_err(access)?;
        let plain = self.opened.key.open(spot, sealed);
        plain.ok_or_else(|| self.damaged("a section of it does not authenticate"))
    }

    /// Whether a block may have a row of one of these leaves.
    pub(super) fn may_hold(&self, block: Block, leaves: &BTreeSet<Leaf>) -> bool {
        let entry = self.opened.footer.blocks.get(block.number as usize);
        entry.is_none_or(|entry| entry.may_hold(leaves))
    }

    /// A section, decoded; `otherwise` when the block does without it.
    pub(super) fn decoded<T>(
        &self,
        block: Block,
        section: Section,
        decode: impl FnOnce(&[u8]) -> Option<T>,
        otherwise: impl FnOnce() -> T,
    ) -> Result<T, FileError> {
        match self.section(block, section)? {
            None => Ok(otherwise()),
            Some(bytes) => decode(&bytes).ok_or_else(|| self.garbled(section)),
        }
    }

    pub(super) fn garbled(&self, section: Section) -> FileError {
        self.damaged(format!("its section `{section:?}` does not read"))
    }

    pub(super) fn damaged(&self, what: impl ToString) -> FileError {
        FileError::Damaged { path: self.place.path(&self.entry.path), what: what.to_string() }
    }

    pub(super) fn count_rows(&self, count: usize) {
        self.scanned.add_rows(count);
    }

    /// The same file, of which is not told what is read.
    pub(super) fn untold(&self) -> Self {
        let scanned = Arc::new(Scanned::default());
        let file = self.file.counted_by(Arc::clone(&scanned));
        Self { file, scanned, ..self.clone() }
    }

    /// What opens the file once more when something is to be read of it later.
    fn closed(&self) -> Closed {
        let Self { entry, place, opened, scanned, .. } = self.clone();
        Closed { entry, place, opened, scanned }
    }

    /// The clients' numbers of a block; empty when they are zero everywhere.
    pub(super) fn sequence(
        &self,
        block: Block,
        decoder: &mut Decoder,
    ) -> Result<Vec<u32>, FileError> {
        let Some(bytes) = self.section(block, Section::Sequence)? else { return Ok(Vec::new()) };
        let received = self.section(block, Section::Received)?.unwrap_or_default();
        let sequence = decoder.sequence(&bytes, &received, block.rows);
        sequence.ok_or_else(|| self.garbled(Section::Sequence))
    }

    /// The columns of a block that every row has, those that are needed.
    pub(super) fn fixed(
        &self,
        block: Block,
        need: &Need,
        decoder: &mut Decoder,
    ) -> Result<Chunk, FileError> {
        let rows = block.rows;
        let missing = |section| move || Err(section);
        let must = |found: Result<Result<_, Section>, FileError>| match found? {
            Ok(found) => Ok(found),
            Err(section) => Err(self.garbled(section)),
        };
        let person = must(self.decoded(
            block,
            Section::Person,
            |bytes| decoder.stretches(bytes, rows).map(Ok),
            missing(Section::Person),
        ))?;
        let stamp =
            self.decoded(block, Section::Stamp, |bytes| decoder.shorts(bytes, rows), Vec::new)?;
        let time = match need.untimed {
            true => vec![self.entry.first.0; rows],
            false => {
                let decode = |bytes: &[u8]| decoder.times(bytes, &person);
                self.decoded(block, Section::Time, decode, Vec::new)?
            }
        };
        let stamps = &self.opened.footer.stamps;
        let is_known = stamp.iter().max().is_none_or(|most| (*most as usize) < stamps.len());
        if stamp.len() != rows || time.len() != rows || !is_known {
            return Err(self.garbled(Section::Stamp));
        }
        let mut chunk = Chunk {
            person,
            stamp: stamp.into(),
            stamps: Arc::clone(stamps),
            continues: block.continues,
            ..Chunk::default()
        };
        if need.leaf {
            let decode = |bytes: &[u8]| decoder.stretches(bytes, rows);
            chunk.leaf = self.decoded(block, Section::Leaf, decode, || chunk.person.clone())?;
        }
        if need.session {
            let decode = |bytes: &[u8]| decoder.stretches(bytes, rows);
            chunk.session = self.decoded(block, Section::Session, decode, || nothing(rows))?;
        }
        if need.received {
            let decode = |bytes: &[u8]| decoder.received(bytes, &time).map(Into::into);
            chunk.received = self.decoded(block, Section::Received, decode, || zeros(rows))?;
        }
        chunk.time = time.into();
        self.count_rows(rows);
        Ok(chunk)
    }
}

/// A file that need not stay open: a question may have met more blocks than files can be open.
pub(super) struct Closed {
    entry: Arc<FileEntry>,
    place: Place,
    opened: Arc<Opened>,
    scanned: Arc<Scanned>,
}

impl Closed {
    /// What decides between rows of a block that tie.
    pub(super) fn ties(&self, block: Block) -> Result<ties::Read, FileError> {
        let Self { entry, place, opened, scanned } = self;
        let (entry, place) = (Arc::clone(entry), place.clone());
        let file = Positioned::open(&place.path(&entry.path), Arc::clone(scanned))?;
        let (opened, scanned) = (Arc::clone(opened), Arc::clone(scanned));
        let reader = FileReader { entry, place, file, opened, scanned };
        Decoder::lend(|decoder| {
            let need = Need { received: true, ..Need::default() };
            let received = reader.fixed(block, &need, decoder)?.received.to_vec();
            Ok(ties::Read { sequence: reader.sequence(block, decoder)?, received })
        })
    }
}

/// Rows of a chunk, for each one that is needed, that make it worth to put these by themselves.
const FEW: usize = 2;

/// Rows of a chunk that are looked at first: where three of four are needed, no more are.
const FEW_LOOK: usize = 512;

/// A block of an open file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Block {
    pub(super) number: u32,
    /// The number of its first row in the file.
    pub(super) first: u64,
    pub(super) rows: usize,
    continues: bool,
}

pub(super) type Blocks = VecDeque<Block>;

/// The chunks of a file, decoded as they are taken; each block is one.
pub struct Chunks<'a> {
    pub(super) blocks: Blocks,
    pub(super) reader: FileReader,
    pub(super) need: Need,
    kinds: Vec<(Code, Option<ColumnKind>)>,
    pub(super) texts: Arc<Texts>,
    unsealer: Option<Unsealer<'a>>,
    closed: Arc<Closed>,
}

impl fmt::Debug for Chunks<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Chunks").field("need", &self.need).finish_non_exhaustive()
    }
}

impl Iterator for Chunks<'_> {
    type Item = Result<Chunk, FileError>;

    fn next(&mut self) -> Option<Self::Item> {
        let block = self.blocks.pop_front()?;
        Some(Decoder::lend(|decoder| self.chunk(block, decoder)))
    }
}

impl Chunks<'_> {
    fn chunk(&mut self, block: Block, decoder: &mut Decoder) -> Result<Chunk, FileError> {
        let mut chunk = self.reader.fixed(block, &self.need, decoder)?;
        chunk.ties = Ties::lying(Arc::clone(&self.closed), block);
        for (code, kind) in &self.kinds {
            let Some(kind) = kind else {
                chunk.columns.push(Column::Absent);
                continue;
            };
            let decode = |bytes: &[u8]| decoder.column(*kind, bytes, block.rows, &self.texts);
            let section = Section::Property(*code);
            chunk.columns.push(self.reader.decoded(block, section, decode, || Column::Absent)?);
        }
        self.unseal(block, &mut chunk, decoder)?;
        Ok(match self.few(&chunk) {
            Some(rows) => chunk.pick(&rows),
            None => chunk,
        })
    }

    /// The rows of a chunk that are needed, where they are few enough to be worth picking.
    fn few(&self, chunk: &Chunk) -> Option<Vec<u32>> {
        let events = self.need.events.as_ref()?;
        let is_needed = chunk.stamps.iter().map(|stamp| events.contains(&stamp.event.0));
        let is_needed: Vec<bool> = is_needed.collect();
        let needed = |stamp: &u32| usize::from(is_needed.get(*stamp as usize) == Some(&true));
        // The first rows tell whether it is worth looking at all.
        let first = chunk.stamp.get(..FEW_LOOK).unwrap_or(&chunk.stamp);
        if first.iter().map(needed).sum::<usize>() * 4 >= first.len() * 3 {
            return None;
        }
        let mut rows = vec![0; chunk.len()];
        let mut count = 0;
        for (row, stamp) in (0u32..).zip(chunk.stamp.iter()) {
            if let Some(place) = rows.get_mut(count) {
                *place = row;
            }
            count += needed(stamp);
        }
        rows.truncate(count);
        (count * FEW < chunk.len()).then_some(rows)
    }

    /// Puts the values of sealed properties in the place of their columns.
    fn unseal(
        &mut self,
        block: Block,
        chunk: &mut Chunk,
        decoder: &mut Decoder,
    ) -> Result<(), FileError> {
        let Some(unsealer) = &mut self.unsealer else { return Ok(()) };
        let persons: Vec<Person> = chunk.person.each().map(Person).collect();
        let rows = unsealer.open(&self.reader, block, &persons, decoder)?;
        for (code, column) in self.need.columns.iter().zip(&mut chunk.columns) {
            if let Some(class) = self.need.sealed.get(code) {
                let values = rows.iter().map(|held| unsealed(held, *class, *code));
                *column = Column::of(&values.collect::<Vec<_>>(), &self.texts);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
impl FileReader {
    /// Every text in the dictionaries of a column, used or not.
    pub(crate) fn dictionary(&self, code: Code) -> Result<Vec<String>, FileError> {
        use super::decode::Values;

        let mut decoder = Decoder::new()?;
        let mut words = Vec::new();
        for block in self.blocks(|_| true) {
            let Some(bytes) = self.section(block, Section::Property(code))? else { continue };
            let values = decoder.values(ColumnKind::Text, &bytes, block.rows);
            if let Some(Values::Texts(texts, _)) = values {
                words.extend(texts.into_iter().map(String::from));
            }
        }
        Ok(words)
    }
}
