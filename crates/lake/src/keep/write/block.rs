//! Rows on their way into the columns of a block.

use life::keep::Row;
use vocabulary::{Class, Code, Leaf, Person};

use super::Layout;
use super::value::Promoted;
use crate::keep::codec::{Packer, put_varint, zigzag};
use crate::keep::file::FileError;
use crate::keep::section::Section;
use crate::keep::stretches::Growing;

/// Steps that the times of a block may count in, in microseconds, each a multiple of the next.
const UNITS: [i64; 3] = [1_000_000, 1_000, 1];

/// How `received` is written: beside the time of its row, beside the row before, or as one of the
/// few instants that requests arrived at.
pub(in crate::keep) const BESIDE_TIME: u8 = 0;
pub(in crate::keep) const BESIDE_LAST: u8 = 1;
pub(in crate::keep) const OF_FEW: u8 = 2;

/// Rows, for each instant that requests arrived at, from which each instant is written once.
const FEW: usize = 8;

/// The sections of a block, in their order.
pub(super) type Sections = Vec<(Section, Vec<u8>)>;

/// Columns under construction.
pub(super) struct Block {
    person: Growing,
    leaf: Growing,
    stamp: Vec<u64>,
    time: Vec<i64>,
    received: Vec<i64>,
    sequence: Vec<u64>,
    session: Growing,
    promoted: Vec<(Code, Promoted)>,
    sealed: Vec<(Class, Blobs)>,
    /// Bytes of texts and blobs held.
    bytes: usize,
}

/// The blobs of one class, each at the row that its run begins with.
#[derive(Default)]
struct Blobs {
    rows: Vec<u64>,
    lengths: Vec<u64>,
    bytes: Vec<u8>,
}

impl Block {
    pub(super) fn new(layout: &Layout) -> Self {
        let promoted = layout.columns.iter().map(|(code, kind)| (code, Promoted::new(kind)));
        let sealed = layout.classes.iter().map(|class| (*class, Blobs::default()));
        Self {
            person: Growing::default(),
            leaf: Growing::default(),
            stamp: Vec::new(),
            time: Vec::new(),
            received: Vec::new(),
            sequence: Vec::new(),
            session: Growing::default(),
            promoted: promoted.collect(),
            sealed: sealed.collect(),
            bytes: 0,
        }
    }

    pub(super) fn rows(&self) -> usize {
        self.time.len()
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// The least and the greatest leaf.
    pub(super) fn leaves(&self) -> (Leaf, Leaf) {
        let leaves = self.leaf.values();
        let least = leaves.iter().min().copied().unwrap_or(u64::MAX);
        (Leaf(least), Leaf(leaves.iter().max().copied().unwrap_or(0)))
    }

    /// Adds a row, and the blobs of the runs that it starts.
    pub(super) fn push(
        &mut self,
        person: Person,
        row: &Row,
        blobs: &mut Vec<(Class, Vec<u8>)>,
        stamp: u64,
    ) {
        let number = self.rows() as u64;
        self.person.add(person.0);
        self.leaf.add(row.leaf.0);
        self.stamp.push(stamp);
        self.time.push(row.time.0);
        self.received.push(row.received.0);
        self.sequence.push(row.sequence.into());
        self.session.add(row.session);
        for (code, promoted) in &mut self.promoted {
            let value = row.columns.iter().find(|(present, _)| present == code);
            self.bytes += promoted.push(value.map(|(_, value)| value));
        }
        for (class, blob) in blobs.drain(..) {
            if let Some((_, held)) = self.sealed.iter_mut().find(|(of, _)| *of == class) {
                held.rows.push(number);
                held.lengths.push(blob.len() as u64);
                held.bytes.extend_from_slice(&blob);
                self.bytes += blob.len();
            }
        }
    }

    /// The rows as sections; those that say nothing are left out.
    pub(super) fn sections(self, packer: &mut Packer) -> Result<Sections, FileError> {
        let person = self.person.done();
        let mut sections = Vec::new();
        let mut add = |section, bytes: Vec<u8>| sections.push((section, bytes));
        add(Section::Person, written(|out| person.put(packer, out))?);
        let leaf = self.leaf.done();
        if leaf != person {
            add(Section::Leaf, written(|out| leaf.put(packer, out))?);
        }
        add(Section::Stamp, written(|out| packer.numbers(&self.stamp, out))?);
        let starts = person.iter().map(|(_, rows)| rows.start);
        add(Section::Time, written(|out| times(&self.time, starts, packer, out))?);
        if self.sequence.iter().any(|sequence| *sequence != 0) {
            let put = |out: &mut Vec<u8>| sequence(&self.sequence, &self.received, packer, out);
            add(Section::Sequence, written(put)?);
        }
        for (code, promoted) in &self.promoted {
            if !promoted.is_empty() {
                add(Section::Property(*code), written(|out| promoted.put(packer, out))?);
            }
        }
        let received = written(|out| received(&self.received, &self.time, packer, out))?;
        add(Section::Received, received);
        let session = self.session.done();
        if session.values() != [0] {
            add(Section::Session, written(|out| session.put(packer, out))?);
        }
        for (class, blobs) in &self.sealed {
            if !blobs.rows.is_empty() {
                add(Section::Sealed(*class), written(|out| blobs.put(packer, out))?);
            }
        }
        Ok(sections)
    }
}

impl Blobs {
    fn put(&self, packer: &mut Packer, out: &mut Vec<u8>) -> Result<(), FileError> {
        put_varint(self.rows.len() as u64, out);
        packer.numbers(&self.rows, out)?;
        packer.numbers(&self.lengths, out)?;
        out.extend_from_slice(&self.bytes);
        Ok(())
    }
}

fn written(put: impl FnOnce(&mut Vec<u8>) -> Result<(), FileError>) -> Result<Vec<u8>, FileError> {
    let mut out = Vec::new();
    put(&mut out)?;
    Ok(out)
}

/// The first time, the unit, and each time beside the one before of the same person, or beside the
/// first time where a person begins.
fn times(
    times: &[i64],
    starts: impl Iterator<Item = usize>,
    packer: &mut Packer,
    out: &mut Vec<u8>,
) -> Result<(), FileError> {
    let first = times.iter().min().copied().unwrap_or(0);
    let fits = |unit: &i64| times.iter().all(|time| time.wrapping_sub(first) % unit == 0);
    let unit = UNITS.into_iter().find(fits).unwrap_or(1);
    put_varint(zigzag(first), out);
    put_varint(unit.cast_unsigned(), out);
    let mut starts = starts.peekable();
    let mut last = first;
    let differences = times.iter().enumerate().map(|(row, time)| {
        if starts.next_if_eq(&row).is_some() {
            last = first;
        }
        let difference = time.wrapping_sub(std::mem::replace(&mut last, *time));
        difference.cast_unsigned() / unit.cast_unsigned()
    });
    packer.numbers(&differences.collect::<Vec<_>>(), out)
}

/// The instants that requests arrived at, in order; nothing when they are many.
fn arrivals(received: &[i64]) -> Option<Vec<i64>> {
    let mut known: Vec<i64> = received.to_vec();
    known.sort_unstable();
    known.dedup();
    (known.len() * FEW <= received.len()).then_some(known)
}

/// By row: which of the instants it arrived at.
fn places<'a>(received: &'a [i64], arrivals: &'a [i64]) -> impl Iterator<Item = usize> + 'a {
    let place = |one: &i64| arrivals.binary_search(one).unwrap_or(0);
    received.iter().map(place)
}

fn received(
    received: &[i64],
    times: &[i64],
    packer: &mut Packer,
    out: &mut Vec<u8>,
) -> Result<(), FileError> {
    if let Some(arrivals) = arrivals(received) {
        out.push(OF_FEW);
        put_varint(arrivals.len() as u64, out);
        packer.numbers(&beside(&arrivals, lasts(&arrivals)), out)?;
        let places = places(received, &arrivals).map(|place| place as u64);
        return packer.numbers(&places.collect::<Vec<_>>(), out);
    }
    let last = beside(received, lasts(received));
    let lags = beside(received, times.iter().copied());
    let bits = |numbers: &[u64]| -> u32 {
        numbers.iter().map(|number| u64::BITS - number.leading_zeros()).sum()
    };
    let (mode, numbers) = match bits(&last) < bits(&lags) {
        true => (BESIDE_LAST, last),
        false => (BESIDE_TIME, lags),
    };
    out.push(mode);
    packer.numbers(&numbers, out)
}

fn lasts(numbers: &[i64]) -> impl Iterator<Item = i64> {
    std::iter::once(0).chain(numbers.iter().copied())
}

fn beside(numbers: &[i64], others: impl Iterator<Item = i64>) -> Vec<u64> {
    numbers.iter().zip(others).map(|(one, other)| zigzag(one.wrapping_sub(other))).collect()
}

/// A client counts within its request: where arrivals are few, each row's number lies beside the
/// one before of the same request.
fn sequence(
    sequence: &[u64],
    received: &[i64],
    packer: &mut Packer,
    out: &mut Vec<u8>,
) -> Result<(), FileError> {
    let Some(arrivals) = arrivals(received) else { return packer.numbers(sequence, out) };
    let mut last = vec![0; arrivals.len()];
    let steps = sequence.iter().zip(places(received, &arrivals)).map(|(number, place)| {
        let number = number.cast_signed();
        let last = last.get_mut(place).map(|last| std::mem::replace(last, number));
        zigzag(number.wrapping_sub(last.unwrap_or(0)))
    });
    packer.numbers(&steps.collect::<Vec<_>>(), out)
}
