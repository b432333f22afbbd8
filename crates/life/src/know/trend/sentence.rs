//! The answer of a trend in one sentence.

use super::{Counted, Figure, OTHER, TrendAnswer, TrendLine, TrendPlan};
use crate::know::period::day;
use crate::know::phrase::{amount, change, count};

/// The sentence.
pub(super) fn of(plan: &TrendPlan, answer: &TrendAnswer) -> String {
    let time = plan.scope.time();
    let named = answer.series.iter().filter(|line| line.breakdown.as_deref() != Some(OTHER));
    let rank = |line: &&TrendLine| line.figures.total.rank();
    let first = named.rev().max_by(|one, two| rank(one).total_cmp(&rank(two)));
    let Some(first) = first.filter(|line| !line.figures.total.is_zero()) else {
        return format!("Nothing of it happened {time}.");
    };
    let what = if let Some(value) = &first.breakdown {
        format!("`{value}` leads: {}", phrase(plan, first, &event(first)))
    } else {
        let lines = plan.series.iter().zip(&answer.series);
        let parts = lines.map(|(measured, line)| phrase(plan, line, &measured.condition.phrase()));
        parts.collect::<Vec<_>>().join(", ")
    };
    let values = first.figures.values.iter().zip(&answer.intervals);
    let peak = values.rev().max_by(|(one, _), (two, _)| one.rank().total_cmp(&two.rank()));
    let peak = peak.filter(|_| plan.breakdown.is_some() || plan.series.len() == 1);
    let peak = peak.map_or(String::new(), |(value, start)| {
        let (word, date) = (plan.interval.word(), day(&plan.scope.zone, *start));
        format!("; most in the {word} of {date} ({})", figure(*value))
    });
    format!("{what} {time}{peak}.")
}

fn phrase(plan: &TrendPlan, line: &TrendLine, what: &str) -> String {
    let total = line.figures.total;
    let of = line.of.as_deref().unwrap_or_default();
    let said = match (line.count, total) {
        (Counted::Events, Figure::Count(1)) => format!("{what} happened once"),
        (Counted::Events, _) => format!("{what} happened {} times", figure(total)),
        (Counted::People, Figure::Count(number)) => {
            format!("{} did {what}", plan.scope.who(number))
        }
        (Counted::People | Counted::PerPerson, _) => {
            format!("{} did {what} {} times", plan.scope.each(), figure(total))
        }
        (Counted::Different, _) => format!("{what} had {} different `{of}`", figure(total)),
        (Counted::Percentile, _) => {
            let at = line.at.unwrap_or_default();
            format!("{at} % of `{of}` of {what} were at most {}", figure(total))
        }
        (counted, _) => format!("the {} of `{of}` of {what} was {}", counted.word(), figure(total)),
    };
    let before = line.earlier.as_ref().and_then(|earlier| earlier.total.number());
    match total.number().zip(before) {
        Some((now, before)) => format!("{said} ({})", change(now, before)),
        None => said,
    }
}

fn figure(figure: Figure) -> String {
    match figure {
        Figure::Count(number) => count(number),
        Figure::Amount(number) => amount(number),
        Figure::Nothing => "nothing".to_owned(),
    }
}

fn event(line: &TrendLine) -> String {
    line.event.as_ref().map_or("any event".to_owned(), |name| format!("`{name}`"))
}
