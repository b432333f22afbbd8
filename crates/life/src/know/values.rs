//! Values: what a property says, how often, and of how many people. For getting to know it.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::about::About;
use super::condition::{Condition, Where};
use super::fault::Faults;
use super::kind::{Asked, Question};
use super::measure::millionths;
use super::phrase::{count, percent};
use super::resolve::Resolver;
use super::row::{PersonRow, number};
use super::scope::{Scope, Who};
use super::words::Setting;

/// The question.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Values {
    #[serde(flatten)]
    pub about: About,
    pub property: String,
    /// Only this event's rows; null is any event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<String>,
    #[serde(default, rename = "where", skip_serializing_if = "Vec::is_empty")]
    pub demands: Vec<Where>,
    /// How many values are shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<usize>,
}

/// The people of one value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ValuesPick {
    pub value: String,
}

/// The resolved question.
#[derive(Debug, Clone, PartialEq)]
pub struct ValuesPlan {
    pub scope: Scope,
    /// The property, by its place in the scope.
    pub column: usize,
    pub property: String,
    pub condition: Condition,
    pub limit: usize,
    pub picked: Option<String>,
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ValuesAnswer {
    /// The most frequent first.
    pub values: Vec<Seen>,
    /// How many different values there are, also beyond those that are shown.
    pub different: u64,
    /// Rows with a value.
    pub present: u64,
    /// Rows without one.
    pub missing: u64,
    /// What those values come to that are numbers; absent when there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub numbers: Option<Spread>,
}

/// One value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = ValueSeen)]
pub struct Seen {
    pub value: String,
    pub events: u64,
    pub people: u64,
}

/// What numbers come to.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Spread {
    pub least: f64,
    pub average: f64,
    pub median: f64,
    pub greatest: f64,
    pub sum: f64,
}

impl Values {
    /// Values that are shown when the question does not say.
    const LIMIT: usize = 25;
}

impl Question for Values {
    type Plan = ValuesPlan;

    fn resolve(&self, setting: Setting<'_>) -> Result<ValuesPlan, Faults> {
        let mut resolver = Resolver::new(setting);
        let scope = resolver.scope(&self.about);
        let column = resolver.shown("/property", &self.property);
        let condition = resolver.condition("", self.event.as_deref(), &self.demands);
        let limit = self.limit.unwrap_or(Self::LIMIT);
        resolver.count("/limit", limit, 1, setting.limits.breakdown_lines);
        let scope = resolver.finish(scope)?;
        let (Some(column), Some(condition)) = (column, condition) else {
            return Err(Faults::default());
        };
        let property = self.property.clone();
        Ok(ValuesPlan { scope, column, property, condition, limit, picked: None })
    }
}

impl Asked for ValuesPlan {
    type Answer = ValuesAnswer;
    type Pick = ValuesPick;

    fn scope(&self) -> &Scope {
        &self.scope
    }

    fn reference(&self, rows: &[PersonRow]) -> ValuesAnswer {
        let whose = self.scope.rows(rows);
        let rows = whose.iter().flat_map(|(who, rows)| rows.iter().map(move |row| (who, *row)));
        let mut missing = 0;
        let mut seen = BTreeMap::<&str, (u64, BTreeSet<&Who>)>::new();
        for (who, row) in rows.filter(|(_, row)| self.condition.holds(row)) {
            let Some(value) = row.value(self.column) else {
                missing += 1;
                continue;
            };
            let (events, people) = seen.entry(value).or_default();
            *events += 1;
            people.insert(who);
        }
        let seen = seen.into_iter().map(|(value, (events, people))| Seen {
            value: value.to_owned(),
            events,
            people: people.len() as u64,
        });
        self.answer(seen.collect(), missing)
    }

    fn sentence(&self, answer: &ValuesAnswer) -> String {
        let (property, time) = (&self.property, self.scope.time());
        let of = format!("`{property}` of {} {time}", self.condition.phrase());
        let Some(first) = answer.values.first() else { return format!("There is no {of}.") };
        let word = if answer.different == 1 { "value" } else { "values" };
        let (different, missing) = (count(answer.different), count(answer.missing));
        let share = percent(first.events, answer.present);
        format!(
            "{different} {word} of {of}; the most frequent has {share} of the rows, and {missing} \
             rows have none."
        )
    }

    fn pick(&mut self, pick: ValuesPick) -> Result<(), Faults> {
        self.picked = Some(pick.value);
        Ok(())
    }

    fn members(&self, rows: &[PersonRow]) -> BTreeSet<Who> {
        let is_meant = |row: &PersonRow| {
            self.condition.holds(row)
                && self.picked.is_some()
                && row.value(self.column) == self.picked.as_deref()
        };
        let whose = self.scope.rows(rows).into_iter();
        whose.filter(|(_, rows)| rows.iter().any(|row| is_meant(row))).map(|(who, _)| who).collect()
    }
}

impl ValuesPlan {
    /// The answer from all values and the rows that have none.
    #[must_use]
    pub fn answer(&self, mut values: Vec<Seen>, missing: u64) -> ValuesAnswer {
        values.sort_by(|one, two| {
            two.events.cmp(&one.events).then_with(|| one.value.cmp(&two.value))
        });
        let present = values.iter().map(|seen| seen.events).sum();
        let different = values.len() as u64;
        let numbers = values.iter().filter_map(|seen| Some((number(&seen.value)?, seen.events)));
        let numbers = Spread::of(numbers.collect());
        values.truncate(self.limit);
        ValuesAnswer { values, different, present, missing, numbers }
    }
}

impl Spread {
    /// What numbers come to, each of which is there so often. The median lies between the two
    /// middle ones when there is an even number, as in a trend.
    fn of(mut numbers: Vec<(f64, u64)>) -> Option<Self> {
        numbers.sort_by(|(one, _), (two, _)| one.total_cmp(two));
        let (least, greatest) = (numbers.first()?.0, numbers.last()?.0);
        let events: u64 = numbers.iter().map(|(_, events)| events).sum();
        let sum = numbers.iter().fold(0, |sum: i128, (number, events)| {
            sum.saturating_add(millionths(*number).saturating_mul(i128::from(*events)))
        });
        let sum = sum as f64 / 1e6;
        let at = |place: u64| {
            let mut before = 0;
            let holds = numbers.iter().find(|(_, events)| {
                before += events;
                place < before
            });
            holds.map_or(greatest, |(number, _)| *number)
        };
        let (low, high) = (at((events - 1) / 2), at(events / 2));
        let (average, median) = (sum / events as f64, low + (high - low) / 2.0);
        Some(Self { least, average, median, greatest, sum })
    }
}
