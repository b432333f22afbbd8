//! What a trend measures of the rows of a cell: how many, by how many people, or what the values of
//! a property come to.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::row::PersonRow;
use super::scope::Who;

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Counted {
    #[default]
    Events,
    /// Each person once in each interval, and once in the total.
    People,
    /// Events for each person who has any.
    PerPerson,
    /// The sum of a property's numbers, exact to a millionth.
    Sum,
    Average,
    Minimum,
    Maximum,
    Median,
    /// Of a property's numbers, the one that `at` percent are not above; between two of them in
    /// proportion.
    Percentile,
    /// Different values of a property, in each interval and in the total.
    Different,
}

/// The same, with the column that it is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    Events,
    People,
    PerPerson,
    Sum(usize),
    Average(usize),
    Minimum(usize),
    Maximum(usize),
    /// The column, and how many percent lie below.
    Percentile(usize, u8),
    Different(usize),
}

/// One number of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum Figure {
    Count(u64),
    Amount(f64),
    /// There is none: nothing has no average.
    #[default]
    Nothing,
}

/// What was gathered of a cell's rows: as much as the figure needs, and mergeable.
#[derive(Debug, Clone, PartialEq)]
pub enum Gathered {
    Count(u64),
    /// In millionths, so that money adds up exactly and in any order.
    Sum(i128),
    /// A sum in millionths, over so many.
    Ratio(i128, u64),
    Least(Option<f64>),
    Greatest(Option<f64>),
    /// All numbers, in any order.
    Numbers(Vec<f64>),
}

/// A number in millionths. Beyond what a sum of them can hold it is the largest.
#[must_use]
pub fn millionths(number: f64) -> i128 {
    let millionths = number * 1e6;
    if millionths.abs() >= FRACTIONS_END {
        return millionths.round() as i128;
    }
    // The same in fewer steps, for nearly every number that is summed.
    let whole = millionths as i64;
    let rest = millionths - whole as f64;
    (whole + i64::from(rest >= 0.5) - i64::from(rest <= -0.5)).into()
}

/// From here on a number of 64 bits has no fraction.
const FRACTIONS_END: f64 = 4_503_599_627_370_496.0;

impl Counted {
    /// Its stable word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Counted::Events => "events",
            Counted::People => "people",
            Counted::PerPerson => "per-person",
            Counted::Sum => "sum",
            Counted::Average => "average",
            Counted::Minimum => "minimum",
            Counted::Maximum => "maximum",
            Counted::Median => "median",
            Counted::Percentile => "percentile",
            Counted::Different => "different",
        }
    }
}

impl Measure {
    /// The column whose numbers it reads.
    #[must_use]
    pub const fn numbers(self) -> Option<usize> {
        match self {
            Measure::Sum(column)
            | Measure::Average(column)
            | Measure::Minimum(column)
            | Measure::Maximum(column)
            | Measure::Percentile(column, _) => Some(column),
            Measure::Events | Measure::People | Measure::PerPerson | Measure::Different(_) => None,
        }
    }

    /// Whether what it gathered of several values makes up what they come to together. A person may
    /// have several of them.
    #[must_use]
    pub const fn adds_up(self) -> bool {
        match self {
            Measure::Events
            | Measure::Sum(_)
            | Measure::Average(_)
            | Measure::Minimum(_)
            | Measure::Maximum(_)
            | Measure::Percentile(..) => true,
            Measure::People | Measure::PerPerson | Measure::Different(_) => false,
        }
    }

    /// What there is before any row.
    #[must_use]
    pub const fn empty(self) -> Gathered {
        match self {
            Measure::Events | Measure::People | Measure::Different(_) => Gathered::Count(0),
            Measure::PerPerson | Measure::Average(_) => Gathered::Ratio(0, 0),
            Measure::Sum(_) => Gathered::Sum(0),
            Measure::Minimum(_) => Gathered::Least(None),
            Measure::Maximum(_) => Gathered::Greatest(None),
            Measure::Percentile(..) => Gathered::Numbers(Vec::new()),
        }
    }

    /// The figure of what was gathered.
    #[must_use]
    pub fn figure(self, gathered: &Gathered) -> Figure {
        let amount = |number: Option<f64>| number.map_or(Figure::Nothing, Figure::Amount);
        match gathered {
            Gathered::Count(count) => Figure::Count(*count),
            Gathered::Sum(sum) => Figure::Amount(*sum as f64 / 1e6),
            Gathered::Ratio(_, 0) => Figure::Nothing,
            Gathered::Ratio(sum, count) => Figure::Amount(*sum as f64 / 1e6 / *count as f64),
            Gathered::Least(number) | Gathered::Greatest(number) => amount(*number),
            Gathered::Numbers(numbers) => {
                let at = if let Measure::Percentile(_, at) = self { at } else { 50 };
                amount(percentile(numbers.clone(), at))
            }
        }
    }

    /// What these rows come to; for reference.
    pub(super) fn gather(self, rows: &[(&Who, &PersonRow)]) -> Gathered {
        let people = || rows.iter().map(|(who, _)| who).collect::<BTreeSet<_>>().len() as u64;
        let events = rows.len() as u64;
        let values = |column: usize| rows.iter().filter_map(move |(_, row)| row.value(column));
        let mut gathered = self.empty();
        match self {
            Measure::Events => gathered = Gathered::Count(events),
            Measure::People => gathered = Gathered::Count(people()),
            Measure::PerPerson => {
                gathered = Gathered::Ratio(i128::from(events) * 1_000_000, people());
            }
            Measure::Different(column) => {
                let different = values(column).collect::<BTreeSet<_>>();
                gathered = Gathered::Count(different.len() as u64);
            }
            Measure::Sum(column)
            | Measure::Average(column)
            | Measure::Minimum(column)
            | Measure::Maximum(column)
            | Measure::Percentile(column, _) => {
                let numbers = rows.iter().filter_map(|(_, row)| row.number(column));
                numbers.for_each(|number| gathered.take(number));
            }
        }
        gathered
    }
}

impl Gathered {
    /// Takes in one number.
    #[inline]
    pub fn take(&mut self, number: f64) {
        match self {
            Gathered::Count(count) => *count += 1,
            Gathered::Sum(sum) => *sum = sum.saturating_add(millionths(number)),
            Gathered::Ratio(sum, count) => {
                *sum = sum.saturating_add(millionths(number));
                *count += 1;
            }
            Gathered::Least(least) => {
                *least = Some(least.map_or(number, |least| least.min(number)));
            }
            Gathered::Greatest(most) => *most = Some(most.map_or(number, |most| most.max(number))),
            Gathered::Numbers(numbers) => numbers.push(number),
        }
    }

    /// Takes over what was gathered elsewhere.
    pub fn merge(&mut self, other: Gathered) {
        match (self, other) {
            (Gathered::Count(mine), Gathered::Count(theirs)) => *mine += theirs,
            (Gathered::Sum(mine), Gathered::Sum(theirs)) => *mine = mine.saturating_add(theirs),
            (Gathered::Ratio(sum, count), Gathered::Ratio(more, others)) => {
                *sum = sum.saturating_add(more);
                *count += others;
            }
            (mine @ Gathered::Least(_), Gathered::Least(theirs))
            | (mine @ Gathered::Greatest(_), Gathered::Greatest(theirs)) => {
                theirs.into_iter().for_each(|number| mine.take(number));
            }
            (Gathered::Numbers(mine), Gathered::Numbers(theirs)) => mine.extend(theirs),
            // One series has one measure, so that both are always of one kind.
            (_, _) => {}
        }
    }
}

impl Figure {
    /// As a number to reckon with.
    #[must_use]
    pub fn number(self) -> Option<f64> {
        match self {
            Figure::Count(count) => Some(count as f64),
            Figure::Amount(amount) => Some(amount),
            Figure::Nothing => None,
        }
    }

    /// A number that was reckoned; what is not finite is nothing.
    #[must_use]
    pub fn of(number: Option<f64>) -> Self {
        number.filter(|number| number.is_finite()).map_or(Figure::Nothing, Figure::Amount)
    }

    /// Whether there is nothing, or none.
    #[must_use]
    pub fn is_zero(self) -> bool {
        self.number().is_none_or(|number| number == 0.0)
    }

    /// For putting lines in order: nothing comes last.
    #[must_use]
    pub fn rank(self) -> f64 {
        self.number().unwrap_or(f64::NEG_INFINITY)
    }
}

/// The number that `at` percent of all lie below; between two neighbours in proportion.
#[must_use]
pub fn percentile(mut numbers: Vec<f64>, at: u8) -> Option<f64> {
    let last = numbers.len().checked_sub(1)?;
    numbers.sort_unstable_by(f64::total_cmp);
    let place = last as f64 * f64::from(at) / 100.0;
    let (below, share) = (place.floor(), place.fract());
    let low = *numbers.get(below as usize)?;
    let high = numbers.get(below as usize + 1).copied().unwrap_or(low);
    Some(low + (high - low) * share)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_lie_between_neighbours() {
        let of = |at| percentile(vec![4.0, 1.0, 3.0, 2.0], at);
        assert_eq!([0, 25, 50, 90, 100].map(of), [1.0, 1.75, 2.5, 3.7, 4.0].map(Some));
        assert_eq!(percentile(vec![7.0], 99), Some(7.0));
        assert_eq!(percentile(Vec::new(), 50), None);
    }

    #[test]
    fn millionths_are_rounded_half_away_from_zero() {
        let around = [0.0, 0.5, 1.0, 2.5, 1e15, FRACTIONS_END, 1e30].into_iter();
        let around = around.flat_map(|number: f64| [number, number.next_down(), number.next_up()]);
        for number in around.flat_map(|number| [number / 1e6, -number / 1e6]) {
            assert_eq!(millionths(number), (number * 1e6).round() as i128, "{number}");
        }
        assert_eq!(millionths(f64::NAN), 0);
        assert_eq!(millionths(f64::INFINITY), i128::MAX);
    }

    #[test]
    fn money_adds_up_in_any_order() {
        let mut cents = Gathered::Sum(0);
        (0..1_000).for_each(|_| cents.take(0.1));
        assert_eq!(Measure::Sum(0).figure(&cents), Figure::Amount(100.0));
        let mut large = Gathered::Sum(0);
        [1e300, -1e300, 1e300].into_iter().for_each(|number| large.take(number));
        assert!(Measure::Sum(0).figure(&large).number().is_some_and(f64::is_finite));
    }
}
