//! Writing a file: sorted rows in, a file of sealed blocks and its entry out. It is there whole or
//! not at all.
//!
//! Nothing but its magic bytes and where its index begins is in the clear.

mod block;
mod projection;
mod value;

use std::collections::{BTreeSet, HashSet};
use std::io::Write;

use life::keep::Row;
use life::keep::identity::Version;
use life::keep::manifest::{BUCKETS, FileEntry, FileId};
use vocabulary::{Class, Code, FileKey, Leaf, Person, PersonSealer, Time, Value};

use self::block::Block;
pub(super) use self::block::{BESIDE_LAST, BESIDE_TIME, OF_FEW};
use self::projection::Projection;
pub(super) use self::value::{ALL_PRESENT, DECIMALS, LONG, SHORT, SOME_ABSENT};
use super::chunk::{Stamp, Stamps};
use super::codec;
use super::column::{ColumnKind, Columns};
use super::durable::{Hashed, Unfinished};
use super::file::{FileError, Place};
use super::footer::{BlockEntry, Footer, GroupEntry, MAGIC, ProjectionEntry};
use super::read::FileReader;
use super::sealed::{self, Packer, RUN_BYTES, RUN_ROWS, Run, Spot};
use super::section::{self, SectionKey};

/// Rows of a block, about; it is cut where a run ends, and where a bucket does.
const BLOCK_ROWS: usize = 32 << 10;

/// Bytes of texts and blobs of a block, about.
const BLOCK_BYTES: usize = 32 << 20;

/// The directory, below the lake's, of files of rows, and how their names end.
pub(super) const ROWS: &str = "rows";
pub(super) const ENDING: &str = "blocks";

/// What all writing of files needs to know.
#[derive(Clone, Copy)]
pub struct Writing<'a> {
    pub place: &'a Place,
    /// What promoted columns store; a value without one here is stored as it is.
    pub columns: &'a Columns,
    pub sealer: &'a dyn PersonSealer,
    /// Whom a leaf belongs to now.
    pub person: &'a dyn Fn(Leaf) -> Person,
    /// The version of that mapping.
    pub version: Version,
    /// Leaves whose rows are not written any more.
    pub erased: &'a HashSet<Leaf>,
    pub now: Time,
}

impl std::fmt::Debug for Writing<'_> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Writing").field("version", &self.version).finish_non_exhaustive()
    }
}

/// The number and the key of a file about to be written.
pub type NewFile = (FileId, FileKey);

/// Which bucket a person's rows are in.
#[must_use]
pub fn bucket(person: Person) -> u16 {
    (Leaf(person.0).ordinal() % u64::from(BUCKETS)) as u16
}

/// Which columns a file has beside the fixed ones.
#[derive(Debug, Clone, Default)]
pub(crate) struct Layout {
    pub(crate) columns: Columns,
    pub(crate) classes: BTreeSet<Class>,
}

impl Layout {
    /// Makes room for what a row holds. A declared column stores what it declares.
    pub(super) fn admit(&mut self, row: &Row, declared: &Columns) {
        for (code, value) in &row.columns {
            match declared.kind(*code) {
                Some(kind) => self.columns.insert(*code, kind),
                None => self.widen(*code, ColumnKind::from(value)),
            }
        }
        self.classes.extend(row.sealed.iter().map(|(class, _, _)| *class));
    }

    /// Makes room for what other files hold, so that rewriting them loses nothing.
    pub(crate) fn merge(&mut self, files: &[FileReader], declared: &Columns) {
        for (code, kind) in files.iter().flat_map(|file| file.columns().iter()) {
            self.widen(code, kind);
            if let Some(declared) = declared.kind(code).filter(|to| wider(kind, *to) == *to) {
                self.widen(code, declared);
            }
        }
        self.classes.extend(files.iter().flat_map(FileReader::classes));
    }

    fn widen(&mut self, code: Code, kind: ColumnKind) {
        let kind = self.columns.kind(code).map_or(kind, |known| wider(known, kind));
        self.columns.insert(code, kind);
    }
}

/// The kind that holds the values of both.
fn wider(one: ColumnKind, other: ColumnKind) -> ColumnKind {
    match (one, other) {
        (one, other) if one == other => one,
        (ColumnKind::Integer, ColumnKind::Number) | (ColumnKind::Number, ColumnKind::Integer) => {
            ColumnKind::Number
        }
        (
            ColumnKind::Text
            | ColumnKind::Json
            | ColumnKind::Integer
            | ColumnKind::Number
            | ColumnKind::Flag
            | ColumnKind::Time,
            _,
        ) => ColumnKind::Text,
    }
}

/// What the entry of a file says beyond what is in it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shape {
    /// Whether it will stay as it is for long, so that it is worth more work.
    pub(crate) lasts: bool,
    pub(crate) level: u8,
    pub(crate) bucket: Option<u16>,
    pub(crate) from: Time,
    pub(crate) until: Time,
    pub(crate) version: Version,
}

impl Shape {
    fn sealed_level(&self) -> i32 {
        if self.level == 0 { sealed::FRESH_LEVEL } else { sealed::LEVEL }
    }

    fn effort(&self) -> codec::Effort {
        if self.lasts { codec::Effort::Thorough } else { codec::Effort::Quick }
    }
}

/// A file under construction. Dropped unfinished, it leaves nothing.
pub(crate) struct FileWriter<'a> {
    place: &'a Place,
    sealer: &'a dyn PersonSealer,
    id: FileId,
    key: FileKey,
    section_key: SectionKey,
    shape: Shape,
    layout: Layout,
    unfinished: Unfinished,
    file: Hashed,
    packer: Packer,
    planes: codec::Packer,
    block: Block,
    blocks: Vec<BlockEntry>,
    /// Only in files of one bucket: others are small or young.
    projection: Option<Projection>,
    projections: Vec<ProjectionEntry>,
    /// Blocks whose rows a projection has seen.
    projected: u32,
    stamps: Stamps,
    /// Rows of one person that become one run.
    run: Vec<Row>,
    run_bytes: usize,
    person: Person,
    bucket_rows: Vec<u64>,
    rows: u64,
    first: Time,
    last: Time,
}

impl<'a> FileWriter<'a> {
    pub(crate) fn create(
        writing: &Writing<'a>,
        (id, key): NewFile,
        shape: Shape,
        layout: &Layout,
    ) -> Result<Self, FileError> {
        let unfinished = Unfinished::create(&writing.place.root, ROWS, id)?;
        let mut file = unfinished.writer()?;
        file.write_all(MAGIC).map_err(|cause| unfinished.access(cause))?;
        Ok(Self {
            place: writing.place,
            sealer: writing.sealer,
            id,
            section_key: SectionKey::new(&key, writing.place.context(id))?,
            key,
            shape,
            layout: layout.clone(),
            unfinished,
            file,
            packer: Packer::new(shape.sealed_level())?,
            planes: codec::Packer::new(shape.effort())?,
            block: Block::new(layout),
            blocks: Vec::new(),
            projection: shape.bucket.map(|_| Projection::new(layout)),
            projections: Vec::new(),
            projected: 0,
            stamps: Stamps::default(),
            run: Vec::new(),
            run_bytes: 0,
            person: Person(0),
            bucket_rows: vec![0; usize::from(BUCKETS)],
            rows: 0,
            first: Time(i64::MAX),
            last: Time(i64::MIN),
        })
    }

    /// Adds the next row, filed under a person. Rows come in their final order.
    pub(crate) fn push(&mut self, person: Person, row: Row) -> Result<(), FileError> {
        let is_full = self.run.len() >= RUN_ROWS || self.run_bytes >= RUN_BYTES;
        if person != self.person || is_full {
            self.end_run()?;
            let is_full = self.block.rows() >= BLOCK_ROWS || self.block.bytes() >= BLOCK_BYTES;
            if is_full || bucket(person) != bucket(self.person) {
                self.end_block(person == self.person)?;
                if self.projection.as_ref().is_some_and(Projection::is_full) {
                    self.end_projection()?;
                }
            }
            self.person = person;
        }
        self.run_bytes +=
            row.sealed.iter().map(|(_, _, value)| sealed::value_bytes(value)).sum::<usize>();
        self.run.push(row);
        Ok(())
    }

    fn end_run(&mut self) -> Result<(), FileError> {
        let run = std::mem::take(&mut self.run);
        let mut blobs = self.seal(&run)?;
        for row in &run {
            self.first = self.first.min(row.time);
            self.last = self.last.max(row.time);
            let stamp = self.stamps.number(Stamp::of(row));
            self.block.push(self.person, row, &mut blobs, stamp);
            if let Some(projection) = &mut self.projection {
                projection.push(row, stamp);
            }
        }
        if let Some(count) = self.bucket_rows.get_mut(usize::from(bucket(self.person))) {
            *count += run.len() as u64;
        }
        self.rows += run.len() as u64;
        self.run = run;
        self.run.clear();
        self.run_bytes = 0;
        Ok(())
    }

    /// The blobs of the properties of a run, at most one of a class.
    fn seal(&mut self, run: &[Row]) -> Result<Vec<(Class, Vec<u8>)>, FileError> {
        let mut blobs = Vec::new();
        for class in Class::EVERY {
            let mut properties: Vec<(u32, Vec<(Code, &Value)>)> = Vec::new();
            for (row, offset) in run.iter().zip(0u32..) {
                let of_class = row.sealed.iter().filter(|(of, _, _)| *of == class);
                let of_class: Vec<_> = of_class.map(|(_, code, value)| (*code, value)).collect();
                if !of_class.is_empty() {
                    properties.push((offset, of_class));
                }
            }
            if properties.is_empty() {
                continue;
            }
            let spot = Spot { file: self.id, person: self.person, class, row: self.rows };
            let blob = self.packer.seal(self.place, self.sealer, spot, &Run(properties))?;
            blobs.extend(blob.map(|blob| (class, blob)));
        }
        Ok(blobs)
    }

    /// Writes a block; `continues` says whether its last person has more rows.
    fn end_block(&mut self, continues: bool) -> Result<(), FileError> {
        let rows = self.block.rows();
        if rows == 0 {
            return Ok(());
        }
        let block = std::mem::replace(&mut self.block, Block::new(&self.layout));
        let leaves = block.leaves();
        let number = self.blocks.len() as u32;
        let start = self.file.position();
        let mut sections = Vec::new();
        for (section, mut bytes) in block.sections(&mut self.planes)? {
            let spot = section::Spot { block: number, section: sections.len() as u32 };
            self.section_key.seal(spot, &mut bytes)?;
            self.file.write_all(&bytes).map_err(|cause| self.unfinished.access(cause))?;
            sections.push((section, bytes.len() as u32));
        }
        let bucket = bucket(self.person);
        let rows = rows as u32;
        self.blocks.push(BlockEntry { bucket, rows, continues, leaves, start, sections });
        Ok(())
    }

    /// Writes the rows of the last blocks once more, by stamp.
    fn end_projection(&mut self) -> Result<(), FileError> {
        let Some(projection) = &mut self.projection else { return Ok(()) };
        let blocks = self.projected..self.blocks.len() as u32;
        self.projected = blocks.end;
        let Some(drained) = projection.drain() else { return Ok(()) };
        let last = self.projections.last();
        let number = last.map_or(0, |last| last.number + last.groups.len() as u32);
        let start = self.file.position();
        let mut groups = Vec::new();
        for (number, (entry, group)) in (number..).zip(drained) {
            let mut bytes = group.packed(&mut self.planes)?;
            self.section_key.seal(section::Spot::group(number), &mut bytes)?;
            self.file.write_all(&bytes).map_err(|cause| self.unfinished.access(cause))?;
            groups.push(GroupEntry { length: bytes.len() as u32, ..entry });
        }
        self.projections.push(ProjectionEntry { blocks, number, start, groups });
        Ok(())
    }

    /// Makes the file durable and visible; `None` when no row was pushed.
    pub(crate) fn finish(mut self) -> Result<Option<FileEntry>, FileError> {
        self.end_run()?;
        self.end_block(false)?;
        if self.rows == 0 {
            return Ok(None);
        }
        self.end_projection()?;
        let footer = Footer {
            columns: self.layout.columns,
            stamps: self.stamps.done(),
            blocks: self.blocks,
            projections: self.projections,
        };
        let end = footer.put(&self.section_key, self.file.position())?;
        self.file.write_all(&end).map_err(|cause| self.unfinished.access(cause))?;
        let (digest, bytes) = self.file.finish().map_err(|cause| self.unfinished.access(cause))?;
        let path = self.unfinished.publish(ENDING)?;
        let bucket_rows = match self.shape.bucket {
            Some(_) => Vec::new(),
            None => borders(&self.bucket_rows),
        };
        Ok(Some(FileEntry {
            id: self.id,
            path,
            key: self.key,
            level: self.shape.level,
            bucket: self.shape.bucket,
            from: self.shape.from,
            until: self.shape.until,
            first: self.first,
            last: self.last,
            rows: self.rows,
            bytes,
            digest,
            version: self.shape.version,
            bucket_rows,
        }))
    }
}

fn borders(counts: &[u64]) -> Vec<u64> {
    let mut borders = vec![0];
    let mut sum = 0;
    for count in counts {
        sum += count;
        borders.push(sum);
    }
    borders
}
