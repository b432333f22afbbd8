//! From what was gathered to lines: the largest values of a breakdown, what an earlier time had of
//! the same, moving averages, and what a formula makes of them.

use super::{
    Figure, Figures, Formula, FormulaLine, Gathered, Measured, OTHER, Tallies, Tally, TrendAnswer,
    TrendLine, TrendPlan,
};

impl TrendPlan {
    /// The answer, from what each series gathered, and what it gathered in the earlier time.
    #[must_use]
    pub fn answer(&self, tallies: Vec<Tallies>, earlier: Option<Vec<Tallies>>) -> TrendAnswer {
        let mut earlier = earlier.map(Vec::into_iter);
        let lines = self.series.iter().zip(tallies).map(|(measured, tallies)| {
            let past = earlier.as_mut().map(|earlier| earlier.next().unwrap_or_default());
            self.lines(measured, tallies, past)
        });
        let lines: Vec<Vec<TrendLine>> = lines.collect();
        let formula = self.formula.as_ref();
        let formula = formula.map(|formula| self.formula(formula, &lines)).unwrap_or_default();
        let past = self.earlier.as_ref();
        let earlier_intervals = past.map(|plan| plan.periods.starts.clone()).unwrap_or_default();
        TrendAnswer {
            intervals: self.periods.starts.clone(),
            series: lines.into_iter().flatten().collect(),
            formula,
            earlier_intervals,
        }
    }

    /// The lines of one series, the largest first.
    fn lines(
        &self,
        measured: &Measured,
        tallies: Tallies,
        mut earlier: Option<Tallies>,
    ) -> Vec<TrendLine> {
        let measure = measured.measure;
        let mut tallies: Vec<_> = tallies.into_iter().collect();
        tallies.sort_by(|(one, (_, more)), (two, (_, less))| {
            let rank = |total| measure.figure(total).rank();
            rank(less).total_cmp(&rank(more)).then(one.cmp(two))
        });
        let rest = tallies.split_off(self.limit.min(tallies.len()));
        if tallies.is_empty() && self.breakdown.is_none() {
            tallies.push((None, self.nothing(measured)));
        }
        let mut lines = Vec::with_capacity(tallies.len() + 1);
        for (value, tally) in tallies {
            let past = earlier.as_mut().map(|earlier| earlier.remove(&value));
            lines.push(self.line(measured, value, tally, past));
        }
        // Whatever the earlier time had beside the lines above belongs to the rest, too.
        let past = earlier.map(|earlier| earlier.into_values().reduce(add));
        let rest = rest.into_iter().map(|(_, tally)| tally).reduce(add);
        if rest.is_some() || past.as_ref().is_some_and(Option::is_some) {
            let tally = rest.unwrap_or_else(|| self.nothing(measured));
            lines.push(self.line(measured, Some(OTHER.to_owned()), tally, past));
        }
        lines
    }

    fn nothing(&self, measured: &Measured) -> Tally {
        let empty = measured.measure.empty();
        (vec![empty.clone(); self.periods.count()], empty)
    }

    fn line(
        &self,
        measured: &Measured,
        breakdown: Option<String>,
        tally: Tally,
        past: Option<Option<Tally>>,
    ) -> TrendLine {
        let Measured { series, .. } = measured;
        let past = past.map(|tally| {
            let mut tally = tally.unwrap_or_else(|| self.nothing(measured));
            tally.0.resize(self.periods.count(), measured.measure.empty());
            self.figures(measured, &tally)
        });
        TrendLine {
            event: series.event.clone(),
            count: series.count,
            of: series.of.clone(),
            at: series.at,
            breakdown,
            figures: self.figures(measured, &tally),
            earlier: past,
        }
    }

    fn figures(&self, measured: &Measured, (values, total): &Tally) -> Figures {
        let figure = |gathered: &Gathered| measured.measure.figure(gathered);
        let values: Vec<Figure> = values.iter().map(figure).collect();
        Figures { smooth: self.smoothed(&values), values, total: figure(total) }
    }

    /// Moving averages; an interval with nothing in it counts for nothing.
    fn smoothed(&self, values: &[Figure]) -> Vec<Figure> {
        let Some(length) = self.smooth else { return Vec::new() };
        let average = |end: usize| {
            let window = values.get((end + 1).checked_sub(length)?..=end)?;
            let numbers: Vec<f64> = window.iter().filter_map(|value| value.number()).collect();
            let is_empty = numbers.is_empty();
            (!is_empty).then(|| numbers.iter().sum::<f64>() / numbers.len() as f64)
        };
        (0..values.len()).map(|end| Figure::of(average(end))).collect()
    }

    /// What the formula makes of the lines, for each value that any of the series has.
    fn formula(&self, formula: &Formula, lines: &[Vec<TrendLine>]) -> Vec<FormulaLine> {
        let mut values: Vec<&Option<String>> = Vec::new();
        for line in lines.iter().flatten() {
            if !values.contains(&&line.breakdown) {
                values.push(&line.breakdown);
            }
        }
        let line = |value: &Option<String>| {
            let of = lines.iter().map(|lines| lines.iter().find(|line| line.breakdown == *value));
            let of: Vec<Option<&TrendLine>> = of.collect();
            let now: Vec<_> = of.iter().map(|line| line.map(|line| &line.figures)).collect();
            let past = of.iter().map(|line| line.and_then(|line| line.earlier.as_ref()));
            let past: Vec<_> = past.collect();
            let is_compared = self.earlier.is_some();
            FormulaLine {
                breakdown: value.clone(),
                figures: self.reckon(formula, &now),
                earlier: is_compared.then(|| self.reckon(formula, &past)),
            }
        };
        values.into_iter().map(line).collect()
    }

    /// A series without this value has as much of it as of nothing: no events, and no average.
    fn reckon(&self, formula: &Formula, parts: &[Option<&Figures>]) -> Figures {
        let at = |pick: &dyn Fn(&Figures) -> Figure| {
            let numbers = self.series.iter().zip(parts).map(|(measured, part)| {
                let nothing = || measured.measure.figure(&measured.measure.empty());
                part.map_or_else(nothing, pick).number()
            });
            Figure::of(formula.value(&numbers.collect::<Vec<_>>()))
        };
        let value = |place| at(&|part| part.values.get(place).copied().unwrap_or_default());
        let values: Vec<Figure> = (0..self.periods.count()).map(value).collect();
        Figures { smooth: self.smoothed(&values), values, total: at(&|part| part.total) }
    }
}

fn add((mut values, mut total): Tally, (more, and): Tally) -> Tally {
    for (value, more) in values.iter_mut().zip(more) {
        value.merge(more);
    }
    total.merge(and);
    (values, total)
}
