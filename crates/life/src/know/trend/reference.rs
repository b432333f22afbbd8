//! What a trend gathers, the slow and obvious way: rows are put together and measured.

use std::collections::BTreeSet;

use super::{Folded, Measured, NONE, PersonRow, Shown, Tallies, Tally, TrendPlan, Who};

/// A row, whose it is, and what the breakdown calls it.
type Counted<'r> = (Option<&'r str>, (&'r Who, &'r PersonRow));

impl TrendPlan {
    /// What each series gathers of each value.
    pub(super) fn tallies(&self, rows: &[PersonRow]) -> Vec<Tallies> {
        let whose = self.scope.rows(rows);
        let tallies = self.series.iter().map(|measured| {
            let rows = self.counted(measured, &whose);
            let values: BTreeSet<Option<&str>> = rows.iter().map(|(value, _)| *value).collect();
            let tally = |value: Option<&str>| self.tally(measured, &rows, |other| other == value);
            let tallies = values.into_iter().map(|value| (value.map(str::to_owned), tally(value)));
            tallies.filter_map(|(value, tally)| Some((value, tally?))).collect()
        });
        tallies.collect()
    }

    /// What each series gathers of each value that is shown, and of all rows with any other.
    pub(super) fn folded(&self, rows: &[PersonRow], shown: &[Shown]) -> Vec<Folded> {
        let whose = self.scope.rows(rows);
        let folded = self.series.iter().zip(shown).map(|(measured, Shown(shown))| {
            let rows = self.counted(measured, &whose);
            let values: Vec<Option<&str>> = shown.iter().map(Option::as_deref).collect();
            let tally = |value: &Option<&str>| self.tally(measured, &rows, |other| other == *value);
            Folded {
                shown: values.iter().map(tally).collect(),
                other: self.tally(measured, &rows, |value| !values.contains(&value)),
            }
        });
        folded.collect()
    }

    /// The rows that a series counts.
    fn counted<'r>(
        &self,
        measured: &Measured,
        whose: &'r [(Who, Vec<&'r PersonRow>)],
    ) -> Vec<Counted<'r>> {
        let rows = whose.iter().flat_map(|(who, rows)| rows.iter().map(move |row| (who, *row)));
        let value =
            |row: &'r PersonRow| self.breakdown.map(|column| row.value(column).unwrap_or(NONE));
        let counted = rows.filter(|(_, row)| measured.condition.holds(row));
        counted.map(|(who, row)| (value(row), (who, row))).collect()
    }

    /// What the rows of some values come to; `None` when there are none.
    fn tally(
        &self,
        measured: &Measured,
        rows: &[Counted<'_>],
        is_meant: impl Fn(Option<&str>) -> bool,
    ) -> Option<Tally> {
        let rows = rows.iter().filter(|(value, _)| is_meant(*value)).map(|(_, row)| *row);
        let rows: Vec<(&Who, &PersonRow)> = rows.collect();
        let cells = (0..self.periods.count()).map(|place| {
            let within = rows.iter().filter(|(_, row)| self.periods.place(row.time) == place);
            measured.measure.gather(&within.copied().collect::<Vec<_>>())
        });
        (!rows.is_empty()).then(|| (cells.collect(), measured.measure.gather(&rows)))
    }
}
