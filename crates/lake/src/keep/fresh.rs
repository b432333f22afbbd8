//! Fresh rows: what is durable in the journal but not yet in files, in memory, read like a file.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use arrow_buffer::ScalarBuffer;
use life::keep::Row;
use life::keep::manifest::BUCKETS;
use vocabulary::{Class, Code, Leaf, Person, Purposes, SourceId, Time, Value, VerdictId};

use super::chunk::{Chunk, Column, Need, Stamp, Stamps, Texts};
use super::ties::Ties;
use super::unseal::unsealed;

/// The rows of one journal segment that is not folded yet. It only grows; readers hold what they
/// saw.
#[derive(Debug, Default)]
pub struct Fresh {
    blocks: RwLock<Vec<Arc<Block>>>,
    /// Each request asks how many rows there are, and waits for no block.
    rows: AtomicUsize,
}

/// Some rows in the order of arrival; large ones are never touched again.
#[derive(Debug, Default, Clone)]
struct Block {
    fixed: Vec<Fixed>,
    /// The end of each row's bytes in `rest`.
    ends: Vec<u32>,
    /// By row: promoted values and values to seal, encoded.
    rest: Vec<u8>,
}

/// The fields that every row has.
#[derive(Debug, Clone, Copy)]
struct Fixed {
    time: i64,
    received: i64,
    leaf: u64,
    purposes: u64,
    session: u64,
    sequence: u32,
    event: u32,
    verdict: u32,
    source: u16,
    /// The classes of its sealed values, a bit for each by its number.
    classes: u8,
}

impl Fixed {
    fn stamp(&self) -> Stamp {
        Stamp {
            event: Code(self.event),
            source: SourceId(self.source),
            verdict: VerdictId(self.verdict),
            purposes: Purposes(self.purposes),
        }
    }
}

type Rest = (Vec<(Code, Value)>, Vec<(Class, Code, Value)>);

const BLOCK_ROWS: usize = 4096;

impl Fresh {
    /// Adds rows that have just become durable.
    pub fn push<'r>(&self, rows: impl Iterator<Item = &'r Row>) {
        let mut blocks = self.blocks.write().unwrap_or_else(PoisonError::into_inner);
        let mut last = blocks.pop().unwrap_or_default();
        let mut count = 0;
        for row in rows {
            if last.fixed.len() >= BLOCK_ROWS {
                Arc::make_mut(&mut last).shrink();
                blocks.push(std::mem::take(&mut last));
            }
            // A reader that holds the block keeps its own copy.
            Arc::make_mut(&mut last).push(row);
            count += 1;
        }
        blocks.push(last);
        self.rows.fetch_add(count, Ordering::Relaxed);
    }

    /// How many rows there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.load(Ordering::Relaxed)
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The rows as they are now.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        Snapshot(self.blocks.read().unwrap_or_else(PoisonError::into_inner).clone())
    }
}

impl Block {
    fn push(&mut self, row: &Row) {
        self.fixed.push(Fixed {
            time: row.time.0,
            received: row.received.0,
            leaf: row.leaf.0,
            purposes: row.purposes.0,
            session: row.session,
            sequence: row.sequence,
            event: row.event.0,
            verdict: row.verdict.0,
            source: row.source.0,
            classes: row.sealed.iter().fold(0, |all, (class, ..)| all | 1 << class.number()),
        });
        // Values are plain data in a format without failing cases, and memory is the only sink.
        let rest = std::mem::take(&mut self.rest);
        self.rest = postcard::to_extend(&(&row.columns, &row.sealed), rest).unwrap_or_default();
        self.ends.push(u32::try_from(self.rest.len()).unwrap_or(u32::MAX));
    }

    /// Gives back the room for rows that will not come.
    fn shrink(&mut self) {
        self.fixed.shrink_to_fit();
        self.ends.shrink_to_fit();
        self.rest.shrink_to_fit();
    }

    fn rest(&self, place: usize) -> Rest {
        let end = self.ends.get(place).map_or(0, |end| *end as usize);
        let start = place
            .checked_sub(1)
            .and_then(|before| self.ends.get(before))
            .map_or(0, |end| *end as usize);
        let bytes = self.rest.get(start..end).unwrap_or_default();
        postcard::from_bytes(bytes).unwrap_or_default()
    }

    fn row(&self, place: usize) -> Option<Row> {
        let fixed = self.fixed.get(place)?;
        let (columns, sealed) = self.rest(place);
        Some(Row {
            time: Time(fixed.time),
            received: Time(fixed.received),
            sequence: fixed.sequence,
            event: Code(fixed.event),
            leaf: Leaf(fixed.leaf),
            source: SourceId(fixed.source),
            verdict: VerdictId(fixed.verdict),
            purposes: Purposes(fixed.purposes),
            session: fixed.session,
            columns,
            sealed,
        })
    }
}

/// Fresh rows as one reader sees them.
#[derive(Debug, Clone)]
pub struct Snapshot(Vec<Arc<Block>>);

/// Where a row stands among the fresh ones; sorts in the order of arrival.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Arrival {
    block: u32,
    row: u32,
}

/// What is known of a row without looking at its values.
#[derive(Debug, Clone, Copy)]
pub struct Head {
    pub leaf: Leaf,
    pub time: Time,
    pub sequence: u32,
    pub source: SourceId,
    pub verdict: VerdictId,
    pub arrival: Arrival,
    classes: u8,
}

impl Head {
    /// The classes of its sealed values.
    pub fn classes(self) -> impl Iterator<Item = Class> {
        Class::EVERY.into_iter().filter(move |class| self.classes & 1 << class.number() != 0)
    }
}

/// Where a row stands: block, place in it, and the person it belongs to.
#[derive(Debug, Clone, Copy)]
struct Place {
    person: u64,
    block: u32,
    row: u32,
}

impl Snapshot {
    /// All rows in the order of arrival, whole.
    pub fn rows(&self) -> impl Iterator<Item = Row> + '_ {
        self.0.iter().flat_map(|block| (0..block.fixed.len()).filter_map(|place| block.row(place)))
    }

    /// All rows in the order of arrival, without their values.
    pub fn heads(&self) -> impl Iterator<Item = Head> + '_ {
        (0u32..).zip(&self.0).flat_map(|(number, block)| {
            (0u32..).zip(&block.fixed).map(move |(row, fixed)| Head {
                leaf: Leaf(fixed.leaf),
                time: Time(fixed.time),
                sequence: fixed.sequence,
                source: SourceId(fixed.source),
                verdict: VerdictId(fixed.verdict),
                arrival: Arrival { block: number, row },
                classes: fixed.classes,
            })
        })
    }

    /// One row, whole.
    #[must_use]
    pub fn row(&self, arrival: Arrival) -> Option<Row> {
        self.0.get(arrival.block as usize)?.row(arrival.row as usize)
    }

    /// The leaf of each row.
    pub fn leaves(&self) -> impl Iterator<Item = Leaf> + '_ {
        self.0.iter().flat_map(|block| block.fixed.iter().map(|fixed| Leaf(fixed.leaf)))
    }

    /// How many rows there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.iter().map(|block| block.fixed.len()).sum()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|block| block.fixed.is_empty())
    }

    /// The rows of some snapshots as chunks by bucket, each sorted by person, time, sequence and
    /// arrival. A leaf that is not among `persons` is a person of its own.
    pub fn chunks(
        snapshots: &[Snapshot],
        persons: &HashMap<Leaf, Person>,
        need: &Need,
        texts: &Texts,
    ) -> Vec<Chunk> {
        let blocks: Vec<&Block> =
            snapshots.iter().flat_map(|one| one.0.iter().map(|block| &**block)).collect();
        let mut buckets: Vec<Vec<Place>> = vec![Vec::new(); usize::from(BUCKETS)];
        for (number, block) in (0u32..).zip(&blocks) {
            for (row, fixed) in (0u32..).zip(&block.fixed) {
                let leaf = Leaf(fixed.leaf);
                let whose = persons.get(&leaf).copied().unwrap_or(leaf.into()).0;
                let bucket = Leaf(whose).ordinal() % u64::from(BUCKETS);
                if let Some(places) = buckets.get_mut(bucket as usize) {
                    places.push(Place { person: whose, block: number, row });
                }
            }
        }
        buckets.into_iter().map(|places| chunk(&blocks, places, need, texts)).collect()
    }
}

fn chunk(blocks: &[&Block], mut places: Vec<Place>, need: &Need, texts: &Texts) -> Chunk {
    let fixed =
        |place: &Place| blocks.get(place.block as usize)?.fixed.get(place.row as usize).copied();
    places.sort_by_cached_key(|place| {
        let (time, sequence) = fixed(place).map_or((0, 0), |fixed| (fixed.time, fixed.sequence));
        (place.person, time, sequence, place.block, place.row)
    });
    let rows: Vec<Fixed> = places.iter().filter_map(fixed).collect();
    let columns =
        if need.columns.is_empty() { Vec::new() } else { columns(blocks, &places, need, texts) };
    let mut stamps = Stamps::default();
    let stamp = rows.iter().map(|row| stamps.number(row.stamp()) as u32).collect();
    Chunk {
        person: places.iter().map(|place| place.person).collect(),
        leaf: rows.iter().map(|row| row.leaf).collect(),
        time: rows.iter().map(|row| row.time).collect(),
        stamp,
        stamps: stamps.done(),
        ties: Ties::known(
            rows.iter().map(|row| row.sequence).collect(),
            rows.iter().map(|row| row.received).collect(),
        ),
        received: match need.received {
            true => rows.iter().map(|row| row.received).collect(),
            false => ScalarBuffer::default(),
        },
        session: rows.iter().map(|row| row.session).collect(),
        columns,
        looked: 0,
        continues: false,
    }
}

fn columns(blocks: &[&Block], places: &[Place], need: &Need, texts: &Texts) -> Vec<Column> {
    let mut values: Vec<Vec<Option<Value>>> =
        vec![Vec::with_capacity(places.len()); need.columns.len()];
    for place in places {
        let (held, sealed) = blocks
            .get(place.block as usize)
            .map(|block| block.rest(place.row as usize))
            .unwrap_or_default();
        let of_column = |wanted: &Code| {
            let found = held.iter().rev().find(|(code, _)| code == wanted);
            found.map(|(_, value)| value.clone())
        };
        for (wanted, column) in need.columns.iter().zip(&mut values) {
            column.push(match need.sealed.get(wanted) {
                Some(class) => unsealed(&sealed, *class, *wanted),
                None => of_column(wanted),
            });
        }
    }
    values.into_iter().map(|values| Column::of(&values, texts)).collect()
}
