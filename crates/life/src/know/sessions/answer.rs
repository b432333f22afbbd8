//! The answer about sessions: by interval, over all, and by the pages where they begin and end.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vocabulary::{Span, Time};

use super::{By, Session, SessionsPlan};
use crate::know::phrase::{at_most, count, percent, share};
use crate::know::{NONE, OTHER};

/// The answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SessionsAnswer {
    #[schema(value_type = Vec<String>)]
    pub intervals: Vec<Time>,
    /// By interval of the first row: how many.
    pub sessions: Vec<u64>,
    /// By how many people.
    pub people: Vec<u64>,
    /// How many of them have only one row.
    pub bounces: Vec<u64>,
    /// Half of them last no longer than this; null when there are none.
    pub median_seconds: Vec<Option<f64>>,
    pub totals: Totals,
    /// The pages on which sessions began, the most frequent first.
    pub entry: Vec<Entry>,
    /// Those on which they ended.
    pub exit: Vec<Exit>,
}

/// All sessions together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Totals {
    pub sessions: u64,
    pub people: u64,
    pub bounces: u64,
    pub bounce_share: f64,
    pub median_seconds: Option<f64>,
    pub average_seconds: Option<f64>,
    pub events_per_session: Option<f64>,
}

/// A page on which sessions began.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = SessionEntry)]
pub struct Entry {
    pub page: String,
    pub sessions: u64,
    pub bounces: u64,
}

/// A page on which sessions ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Exit {
    pub page: String,
    pub sessions: u64,
}

/// The sessions of many people, ready to be put together with those of others.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Visits {
    /// By interval.
    pub cells: Vec<Cell>,
    pub people: u64,
    /// Rows of all sessions.
    pub events: u64,
    /// By page: sessions that began there, and how many of them have one row.
    pub entry: BTreeMap<String, (u64, u64)>,
    /// By page: sessions that ended there.
    pub exit: BTreeMap<String, u64>,
}

/// The sessions of one interval.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cell {
    pub people: u64,
    pub bounces: u64,
    /// How long each of them is.
    pub ticks: Vec<u32>,
}

impl Visits {
    /// No sessions yet.
    #[must_use]
    pub fn none(plan: &SessionsPlan) -> Self {
        Self { cells: vec![Cell::default(); plan.periods.count()], ..Self::default() }
    }

    /// Adds a session; for reference.
    pub(super) fn count(&mut self, plan: &SessionsPlan, session: &Session<'_>) {
        let place = plan.periods.place(session.start);
        let bounce = u64::from(session.rows == 1);
        for cell in self.cells.iter_mut().skip(place).take(1) {
            cell.bounces += bounce;
            cell.ticks.push(plan.tick().count(session.taken));
        }
        self.events += session.rows as u64;
        let page = |page: Option<&str>| page.unwrap_or(NONE).to_owned();
        let (sessions, bounces) = self.entry.entry(page(session.entry)).or_default();
        *sessions += 1;
        *bounces += bounce;
        *self.exit.entry(page(session.exit)).or_default() += 1;
    }
}

impl SessionsPlan {
    /// The answer from all sessions.
    #[must_use]
    pub fn answer(&self, visits: Visits) -> SessionsAnswer {
        let Visits { mut cells, people, events, entry, exit } = visits;
        let tick = self.tick();
        let mut all: Vec<u32> = cells.iter().flat_map(|cell| cell.ticks.iter().copied()).collect();
        let sessions = all.len() as u64;
        let bounces = cells.iter().map(|cell| cell.bounces).sum();
        let sum: u64 = all.iter().map(|ticks| u64::from(*ticks)).sum();
        let each = |whole: f64| (sessions > 0).then(|| whole / sessions as f64);
        let totals = Totals {
            sessions,
            people,
            bounces,
            bounce_share: share(bounces, sessions),
            median_seconds: tick.median(&mut all),
            average_seconds: each(tick.seconds(sum)),
            events_per_session: each(events as f64),
        };
        let entry = self.shown(
            entry.into_iter().collect(),
            |one| one.0,
            |one, two| (one.0 + two.0, one.1 + two.1),
        );
        let exit = self.shown(exit.into_iter().collect(), |one| one, |one, two| one + two);
        SessionsAnswer {
            intervals: self.periods.starts.clone(),
            sessions: cells.iter().map(|cell| cell.ticks.len() as u64).collect(),
            people: cells.iter().map(|cell| cell.people).collect(),
            bounces: cells.iter().map(|cell| cell.bounces).collect(),
            median_seconds: cells.iter_mut().map(|cell| tick.median(&mut cell.ticks)).collect(),
            totals,
            entry: entry
                .into_iter()
                .map(|(page, (sessions, bounces))| Entry { page, sessions, bounces })
                .collect(),
            exit: exit.into_iter().map(|(page, sessions)| Exit { page, sessions }).collect(),
        }
    }

    /// The most frequent pages, and all others as one.
    fn shown<T: Copy>(
        &self,
        mut pages: Vec<(String, T)>,
        sessions: impl Fn(T) -> u64,
        add: impl Fn(T, T) -> T,
    ) -> Vec<(String, T)> {
        pages.sort_by(|(one, more), (two, less)| {
            sessions(*less).cmp(&sessions(*more)).then_with(|| one.cmp(two))
        });
        let rest = pages.split_off(self.limit.min(pages.len()));
        let rest = rest.into_iter().map(|(_, counts)| counts).reduce(add);
        pages.extend(rest.map(|rest| (OTHER.to_owned(), rest)));
        pages
    }
}

impl SessionsAnswer {
    /// The answer in one sentence.
    pub(super) fn sentence(&self, plan: &SessionsPlan) -> String {
        let Totals { sessions, people, bounces, median_seconds, .. } = self.totals;
        let word = if sessions == 1 { "session" } else { "sessions" };
        let is_some = plan.condition.name.is_some() || !plan.condition.demands.is_empty();
        let of = match (plan.by, is_some) {
            (By::Derived, false) => String::new(),
            (By::Derived, true) => format!(" of {}", plan.condition.phrase()),
            (By::Client, false) => " that clients named".to_owned(),
            (By::Client, true) => format!(" that clients named, of {}", plan.condition.phrase()),
        };
        let many = format!("{} {word}{of}", count(sessions));
        let who = format!("{many} by {} {}", plan.scope.who(people), plan.scope.time());
        let Some(seconds) = median_seconds else { return format!("{who}.") };
        let half = at_most(Span((seconds * 1e6) as i64));
        let share = percent(bounces, sessions);
        format!("{who}; {share} with a single event, and half of them lasted {half}.")
    }
}
