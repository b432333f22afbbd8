//! A chunk as operators see it: masked, and with every column as numbers of texts.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_buffer::{NullBuffer, ScalarBuffer};
use life::know::Plan;

use super::divert::{Moved, Place};
use super::error::AskError;
use super::operator::Rows;
use super::sight::{Sight, Standing};
use crate::keep::chunk::{Chunk, Column, Texts};

/// The columns of a chunk that the walk needs, and which of its rows are seen here.
#[derive(Debug, Default)]
pub(super) struct View {
    pub(super) person: ScalarBuffer<u64>,
    pub(super) time: ScalarBuffer<i64>,
    sequence: ScalarBuffer<u32>,
    event: ScalarBuffer<u32>,
    columns: Vec<ScalarBuffer<u32>>,
    /// Whether each row is seen here; empty when all are.
    seen: Vec<bool>,
}

impl View {
    /// Masks a chunk. Rows of people who moved go to `moved`.
    pub(super) fn load(
        chunk: Chunk,
        sight: &Sight,
        texter: &mut Texter,
        moved: &mut Moved<'_>,
        place: Place,
    ) -> Result<Self, AskError> {
        let columns = chunk.columns.iter().enumerate();
        let columns: Vec<_> =
            columns.map(|(number, column)| texter.column(number, column)).collect();
        let mut seen = Vec::new();
        if !sight.sees_all(&chunk) {
            seen.reserve(chunk.len());
            let mut standing = Standing::default();
            for (row, person) in chunk.person.iter().enumerate() {
                let leaf = chunk.leaf.get(row).copied();
                if !standing.is_of(*person, leaf) {
                    standing = sight.standing(*person, leaf);
                }
                let is_seen = sight.sees(&standing, &chunk, row);
                if let Some(person) = standing.elsewhere.filter(|_| is_seen) {
                    moved.take(&chunk, &columns, row, person, place);
                }
                seen.push(is_seen && standing.elsewhere.is_none());
            }
            moved.check()?;
        }
        let Chunk { person, time, sequence, event, .. } = chunk;
        Ok(Self { person, time, sequence, event, columns, seen })
    }

    /// Rows that are all seen, in order.
    pub(super) fn of(
        person: Vec<u64>,
        time: Vec<i64>,
        event: Vec<u32>,
        columns: Vec<Vec<u32>>,
    ) -> Self {
        Self {
            person: person.into(),
            time: time.into(),
            event: event.into(),
            columns: columns.into_iter().map(ScalarBuffer::from).collect(),
            ..Self::default()
        }
    }

    pub(super) fn len(&self) -> usize {
        self.person.len()
    }

    /// The first row at or after `from` that does not belong to the person of `from`.
    #[inline]
    pub(super) fn person_end(&self, from: usize) -> usize {
        let rest = self.person.get(from..).unwrap_or_default();
        let Some(person) = rest.first() else { return self.len() };
        from + rest.iter().take_while(|other| *other == person).count()
    }

    /// When a row happened, with the client's order.
    #[inline]
    pub(super) fn key(&self, row: usize) -> (i64, u32) {
        let time = self.time.get(row).copied().unwrap_or(i64::MAX);
        (time, self.sequence.get(row).copied().unwrap_or(0))
    }

    /// Hands the seen rows of a range over, in as few parts as possible.
    #[inline]
    pub(super) fn parts(&self, from: usize, to: usize, mut take: impl FnMut(&Rows<'_>)) {
        if self.seen.is_empty() {
            self.part(from, to, &mut take);
        } else {
            self.seen_parts(from, to, &mut take);
        }
    }

    #[inline]
    fn part(&self, from: usize, to: usize, take: &mut impl FnMut(&Rows<'_>)) {
        let (time, event) = (self.time.get(from..to), self.event.get(from..to));
        if let (Some(time), Some(event)) = (time, event) {
            take(&Rows { time, event, columns: &self.columns, from });
        }
    }

    fn seen_parts(&self, mut from: usize, to: usize, take: &mut impl FnMut(&Rows<'_>)) {
        while from < to {
            let rest = self.seen.get(from..to).unwrap_or_default();
            let Some(skip) = rest.iter().position(|seen| *seen) else { return };
            let rest = rest.get(skip..).unwrap_or_default();
            let length = rest.iter().position(|seen| !seen).unwrap_or(rest.len());
            from += skip;
            self.part(from, from + length, take);
            from += length;
        }
    }
}

/// Turns columns of any type into numbers of texts, so that operators know only one.
#[derive(Debug)]
pub(super) struct Texter {
    texts: Arc<Texts>,
    columns: Vec<Known>,
}

/// What is known of one column's values.
#[derive(Debug, Default)]
struct Known {
    /// The values that conditions name, when nothing else is asked about the column.
    wanted: Option<HashMap<String, u32>>,
    integers: HashMap<i64, u32>,
    numbers: HashMap<u64, u32>,
}

/// What stands for all values that no condition names.
const UNWANTED: u32 = u32::MAX;
/// Values that one column's shortcut remembers.
const KNOWN_MAX: usize = 1 << 16;

impl Texter {
    pub(super) fn new(plan: &Plan, texts: &Arc<Texts>) -> Self {
        let breakdown = match plan {
            Plan::Trend(plan) => plan.breakdown,
            Plan::Funnel(plan) => plan.breakdown,
            Plan::Retention(_) | Plan::Cohort(_) => None,
        };
        let mut columns = Vec::new();
        columns.resize_with(plan.scope().columns.len(), || Known {
            wanted: Some(HashMap::new()),
            ..Known::default()
        });
        for demand in plan.conditions().flat_map(|condition| &condition.demands) {
            let known: Option<&mut Known> = columns.get_mut(demand.column);
            if let Some(wanted) = known.and_then(|known| known.wanted.as_mut()) {
                let named = demand.any_of.iter().flatten();
                wanted.extend(named.map(|text| (text.clone(), texts.number(text))));
            }
        }
        if let Some(known) = breakdown.and_then(|column| columns.get_mut(column)) {
            known.wanted = None;
        }
        Self { texts: Arc::clone(texts), columns }
    }

    fn column(&mut self, number: usize, column: &Column) -> ScalarBuffer<u32> {
        let texts = &self.texts;
        let Some(known) = self.columns.get_mut(number) else { return ScalarBuffer::default() };
        let Known { wanted, integers, numbers } = known;
        let name = |text: String| match &*wanted {
            Some(wanted) => wanted.get(&text).copied().unwrap_or(UNWANTED),
            None => texts.number(&text),
        };
        match column {
            Column::Text(numbers) => numbers.clone(),
            Column::Absent => ScalarBuffer::default(),
            Column::Integer(values, nulls) => convert(values, nulls.as_ref(), |value| {
                remember(integers, *value, || name(value.to_string()))
            }),
            Column::Number(values, nulls) => convert(values, nulls.as_ref(), |value| {
                remember(numbers, value.to_bits(), || name(value.to_string()))
            }),
            Column::Flag(values, nulls) => {
                let (no, yes) = (name(false.to_string()), name(true.to_string()));
                convert(values, nulls.as_ref(), |flag| if *flag == 0 { no } else { yes })
            }
        }
    }
}

fn remember<K: Eq + std::hash::Hash>(
    known: &mut HashMap<K, u32>,
    key: K,
    name: impl FnOnce() -> u32,
) -> u32 {
    if known.len() >= KNOWN_MAX {
        known.clear();
    }
    *known.entry(key).or_insert_with(name)
}

fn convert<T>(
    values: &[T],
    nulls: Option<&NullBuffer>,
    mut number: impl FnMut(&T) -> u32,
) -> ScalarBuffer<u32> {
    let rows = values.iter().enumerate();
    let numbers = rows.map(|(row, value)| match nulls {
        Some(nulls) if row < nulls.len() && nulls.is_null(row) => 0,
        Some(_) | None => number(value),
    });
    numbers.collect::<Vec<u32>>().into()
}
