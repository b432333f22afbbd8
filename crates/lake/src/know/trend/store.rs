//! What one series gathers, in as little room as its measure needs.

use std::collections::HashSet;

use life::know::measure::{Gathered, Measure};
use life::know::trend::Tally;

use crate::know::operator::{Head, Rows};

/// Where a row counts: the breakdown's number, the interval, and whose it is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Spot {
    pub(super) line: usize,
    pub(super) place: usize,
    pub(super) person: u32,
}

/// The cells of one series: by the breakdown's number, one for each interval.
#[derive(Debug)]
pub(super) enum Store {
    Events(Grid<u64>),
    /// The last cell of each line is that of all intervals.
    People(Grid<Head>),
    PerPerson {
        events: Grid<u64>,
        people: Grid<Head>,
    },
    /// What numbers of this column come to.
    Numbers {
        measure: Measure,
        column: usize,
        cells: Grid<Gathered>,
        met: Met,
        count: usize,
    },
    /// Different values of this column, as (cell, number of the text); the last cell of each line
    /// is that of all intervals.
    Different {
        column: usize,
        width: usize,
        met: Met,
        seen: HashSet<(u32, u32)>,
    },
}

/// The lines that have rows, whatever they hold.
#[derive(Debug, Default)]
pub(super) struct Met(Vec<bool>);

impl Met {
    #[inline]
    fn set(&mut self, line: usize) {
        if self.0.len() <= line {
            self.0.resize(line + 1, false);
        }
        self.0.iter_mut().skip(line).take(1).for_each(|met| *met = true);
    }

    fn has(&self, line: usize) -> bool {
        self.0.get(line) == Some(&true)
    }

    fn merge(&mut self, other: &Self) {
        other.0.iter().enumerate().filter(|(_, met)| **met).for_each(|(line, _)| self.set(line));
    }
}

/// Cells in lines of one width.
#[derive(Debug)]
pub(super) struct Grid<T> {
    width: usize,
    empty: T,
    cells: Vec<T>,
}

impl<T: Clone> Grid<T> {
    fn new(width: usize, empty: T) -> Self {
        Self { width, cells: vec![empty.clone(); width], empty }
    }

    #[inline]
    fn cell(&mut self, line: usize, place: usize) -> Option<&mut T> {
        let at = line * self.width + place;
        if self.cells.len() <= at {
            self.grow(line);
        }
        self.cells.get_mut(at)
    }

    #[cold]
    fn grow(&mut self, line: usize) {
        self.cells.resize((line + 1) * self.width, self.empty.clone());
    }

    fn join(&mut self, other: Self, add: impl Fn(&mut T, T)) {
        if self.cells.len() < other.cells.len() {
            self.cells.resize(other.cells.len(), self.empty.clone());
        }
        self.cells.iter_mut().zip(other.cells).for_each(|(mine, theirs)| add(mine, theirs));
    }

    fn lines(&self) -> impl Iterator<Item = (usize, &[T])> {
        self.cells.chunks(self.width.max(1)).enumerate()
    }
}

impl Grid<Head> {
    #[inline]
    fn count(&mut self, spot: &Spot) {
        for place in [spot.place, self.width - 1] {
            if let Some(head) = self.cell(spot.line, place) {
                head.meet(spot.person);
            }
        }
    }

    fn add(&mut self, other: Self) {
        self.join(other, |mine, theirs| mine.join(theirs));
    }
}

impl Store {
    /// Room for the intervals of a plan.
    pub(super) fn new(measure: Measure, width: usize) -> Self {
        let events = || Grid::new(width, 0);
        let people = || Grid::new(width + 1, Head::default());
        match measure {
            Measure::Events => Store::Events(events()),
            Measure::People => Store::People(people()),
            Measure::PerPerson => Store::PerPerson { events: events(), people: people() },
            Measure::Different(column) => Store::Different {
                column,
                width: width + 1,
                met: Met::default(),
                seen: HashSet::new(),
            },
            Measure::Sum(column)
            | Measure::Average(column)
            | Measure::Minimum(column)
            | Measure::Maximum(column)
            | Measure::Percentile(column, _) => {
                let cells = Grid::new(width, measure.empty());
                Store::Numbers { measure, column, cells, met: Met::default(), count: 0 }
            }
        }
    }

    /// Whether it does not matter to it whose rows are.
    pub(super) fn counts_rows(&self) -> bool {
        match self {
            Store::Events(_) | Store::Numbers { .. } | Store::Different { .. } => true,
            Store::People(_) | Store::PerPerson { .. } => false,
        }
    }

    /// Counts a row.
    #[inline]
    pub(super) fn count(&mut self, rows: &Rows<'_>, row: usize, spot: &Spot) {
        match self {
            Store::Events(events) => bump(events, spot),
            Store::People(people) => people.count(spot),
            Store::PerPerson { events, people } => {
                bump(events, spot);
                people.count(spot);
            }
            Store::Numbers { column, cells, met, count, .. } => {
                met.set(spot.line);
                let Some(cell) = cells.cell(spot.line, spot.place) else { return };
                if let Some(number) = rows.number(*column, row) {
                    cell.take(number);
                    *count += 1;
                }
            }
            Store::Different { column, width, met, seen } => {
                met.set(spot.line);
                let text = rows.text(*column, row);
                if text != 0 {
                    for place in [spot.place, *width - 1] {
                        let cell = u32::try_from(spot.line * *width + place).unwrap_or(u32::MAX);
                        seen.insert((cell, text));
                    }
                }
            }
        }
    }

    /// Takes over what was gathered among other people.
    pub(super) fn merge(&mut self, other: Self) {
        match (self, other) {
            (Store::Events(mine), Store::Events(theirs)) => mine.join(theirs, |m, t| *m += t),
            (Store::People(mine), Store::People(theirs)) => mine.add(theirs),
            (
                Store::PerPerson { events, people },
                Store::PerPerson { events: more, people: others },
            ) => {
                events.join(more, |mine, theirs| *mine += theirs);
                people.add(others);
            }
            (
                Store::Numbers { cells, count, met, .. },
                Store::Numbers { cells: more, count: others, met: also, .. },
            ) => {
                cells.join(more, Gathered::merge);
                *count += others;
                met.merge(&also);
            }
            (
                Store::Different { seen, met, .. },
                Store::Different { seen: more, met: also, .. },
            ) => {
                seen.extend(more);
                met.merge(&also);
            }
            // Both come from one plan, so that both are always of one kind.
            (_, _) => {}
        }
    }

    /// How many cells it holds.
    pub(super) fn cells(&self) -> usize {
        match self {
            Store::Events(cells) => cells.cells.len(),
            Store::People(cells) => cells.cells.len(),
            Store::PerPerson { events, people } => events.cells.len() + people.cells.len(),
            Store::Numbers { cells, .. } => cells.cells.len(),
            Store::Different { width, met, .. } => width * met.0.len(),
        }
    }

    /// How many numbers it holds beside them.
    pub(super) fn numbers(&self) -> usize {
        match self {
            Store::Numbers { measure: Measure::Percentile(..), count, .. } => *count,
            Store::Different { seen, .. } => seen.len(),
            Store::Events(_)
            | Store::People(_)
            | Store::PerPerson { .. }
            | Store::Numbers { .. } => 0,
        }
    }

    /// By the breakdown's number, for those that occurred.
    pub(super) fn tallies(self) -> Vec<(usize, Tally)> {
        let count = |head: &Head| Gathered::Count(head.count());
        match self {
            Store::Events(events) => {
                let lines = events.lines().filter(|(_, line)| line.iter().any(|count| *count > 0));
                let tally = |(number, line): (usize, &[u64])| {
                    let total = Gathered::Count(line.iter().sum());
                    (number, (line.iter().copied().map(Gathered::Count).collect(), total))
                };
                lines.map(tally).collect()
            }
            Store::People(people) => {
                let tally = |(number, line): (usize, &[Head])| {
                    let (whole, intervals) =
                        line.split_last().filter(|(all, _)| all.count() > 0)?;
                    Some((number, (intervals.iter().map(count).collect(), count(whole))))
                };
                people.lines().filter_map(tally).collect()
            }
            Store::PerPerson { events, people } => {
                let ratio = |events: u64, head: &Head| {
                    Gathered::Ratio(i128::from(events) * 1_000_000, head.count())
                };
                let tally = |((number, events), (_, people)): ((usize, &[u64]), (_, &[Head]))| {
                    let (whole, intervals) =
                        people.split_last().filter(|(all, _)| all.count() > 0)?;
                    let cells =
                        events.iter().zip(intervals).map(|(count, head)| ratio(*count, head));
                    Some((number, (cells.collect(), ratio(events.iter().sum(), whole))))
                };
                events.lines().zip(people.lines()).filter_map(tally).collect()
            }
            Store::Numbers { measure, cells, met, .. } => {
                let tally = |(number, line): (usize, &[Gathered])| {
                    let mut total = measure.empty();
                    line.iter().cloned().for_each(|cell| total.merge(cell));
                    (number, (line.to_vec(), total))
                };
                cells.lines().filter(|(line, _)| met.has(*line)).map(tally).collect()
            }
            Store::Different { width, met, seen, .. } => {
                let mut counts = vec![0; width * met.0.len()];
                for (cell, _) in &seen {
                    if let Some(count) = counts.get_mut(*cell as usize) {
                        *count += 1;
                    }
                }
                let tally = |(number, line): (usize, &[u64])| {
                    let (whole, intervals) = line.split_last()?;
                    let cells = intervals.iter().copied().map(Gathered::Count).collect();
                    Some((number, (cells, Gathered::Count(*whole))))
                };
                let lines = counts.chunks(width.max(1)).enumerate();
                lines.filter(|(line, _)| met.has(*line)).filter_map(tally).collect()
            }
        }
    }
}

#[inline]
fn bump(events: &mut Grid<u64>, spot: &Spot) {
    if let Some(count) = events.cell(spot.line, spot.place) {
        *count += 1;
    }
}
