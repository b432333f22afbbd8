//! Sections of a block as plain columns. A text becomes its number once for each block.

use std::cell::Cell;

use arrow_buffer::{BooleanBuffer, NullBuffer, ScalarBuffer};

use super::chunk::{Column, Texts};
use super::codec::{Input, Unpacker, Words, unzigzag};
use super::column::ColumnKind;
use super::file::FileError;
use super::stretches::Stretches;
use super::write::{
    ALL_PRESENT, BESIDE_LAST, BESIDE_TIME, DECIMALS, LONG, OF_FEW, SHORT, SOME_ABSENT,
};

/// Decodes sections, keeping its buffers from one to the next. `None` says that a section is not
/// what it should be.
pub(super) struct Decoder(Unpacker);

/// A block's values of one property, and which of them are null.
pub(super) enum Values<'a> {
    /// The texts, and the number of each row's text from one; zero is null.
    Texts(Vec<&'a str>, Vec<u32>),
    Integers(Vec<i64>, Option<NullBuffer>),
    Numbers(Vec<f64>, Option<NullBuffer>),
}

thread_local! {
    static LENT: Cell<Option<Decoder>> = const { Cell::new(None) };
}

impl Decoder {
    pub(super) fn new() -> Result<Self, FileError> {
        Ok(Self(Unpacker::new()?))
    }

    /// Lends the thread's own: making one costs as much as decoding a small block.
    pub(super) fn lend<T>(
        decode: impl FnOnce(&mut Self) -> Result<T, FileError>,
    ) -> Result<T, FileError> {
        let mut decoder = match LENT.take() {
            Some(decoder) => decoder,
            None => Self::new()?,
        };
        let done = decode(&mut decoder);
        LENT.set(Some(decoder));
        done
    }

    pub(super) fn stretches(&mut self, bytes: &[u8], rows: usize) -> Option<Stretches> {
        Stretches::take(&mut self.0, &mut Input(bytes), rows)
    }

    pub(super) fn shorts(&mut self, bytes: &[u8], rows: usize) -> Option<Vec<u32>> {
        self.numbers(&mut Input(bytes), rows)
    }

    /// So many numbers, from the front of what is left.
    pub(super) fn numbers(&mut self, input: &mut Input<'_>, count: usize) -> Option<Vec<u32>> {
        self.0.numbers(input, count)
    }

    /// Times in microseconds.
    pub(super) fn times(&mut self, bytes: &[u8], person: &Stretches) -> Option<Vec<i64>> {
        let mut input = Input(bytes);
        let first = unzigzag(input.varint()?);
        let unit = input.varint()?.cast_signed();
        let rows = person.rows();
        let mut times = Vec::with_capacity(rows);
        let is_short = input.0.first().is_some_and(|planes| *planes <= 4);
        // Most blocks need no more than 32 bits for a difference.
        if is_short {
            let steps: Vec<u32> = self.0.numbers(&mut input, rows)?;
            for (_, rows) in person.iter() {
                let steps = steps.get(rows)?.iter().map(|step| i64::from(*step));
                times.extend(along(first, unit, steps));
            }
        } else {
            let steps: Vec<u64> = self.0.numbers(&mut input, rows)?;
            for (_, rows) in person.iter() {
                let steps = steps.get(rows)?.iter().map(|step| step.cast_signed());
                times.extend(along(first, unit, steps));
            }
        }
        Some(times)
    }

    pub(super) fn received(&mut self, bytes: &[u8], times: &[i64]) -> Option<Vec<i64>> {
        if let Some((instants, places)) = self.arrivals(bytes, times.len())? {
            let instant = |place: &u32| instants.get(*place as usize).copied();
            return places.iter().map(instant).collect();
        }
        let mut input = Input(bytes);
        let mode = input.byte()?;
        let numbers: Vec<u64> = self.0.numbers(&mut input, times.len())?;
        let differences = numbers.into_iter().map(unzigzag);
        Some(match mode {
            BESIDE_TIME => {
                differences.zip(times).map(|(lag, time)| time.wrapping_add(lag)).collect()
            }
            BESIDE_LAST => {
                let mut last = 0i64;
                let next = |difference| {
                    last = last.wrapping_add(difference);
                    last
                };
                differences.map(next).collect()
            }
            _ => return None,
        })
    }

    /// The few instants that requests arrived at, and by row which of them; nothing when they are
    /// not few.
    #[expect(clippy::option_option, reason = "the outer one says that the section is damaged")]
    fn arrivals(&mut self, bytes: &[u8], rows: usize) -> Option<Option<(Vec<i64>, Vec<u32>)>> {
        let mut input = Input(bytes);
        if input.byte()? != OF_FEW {
            return Some(None);
        }
        let count = input.count().filter(|count| *count <= rows)?;
        let steps: Vec<u64> = self.0.numbers(&mut input, count)?;
        let mut last = 0i64;
        let instants = steps.into_iter().map(|step| {
            last = last.wrapping_add(unzigzag(step));
            last
        });
        let instants = instants.collect();
        Some(Some((instants, self.0.numbers(&mut input, rows)?)))
    }

    /// The clients' numbers of all rows of a block, given the section that says when they arrived.
    pub(super) fn sequence(
        &mut self,
        bytes: &[u8],
        received: &[u8],
        rows: usize,
    ) -> Option<Vec<u32>> {
        let Some((instants, places)) = self.arrivals(received, rows)? else {
            return self.numbers(&mut Input(bytes), rows);
        };
        let mut last = vec![0i64; instants.len()];
        let steps: Vec<u64> = self.0.numbers(&mut Input(bytes), rows)?;
        let number = |(step, place): (u64, u32)| {
            let last = last.get_mut(place as usize)?;
            *last = last.wrapping_add(unzigzag(step));
            u32::try_from(*last).ok()
        };
        steps.into_iter().zip(places).map(number).collect()
    }

    /// The blobs of a class by the rows that they lie at.
    pub(super) fn blobs<'b>(&mut self, bytes: &'b [u8]) -> Option<Vec<(usize, &'b [u8])>> {
        let mut input = Input(bytes);
        let count = input.count().filter(|count| *count <= bytes.len())?;
        let rows: Vec<u32> = self.0.numbers(&mut input, count)?;
        let lengths: Vec<u32> = self.0.numbers(&mut input, count)?;
        let blob = |(row, length): (u32, u32)| Some((row as usize, input.bytes(length as usize)?));
        rows.into_iter().zip(lengths).map(blob).collect()
    }

    /// The values of a property.
    pub(super) fn values<'b>(
        &'b mut self,
        kind: ColumnKind,
        bytes: &'b [u8],
        rows: usize,
    ) -> Option<Values<'b>> {
        let mut input = Input(bytes);
        match kind {
            ColumnKind::Text | ColumnKind::Json => {
                let numbers = self.0.numbers(&mut input, rows)?;
                let words = Words::take(&mut self.0, input)?;
                Some(Values::Texts(words.iter().collect(), numbers))
            }
            ColumnKind::Integer | ColumnKind::Flag | ColumnKind::Time => {
                let nulls = self.nulls(&mut input, rows)?;
                let numbers: Vec<u64> = self.0.numbers(&mut input, present(&nulls, rows))?;
                let numbers = numbers.into_iter().map(unzigzag).collect();
                Some(Values::Integers(spread(numbers, nulls.as_ref(), rows), nulls))
            }
            ColumnKind::Number => {
                let nulls = self.nulls(&mut input, rows)?;
                let mode = input.byte()?;
                let numbers: Vec<u64> = self.0.numbers(&mut input, present(&nulls, rows))?;
                let numbers = numbers.into_iter();
                let numbers = match mode {
                    SHORT => numbers.map(|bits| f32::from_bits(bits as u32).into()).collect(),
                    LONG => numbers.map(f64::from_bits).collect(),
                    decimals if decimals < DECIMALS => {
                        let power = 10f64.powi(decimals.into());
                        numbers.map(|number| unzigzag(number) as f64 / power).collect()
                    }
                    _ => return None,
                };
                Some(Values::Numbers(spread(numbers, nulls.as_ref(), rows), nulls))
            }
        }
    }

    /// The values of a property as a column of a question.
    pub(super) fn column(
        &mut self,
        kind: ColumnKind,
        bytes: &[u8],
        rows: usize,
        texts: &Texts,
    ) -> Option<Column> {
        Some(match self.values(kind, bytes, rows)? {
            Values::Texts(words, numbers) => {
                let known = words.iter().map(|word| texts.number(word));
                let known: Vec<u32> = std::iter::once(0).chain(known).collect();
                let number = |number: &u32| known.get(*number as usize).copied().unwrap_or(0);
                Column::Text(numbers.iter().map(number).collect::<Vec<_>>().into())
            }
            Values::Integers(flags, nulls) if kind == ColumnKind::Flag => {
                let flags = flags.iter().map(|flag| u8::from(*flag != 0));
                Column::Flag(flags.collect::<Vec<_>>().into(), nulls)
            }
            Values::Integers(numbers, nulls) => Column::Integer(numbers.into(), nulls),
            Values::Numbers(numbers, nulls) => Column::Number(numbers.into(), nulls),
        })
    }

    #[expect(clippy::option_option, reason = "the outer one says that the section is damaged")]
    fn nulls(&mut self, input: &mut Input<'_>, rows: usize) -> Option<Option<NullBuffer>> {
        match input.byte()? {
            ALL_PRESENT => Some(None),
            SOME_ABSENT => {
                // The bytes may lie in the unpacker's own room, which the values need next.
                let bits = self.0.bytes(input, rows.div_ceil(8))?.to_vec();
                Some(Some(NullBuffer::new(BooleanBuffer::new(bits.into(), 0, rows))))
            }
            _ => None,
        }
    }
}

/// The times that lie so many steps of a unit apart.
#[inline]
fn along(
    first: i64,
    unit: i64,
    steps: impl ExactSizeIterator<Item = i64>,
) -> impl ExactSizeIterator<Item = i64> {
    let mut count = 0i64;
    steps.map(move |step| {
        count = count.wrapping_add(step);
        first.wrapping_add(count.wrapping_mul(unit))
    })
}

/// How many rows have a value.
fn present(nulls: &Option<NullBuffer>, rows: usize) -> usize {
    rows - nulls.as_ref().map_or(0, NullBuffer::null_count)
}

/// The values that there are in the rows that have one.
fn spread<T: Copy + Default>(values: Vec<T>, nulls: Option<&NullBuffer>, rows: usize) -> Vec<T> {
    let Some(nulls) = nulls else { return values };
    let mut spread = vec![T::default(); rows];
    for (row, value) in nulls.valid_indices().zip(values) {
        if let Some(to) = spread.get_mut(row) {
            *to = value;
        }
    }
    spread
}

/// Zero in each row.
pub(super) fn zeros<T: arrow_buffer::ArrowNativeType>(rows: usize) -> ScalarBuffer<T> {
    vec![T::default(); rows].into()
}

/// One stretch of zero.
pub(super) fn nothing(rows: usize) -> Stretches {
    Stretches::of(0, rows)
}
