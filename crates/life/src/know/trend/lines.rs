//! From what was gathered to lines: those of the values that are shown and of all others, what an
//! earlier time had of the same, moving averages, and what a formula makes of them.

use super::{
    Figure, Figures, Folded, Formula, FormulaLine, Gathered, Measured, OTHER, Shown, Tally,
    TrendAnswer, TrendLine, TrendPlan,
};

impl TrendPlan {
    /// The answer, from what each series gathered, and what it gathered in the earlier time.
    #[must_use]
    pub fn answer(
        &self,
        shown: &[Shown],
        now: Vec<Folded>,
        earlier: Option<Vec<Folded>>,
    ) -> TrendAnswer {
        let mut earlier = earlier.unwrap_or_default().into_iter();
        let series = self.series.iter().zip(shown).zip(now);
        let lines = series.map(|((measured, shown), now)| {
            self.lines(measured, shown, now, earlier.next().unwrap_or_default())
        });
        let lines: Vec<Vec<TrendLine>> = lines.collect();
        let formula = self.formula.as_ref();
        let formula = formula.map(|formula| self.formula(formula, &lines)).unwrap_or_default();
        let earlier_intervals = self.earlier.as_ref().map(|plan| {
            let mut starts: Vec<_> = plan.periods.starts.iter().copied().map(Some).collect();
            starts.resize(self.periods.count(), None);
            starts
        });
        TrendAnswer {
            intervals: self.periods.starts.clone(),
            series: lines.into_iter().flatten().collect(),
            formula,
            earlier_intervals: earlier_intervals.unwrap_or_default(),
        }
    }

    /// The lines of one series, the largest first.
    fn lines(
        &self,
        measured: &Measured,
        Shown(shown): &Shown,
        now: Folded,
        earlier: Folded,
    ) -> Vec<TrendLine> {
        let mut past = earlier.shown.into_iter();
        let lines = shown.iter().cloned().zip(now.shown);
        let lines = lines.map(|(value, tally)| (value, tally, past.next().flatten()));
        let mut lines: Vec<_> = lines.collect();
        if now.other.is_some() || earlier.other.is_some() {
            lines.push((Some(OTHER.to_owned()), now.other, earlier.other));
        }
        let line = |(value, tally, past)| self.line(measured, value, tally, past);
        lines.into_iter().map(line).collect()
    }

    fn nothing(&self, measured: &Measured) -> Tally {
        let empty = measured.measure.empty();
        (vec![empty.clone(); self.periods.count()], empty)
    }

    fn line(
        &self,
        measured: &Measured,
        breakdown: Option<String>,
        tally: Option<Tally>,
        past: Option<Tally>,
    ) -> TrendLine {
        let Measured { series, .. } = measured;
        let earlier = self.earlier.as_ref();
        TrendLine {
            event: series.event.clone(),
            count: series.count,
            of: series.of.clone(),
            at: series.at,
            breakdown,
            figures: self.figures(measured, tally),
            earlier: earlier.map(|plan| self.beside(plan.figures(measured, past))),
        }
    }

    fn figures(&self, measured: &Measured, tally: Option<Tally>) -> Figures {
        let (values, total) = tally.unwrap_or_else(|| self.nothing(measured));
        let figure = |gathered: &Gathered| measured.measure.figure(gathered);
        let values: Vec<Figure> = values.iter().map(figure).collect();
        Figures { smooth: self.smoothed(&values), values, total: figure(&total) }
    }

    /// Earlier figures, interval beside interval: where there is none, there is no number.
    fn beside(&self, mut figures: Figures) -> Figures {
        let count = self.periods.count();
        figures.values.resize(count, Figure::Nothing);
        figures.smooth.resize(if self.smooth.is_some() { count } else { 0 }, Figure::Nothing);
        figures
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
            let earlier = self.earlier.as_ref();
            FormulaLine {
                breakdown: value.clone(),
                figures: self.reckon(formula, &now),
                earlier: earlier.map(|plan| self.beside(plan.reckon(formula, &past))),
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
