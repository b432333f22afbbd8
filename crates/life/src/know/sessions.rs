//! Sessions: how often and how long people visit, how many leave at once, and by which pages they
//! come in and go.
//!
//! A derived session is one leaf's rows without a silence longer than the gap. Neither midnight
//! nor the end of an interval cuts it; of a session that began before the range only what lies in
//! the range is there. A client's session is what has one session id; rows without an id are left
//! out. One question knows only one of the two.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vocabulary::{Span, Time};

use super::about::About;
use super::condition::{Condition, Where};
use super::fault::{Faults, Flaw};
use super::funnel::window;
use super::kind::{Asked, Question};
use super::period::{Interval, Periods};
use super::resolve::Resolver;
use super::row::PersonRow;
use super::scope::{Scope, Who};
use super::tick::Tick;
use super::words::Setting;

mod answer;

pub use answer::{Entry, Exit, SessionsAnswer, Totals, Visits};

/// The question.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Sessions {
    #[serde(flatten)]
    pub about: About,
    pub interval: Interval,
    #[serde(default)]
    pub by: By,
    /// A longer silence ends a derived session, such as `30m`, which it is when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gap: Option<String>,
    /// The property that names the page; when absent, whichever the catalogue says names one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<String>,
    /// Only this event's rows count; null is any event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<String>,
    #[serde(default, rename = "where", skip_serializing_if = "Vec::is_empty")]
    pub demands: Vec<Where>,
    /// How many pages are shown; the rest becomes `(other)`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<usize>,
}

/// What makes rows one session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum By {
    /// They are of one leaf, without a long silence between them.
    #[default]
    Derived,
    /// The client sent the same session id with them.
    Client,
}

/// The people of some sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SessionsPick {
    /// The start of an interval; any when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub start: Option<Time>,
    /// Only sessions with one row.
    #[serde(default)]
    pub bounce: bool,
}

/// The resolved question.
#[derive(Debug, Clone, PartialEq)]
pub struct SessionsPlan {
    pub scope: Scope,
    pub periods: Periods,
    /// Which rows count.
    pub condition: Condition,
    pub by: By,
    pub gap: Span,
    /// The columns that name the page: the first of them that has a value in a row.
    pub pages: Vec<usize>,
    pub limit: usize,
    pub picked: Option<Picked>,
}

/// Sessions that were picked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Picked {
    /// The interval of their first row.
    pub interval: Option<usize>,
    pub is_bounce: bool,
}

impl Picked {
    /// Whether it means a session that began in this interval.
    #[must_use]
    pub fn takes(&self, interval: usize, is_bounce: bool) -> bool {
        self.interval.is_none_or(|picked| picked == interval) && (is_bounce || !self.is_bounce)
    }
}

/// One session; for reference.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Session<'r> {
    start: Time,
    taken: Span,
    rows: usize,
    entry: Option<&'r str>,
    exit: Option<&'r str>,
}

impl Sessions {
    /// The silence that ends a session when the question does not say.
    const GAP: &'static str = "30m";
    /// Pages that are shown when the question does not say.
    const LIMIT: usize = 10;

    fn pages(&self, resolver: &mut Resolver<'_>) -> Vec<usize> {
        match &self.page {
            Some(property) => resolver.shown("/page", property).into_iter().collect(),
            None => {
                let setting = resolver.setting;
                setting
                    .pages()
                    .into_iter()
                    .filter_map(|page| resolver.shown("/page", page))
                    .collect()
            }
        }
    }
}

impl Question for Sessions {
    type Plan = SessionsPlan;

    fn resolve(&self, setting: Setting<'_>) -> Result<SessionsPlan, Faults> {
        let mut resolver = Resolver::new(setting);
        let scope = resolver.scope(&self.about);
        let max = setting.limits.answer_intervals;
        let periods = resolver.periods(scope.as_ref(), self.interval, max);
        let condition = resolver.condition("", self.event.as_deref(), &self.demands);
        if self.by == By::Client && self.gap.is_some() {
            resolver.faults.add("/gap", Flaw::Needless { count: "client" });
        }
        let gap = window(self.gap.as_deref().unwrap_or(Self::GAP));
        let gap = resolver.faults.keep("/gap", gap).unwrap_or_default();
        let pages = self.pages(&mut resolver);
        let limit = self.limit.unwrap_or(Self::LIMIT);
        resolver.count("/limit", limit, 1, setting.limits.breakdown_lines);
        let scope = resolver.finish(scope)?;
        let (Some(periods), Some(condition)) = (periods, condition) else {
            return Err(Faults::default());
        };
        let scope = Scope { reads_sessions: true, ..scope };
        let (by, picked) = (self.by, None);
        Ok(SessionsPlan { scope, periods, condition, by, gap, pages, limit, picked })
    }
}

impl Asked for SessionsPlan {
    type Answer = SessionsAnswer;
    type Pick = SessionsPick;

    fn scope(&self) -> &Scope {
        &self.scope
    }

    fn reference(&self, rows: &[PersonRow]) -> SessionsAnswer {
        let mut visits = Visits::none(self);
        for (_, rows) in self.scope.rows(rows) {
            let sessions = self.sessions(&rows);
            visits.people += u64::from(!sessions.is_empty());
            let places = sessions.iter().map(|session| self.periods.place(session.start));
            for place in places.collect::<BTreeSet<usize>>() {
                visits.cells.iter_mut().skip(place).take(1).for_each(|cell| cell.people += 1);
            }
            for session in sessions {
                visits.count(self, &session);
            }
        }
        self.answer(visits)
    }

    fn sentence(&self, answer: &SessionsAnswer) -> String {
        answer.sentence(self)
    }

    fn pick(&mut self, pick: SessionsPick) -> Result<(), Faults> {
        let interval = pick.start.map(|start| {
            let place = self.periods.starts.iter().position(|one| *one == start);
            place.ok_or_else(|| Faults::one("/pick/start", Flaw::UnknownPick))
        });
        self.picked = Some(Picked { interval: interval.transpose()?, is_bounce: pick.bounce });
        Ok(())
    }

    fn members(&self, rows: &[PersonRow]) -> BTreeSet<Who> {
        let Some(picked) = &self.picked else { return BTreeSet::new() };
        let is_meant = |session: &Session<'_>| {
            picked.takes(self.periods.place(session.start), session.rows == 1)
        };
        let whose = self.scope.rows(rows).into_iter();
        let meant = whose.filter(|(_, rows)| self.sessions(rows).iter().any(is_meant));
        meant.map(|(who, _)| who).collect()
    }
}

impl SessionsPlan {
    /// How finely lengths of sessions are measured. None is longer than the range.
    #[must_use]
    pub fn tick(&self) -> Tick {
        Tick::within(Span(self.scope.until.0.saturating_sub(self.scope.from.0)))
    }

    /// The sessions of somebody whose rows in order these are; for reference.
    fn sessions<'r>(&self, rows: &[&'r PersonRow]) -> Vec<Session<'r>> {
        let mut by_key = BTreeMap::<u64, Vec<Vec<&PersonRow>>>::new();
        for row in rows.iter().copied().filter(|row| self.condition.holds(row)) {
            let key = match self.by {
                By::Derived => row.leaf.0,
                By::Client if row.session == 0 => continue,
                By::Client => row.session,
            };
            let sessions = by_key.entry(key).or_default();
            let goes_on =
                |last: &&PersonRow| self.by == By::Client || row.time - last.time <= self.gap;
            match sessions.last_mut() {
                Some(session) if session.last().is_some_and(goes_on) => session.push(row),
                Some(_) | None => sessions.push(vec![row]),
            }
        }
        by_key.into_values().flatten().filter_map(|rows| self.session(&rows)).collect()
    }

    fn session<'r>(&self, rows: &[&'r PersonRow]) -> Option<Session<'r>> {
        let (first, last) = (rows.first()?, rows.last()?);
        let page = |row: &&'r PersonRow| self.pages.iter().find_map(|column| row.value(*column));
        Some(Session {
            start: first.time,
            taken: last.time - first.time,
            rows: rows.len(),
            entry: rows.iter().find_map(page),
            exit: rows.iter().rev().find_map(page),
        })
    }
}
