//! Which values of a breakdown are shown, and all others as one.

use super::{Measured, NONE, Tallies, Tally, TrendPlan};
use crate::know::condition::{Demand, Test};

/// The values that a series shows, the largest first; without a breakdown there is one, which is
/// none.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Shown(pub Vec<Option<String>>);

/// What a series gathered, line by line.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Folded {
    /// By value that is shown; `None` where no row has it.
    pub shown: Vec<Option<Tally>>,
    /// Of all rows whose value is not shown; `None` when there are none.
    pub other: Option<Tally>,
}

impl TrendPlan {
    /// What each series shows, from what it gathered of each value.
    #[must_use]
    pub fn shown(&self, tallies: &[Tallies]) -> Vec<Shown> {
        let shown = self.series.iter().zip(tallies).map(|(measured, tallies)| {
            if self.breakdown.is_none() {
                return Shown(vec![None]);
            }
            let rank = |(_, total): &Tally| measured.measure.figure(total).rank();
            let ranked = tallies.iter().map(|(value, tally)| (rank(tally), value));
            let mut ranked: Vec<_> = ranked.collect();
            ranked.sort_by(|(more, one), (less, two)| less.total_cmp(more).then(one.cmp(two)));
            Shown(ranked.into_iter().take(self.limit).map(|(_, value)| value.clone()).collect())
        });
        shown.collect()
    }

    /// What is left to ask after folding: about all rows of whatever value is not shown as one, for
    /// the series where adding up their values is not enough.
    #[must_use]
    pub fn rest(&self, folded: &[Folded], shown: &[Shown]) -> Option<Self> {
        let column = self.breakdown?;
        let series = self.series.iter().zip(folded).zip(shown);
        let series = series.filter(|((measured, folded), _)| folded.is_left(measured));
        let series = series.map(|((measured, _), shown)| {
            let mut measured = measured.clone();
            measured.condition.demands.push(Demand { column, test: shown.others() });
            measured
        });
        let series: Vec<Measured> = series.collect();
        let (breakdown, earlier, picked) = (None, None, None);
        let is_any = !series.is_empty();
        is_any.then(|| Self { series, breakdown, earlier, picked, ..self.clone() })
    }

    /// Puts what was gathered for `rest` into its place.
    #[must_use]
    pub fn filled(&self, mut folded: Vec<Folded>, rest: Vec<Tallies>) -> Vec<Folded> {
        let left = self.series.iter().zip(&mut folded);
        let left = left.filter(|(measured, folded)| folded.is_left(measured));
        for ((_, folded), tallies) in left.zip(rest) {
            folded.other = tallies.into_values().next();
        }
        folded
    }
}

impl Folded {
    /// Puts together what is not shown. Where that does not add up, `rest` has to be asked.
    #[must_use]
    pub fn of(mut tallies: Tallies, Shown(shown): &Shown) -> Self {
        let shown = shown.iter().map(|value| tallies.remove(value)).collect();
        Self { shown, other: tallies.into_values().reduce(add) }
    }

    fn is_left(&self, measured: &Measured) -> bool {
        self.other.is_some() && !measured.measure.adds_up()
    }
}

impl Shown {
    /// That a value is none of them. A text may say the same as what stands for no value.
    fn others(&self) -> Test {
        let absent = Some(NONE.to_owned());
        let absent = self.0.contains(&absent).then_some(None);
        Test::NoneOf(self.0.iter().cloned().chain(absent).collect())
    }
}

fn add((mut values, mut total): Tally, (more, and): Tally) -> Tally {
    for (value, more) in values.iter_mut().zip(more) {
        value.merge(more);
    }
    total.merge(and);
    (values, total)
}
