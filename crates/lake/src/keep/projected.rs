//! Reading a projection: the rows of whole blocks by stamp, in no order of people and without whose
//! they are.

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow_buffer::ScalarBuffer;
use vocabulary::{Leaf, Time};

use super::chunk::{Chunk, Column, Need, Stamp, Texts};
use super::codec::{Input, unzigzag};
use super::decode::Decoder;
use super::file::FileError;
pub use super::footer::QUARTER;
use super::footer::{GroupEntry, ProjectionEntry};
use super::read::{Block, Chunks, FileReader};
use super::section::{Section, Spot};
use super::stretches::Stretches;

/// Which rows a question counts that does not care whose they are.
#[derive(Clone, Copy)]
pub struct Projecting<'a> {
    pub from: Time,
    pub until: Time,
    /// Leaves of which not every row may be seen; where one has rows, people must be looked at.
    pub masked: &'a Arc<BTreeSet<Leaf>>,
    pub is_wanted: &'a dyn Fn(&Stamp) -> bool,
}

impl std::fmt::Debug for Projecting<'_> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Projecting").field("from", &self.from).finish_non_exhaustive()
    }
}

impl Projecting<'_> {
    /// Whether quarters of an hour are exact enough to tell which of a group's rows are asked for.
    fn tells(&self, group: &GroupEntry) -> bool {
        let is_on_grid = |time: Time| time.0.rem_euclid(QUARTER.0) == 0;
        (is_on_grid(self.from) || self.from <= group.first)
            && (is_on_grid(self.until) || group.last < self.until)
    }

    fn touches(&self, group: &GroupEntry) -> bool {
        self.from <= group.last && group.first < self.until
    }
}

impl Chunks<'_> {
    /// Passes the rows that are wanted to `take`, of every projection that can tell them; the
    /// blocks that it stands for do not come any more.
    pub fn project<E: From<FileError>>(
        &mut self,
        projecting: &Projecting<'_>,
        take: &mut dyn FnMut(Chunk) -> Result<(), E>,
    ) -> Result<(), E> {
        let opened = Arc::clone(&self.reader.opened);
        for projection in &opened.footer.projections {
            let mut spot = (projection.number, projection.start);
            let groups = projection.groups.iter().map(|group| {
                let place = spot;
                spot = (spot.0 + 1, spot.1 + u64::from(group.length));
                (place, group)
            });
            let is_wanted = |group: &GroupEntry| {
                let stamp = opened.footer.stamps.get(group.stamp as usize);
                projecting.touches(group) && stamp.is_some_and(projecting.is_wanted)
            };
            let wanted: Vec<_> = groups.filter(|(_, group)| is_wanted(group)).collect();
            let can_tell = wanted.iter().all(|(_, group)| {
                projecting.tells(group) && self.reader.holds_columns(group, &self.need)
            });
            if !can_tell || self.holds_masked(projection, projecting.masked)? {
                continue;
            }
            self.blocks.retain(|block| !projection.blocks.contains(&block.number));
            for (place, group) in wanted {
                take(Decoder::lend(|decoder| self.group(place, group, projecting, decoder))?)?;
            }
        }
        Ok(())
    }

    /// Whether a block that a projection stands for has a row of one of these leaves.
    fn holds_masked(
        &mut self,
        projection: &ProjectionEntry,
        masked: &Arc<BTreeSet<Leaf>>,
    ) -> Result<bool, FileError> {
        // What is read to find that out is not told: it would tell of whom not everything is seen.
        let reader = self.reader.untold();
        let look = |leaves: &BTreeSet<Leaf>| reader.leaves_among(leaves);
        let masked = reader.opened.looked.among(masked, look)?;
        if masked.is_empty() {
            return Ok(false);
        }
        let of_it = |block: &&Block| projection.blocks.contains(&block.number);
        let blocks: Vec<_> = self.blocks.iter().filter(of_it).copied().collect();
        for block in blocks {
            if reader.may_hold(block, &masked)
                && Decoder::lend(|decoder| reader.has(block, &masked, decoder))?
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn group(
        &mut self,
        (number, start): (u32, u64),
        group: &GroupEntry,
        projecting: &Projecting<'_>,
        decoder: &mut Decoder,
    ) -> Result<Chunk, FileError> {
        let Self { reader, need, texts, .. } = self;
        let bytes = reader.open_at(Spot::group(number), start, group.length as usize)?;
        let garbled = || reader.garbled(Section::Stamp);
        let read = Reading { bytes: &bytes, group, reader };
        let mut chunk = read.chunk(need, texts, decoder).ok_or_else(garbled)?;
        // Where a bound is not on the grid, no row lies beyond it.
        let floor = |bound: Time| bound.floor(QUARTER).0;
        let from = chunk.time.partition_point(|time| *time < floor(projecting.from));
        let is_asked = |time: &i64| *time < projecting.until.0;
        let until = chunk.time.partition_point(is_asked).max(from);
        if until - from < chunk.len() {
            chunk = chunk.part(from..until);
        }
        chunk.person = Stretches::of(0, chunk.len());
        chunk.stamp = vec![group.stamp; chunk.len()].into();
        chunk.stamps = Arc::clone(&reader.opened.footer.stamps);
        reader.count_rows(chunk.len());
        Ok(chunk)
    }
}

/// The plain bytes of a group.
struct Reading<'a> {
    bytes: &'a [u8],
    group: &'a GroupEntry,
    reader: &'a FileReader,
}

impl Reading<'_> {
    /// Its times and the needed columns.
    fn chunk(&self, need: &Need, texts: &Texts, decoder: &mut Decoder) -> Option<Chunk> {
        let rows = self.group.rows as usize;
        let mut input = Input(self.bytes);
        let mut quarter = unzigzag(input.varint()?);
        let steps: Vec<u32> = decoder.numbers(&mut input, rows)?;
        let times = steps.into_iter().map(|step| {
            quarter += i64::from(step);
            quarter.wrapping_mul(QUARTER.0)
        });
        let time: ScalarBuffer<i64> = times.collect::<Vec<_>>().into();
        let mut held = Vec::with_capacity(self.group.columns.len());
        for code in &self.group.columns {
            let length = input.count()?;
            held.push((*code, input.bytes(length)?));
        }
        let columns = need.columns.iter().map(|code| {
            let bytes = held.iter().find(|(of, _)| of == code).map(|(_, bytes)| *bytes);
            let kind = self.reader.columns().kind(*code);
            match (kind, bytes.filter(|bytes| !bytes.is_empty())) {
                (Some(kind), Some(bytes)) => decoder.column(kind, bytes, rows, texts),
                (None, _) | (_, None) => Some(Column::Absent),
            }
        });
        let columns = columns.collect::<Option<Vec<Column>>>()?;
        Some(Chunk { time, columns, ..Chunk::default() })
    }
}

impl FileReader {
    /// Whether a group holds every column that is needed and that the file has.
    fn holds_columns(&self, group: &GroupEntry, need: &Need) -> bool {
        let lacks = |code| self.columns().kind(code).is_some() && !group.columns.contains(&code);
        need.sealed.is_empty() && !need.columns.iter().any(|code| lacks(*code))
    }
}
