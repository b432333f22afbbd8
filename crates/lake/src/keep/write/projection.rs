//! Rows of some blocks once more, by stamp and quarter of an hour, and without whose they are: for
//! questions that count rows and not people.
//!
//! Whoever is hidden or erased cannot be taken out of it: readers pass it by where one of its
//! leaves is masked, and rewriting a file writes it anew.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use life::keep::Row;
use vocabulary::{Code, Time};

use super::Layout;
use super::value::Promoted;
use crate::keep::codec::{Packer, put_varint, zigzag};
use crate::keep::column::ColumnKind;
use crate::keep::file::FileError;
use crate::keep::footer::{GroupEntry, QUARTER};

/// Values of one projection, about: rows times columns. They are in memory until it is written.
const VALUES: usize = 2 << 20;

/// Groups of a projection that are worth it: each has a seal and a line in the footer of its own.
const GROUPS_MAX: usize = 1_024;

/// Texts of a column that are worth a second copy; of more, hardly any question tells them apart.
const WORDS_MAX: usize = 256;

/// A projection under construction.
pub(super) struct Projection {
    columns: Vec<(Code, ColumnKind)>,
    /// Absent when there were too many.
    groups: Option<BTreeMap<u64, Group>>,
    values: usize,
}

/// The rows of one stamp.
pub(super) struct Group {
    times: Vec<i64>,
    /// Absent when it holds too many texts.
    columns: Vec<(Code, Option<Promoted>)>,
}

impl Projection {
    pub(super) fn new(layout: &Layout) -> Self {
        Self { columns: layout.columns.iter().collect(), groups: Some(BTreeMap::new()), values: 0 }
    }

    pub(super) fn is_full(&self) -> bool {
        self.values >= VALUES
    }

    pub(super) fn push(&mut self, row: &Row, stamp: u64) {
        let columns = &self.columns;
        self.values += columns.len() + 1;
        let Some(groups) = &mut self.groups else { return };
        groups.entry(stamp).or_insert_with(|| Group::new(columns)).push(row);
        if groups.len() > GROUPS_MAX {
            self.groups = None;
        }
    }

    /// Gives out what there is, group by group, each with an entry that lacks its length, and
    /// begins again. Nothing when there were too many groups.
    pub(super) fn drain(&mut self) -> Option<impl Iterator<Item = (GroupEntry, Group)> + use<>> {
        self.values = 0;
        let groups = self.groups.replace(BTreeMap::new())?;
        let groups = groups.into_iter().map(|(stamp, group)| {
            let (first, last) = group.span();
            let (rows, columns) = (group.times.len() as u32, group.held());
            (GroupEntry { stamp: stamp as u32, rows, first, last, columns, length: 0 }, group)
        });
        Some(groups)
    }
}

impl Group {
    fn new(columns: &[(Code, ColumnKind)]) -> Self {
        let columns = columns.iter().map(|(code, kind)| (*code, Some(Promoted::new(*kind))));
        Self { times: Vec::new(), columns: columns.collect() }
    }

    fn push(&mut self, row: &Row) {
        self.times.push(row.time.0);
        for (code, column) in &mut self.columns {
            let Some(promoted) = column else { continue };
            let value = row.columns.iter().find(|(present, _)| present == code);
            promoted.push(value.map(|(_, value)| value));
            if promoted.words() > WORDS_MAX {
                *column = None;
            }
        }
    }

    /// The times of its first and of its last row.
    fn span(&self) -> (Time, Time) {
        let (first, last) = (self.times.iter().min(), self.times.iter().max());
        (Time(first.copied().unwrap_or(i64::MAX)), Time(last.copied().unwrap_or(i64::MIN)))
    }

    /// The columns that it holds, in their order.
    fn held(&self) -> Vec<Code> {
        self.columns.iter().filter(|(_, held)| held.is_some()).map(|(code, _)| *code).collect()
    }

    /// The quarters, each beside the one before, and each column with its length; rows that share
    /// values lie together, so that they pack well.
    pub(super) fn packed(self, packer: &mut Packer) -> Result<Vec<u8>, FileError> {
        let columns: Vec<Promoted> =
            self.columns.into_iter().filter_map(|(_, held)| held).collect();
        let quarter = |row: u32| {
            let time = self.times.get(row as usize);
            time.map_or(0, |time| time.div_euclid(QUARTER.0))
        };
        let mut order: Vec<u32> = (0..self.times.len() as u32).collect();
        order.sort_by(|one, other| {
            let texts = || columns.iter().map(|column| column.text_order(*one, *other));
            let texts = || texts().find(|order| order.is_ne()).unwrap_or(Ordering::Equal);
            quarter(*one).cmp(&quarter(*other)).then_with(texts)
        });
        let mut out = Vec::new();
        let first = order.first().map_or(0, |row| quarter(*row));
        put_varint(zigzag(first), &mut out);
        let mut last = first;
        let steps = order.iter().map(|row| {
            let quarter = quarter(*row);
            (quarter - std::mem::replace(&mut last, quarter)).cast_unsigned()
        });
        packer.numbers(&steps.collect::<Vec<_>>(), &mut out)?;
        for column in columns {
            let mut bytes = Vec::new();
            if !column.is_empty() {
                column.sorted(&order).put(packer, &mut bytes)?;
            }
            put_varint(bytes.len() as u64, &mut out);
            out.extend_from_slice(&bytes);
        }
        Ok(out)
    }
}
