//! Sessions: rows of a person's leaves interleave, so one open session is kept for each of them.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use life::know::sessions::{By, Picked, Visits};
use life::know::tick::Tick;
use life::know::{SessionsAnswer, SessionsPlan};
use vocabulary::Span;

use super::ask::{Answering, Asking, Walked};
use super::error::AskError;
use super::matcher::Matcher;
use super::operator::{CELLS_MAX, Head, NUMBERS_MAX, Operator, Rows, label, place};
use super::trend::Dial;
use super::walk::walk;
use crate::keep::chunk::Texts;

/// Sessions of one person that may be open at once.
const OPEN_MAX: usize = 1 << 20;
/// Room for open sessions that is kept from one person to the next.
const ROOM: usize = 64;

/// The operator.
#[derive(Debug)]
pub(super) struct SessionsOperator {
    matcher: Matcher,
    dial: Dial,
    by: By,
    gap: i64,
    tick: Tick,
    pages: Vec<usize>,
    picked: Option<Picked>,
    /// The session of the last row, by its leaf or the client's id.
    at_hand: Option<(u64, Open)>,
    /// The other open sessions of the person at hand.
    open: HashMap<u64, Open>,
    found: Found,
    is_picked: bool,
    texts: Arc<Texts>,
}

/// A session that may go on.
#[derive(Debug, Clone, Copy)]
struct Open {
    first: i64,
    last: i64,
    rows: u64,
    /// The numbers of the first and the last page.
    entry: u32,
    exit: u32,
}

/// What was counted of sessions that are over.
#[derive(Debug)]
struct Found {
    /// The person at hand, counted from one.
    person: u32,
    people: Head,
    /// By interval.
    crowds: Vec<Head>,
    visits: Visits,
    /// Lengths that are held.
    lengths: usize,
    /// By the number of a page: how many, and how many with one row.
    entry: Vec<(u64, u64)>,
    exit: Vec<u64>,
}

impl Answering for SessionsPlan {
    fn ask(
        &self,
        asking: &Asking<'_>,
        texts: &Arc<Texts>,
        wants_roll: bool,
    ) -> Result<Walked<SessionsAnswer>, AskError> {
        let operator = || SessionsOperator::new(self, texts);
        let walked = walk(asking, &self.scope, texts, operator, wants_roll)?;
        Ok(walked.map(|done| self.answer(done.visits())))
    }
}

impl SessionsOperator {
    fn new(plan: &SessionsPlan, texts: &Arc<Texts>) -> Self {
        Self {
            matcher: Matcher::new(std::iter::once(&plan.condition), texts),
            dial: Dial::new(&plan.periods),
            by: plan.by,
            gap: plan.gap.0,
            tick: plan.tick(),
            pages: plan.pages.clone(),
            picked: plan.picked,
            at_hand: None,
            open: HashMap::new(),
            found: Found {
                person: 0,
                people: Head::default(),
                crowds: vec![Head::default(); plan.periods.count()],
                visits: Visits::none(plan),
                lengths: 0,
                entry: Vec::new(),
                exit: Vec::new(),
            },
            is_picked: false,
            texts: Arc::clone(texts),
        }
    }

    /// All sessions, with names for pages.
    fn visits(self) -> Visits {
        let Found { people, crowds, mut visits, entry, exit, .. } = self.found;
        visits.people = people.count();
        visits.cells.iter_mut().zip(crowds).for_each(|(cell, crowd)| cell.people = crowd.count());
        // An absent value and the text that stands for it are one page.
        let mut entries = BTreeMap::<String, (u64, u64)>::new();
        for (number, (sessions, bounces)) in entry.into_iter().enumerate() {
            if sessions > 0 {
                let held = entries.entry(label(&self.texts, number)).or_default();
                *held = (held.0 + sessions, held.1 + bounces);
            }
        }
        for (number, sessions) in exit.into_iter().enumerate().filter(|(_, count)| *count > 0) {
            *visits.exit.entry(label(&self.texts, number)).or_default() += sessions;
        }
        Visits { entry: entries, ..visits }
    }

    fn key(&self, rows: &Rows<'_>, row: usize) -> Option<u64> {
        match self.by {
            By::Derived => Some(rows.leaf(row)),
            By::Client => Some(rows.session(row)).filter(|session| *session != 0),
        }
    }

    /// The open session of a key comes to hand.
    #[inline]
    fn fetch(&mut self, key: u64) -> Option<Open> {
        match self.at_hand.take() {
            Some((held, open)) if held == key => Some(open),
            Some((held, open)) => {
                self.open.insert(held, open);
                self.open.remove(&key)
            }
            None => None,
        }
    }

    fn close(&mut self, open: &Open) {
        let interval = self.dial.place(open.first);
        let is_bounce = open.rows == 1;
        let length = self.tick.count(Span(open.last - open.first));
        self.found.count(open, interval, length);
        self.is_picked |= self.picked.is_some_and(|picked| picked.takes(interval, is_bounce));
    }
}

impl Found {
    fn count(&mut self, open: &Open, interval: usize, length: u32) {
        let bounce = u64::from(open.rows == 1);
        self.people.meet(self.person);
        if let Some(crowd) = self.crowds.get_mut(interval) {
            crowd.meet(self.person);
        }
        if let Some(cell) = self.visits.cells.get_mut(interval) {
            cell.bounces += bounce;
            cell.ticks.push(length);
        }
        self.lengths += 1;
        self.visits.events += open.rows;
        if let Some((sessions, bounces)) = place(&mut self.entry, open.entry as usize) {
            *sessions += 1;
            *bounces += bounce;
        }
        if let Some(sessions) = place(&mut self.exit, open.exit as usize) {
            *sessions += 1;
        }
    }

    fn merge(&mut self, other: Self) {
        self.people.join(other.people);
        self.lengths += other.lengths;
        self.visits.events += other.visits.events;
        for (mine, theirs) in self.crowds.iter_mut().zip(other.crowds) {
            mine.join(theirs);
        }
        for (mine, theirs) in self.visits.cells.iter_mut().zip(other.visits.cells) {
            mine.bounces += theirs.bounces;
            mine.ticks.extend(theirs.ticks);
        }
        for (number, (sessions, bounces)) in other.entry.into_iter().enumerate() {
            if let Some(mine) = place(&mut self.entry, number) {
                *mine = (mine.0 + sessions, mine.1 + bounces);
            }
        }
        for (number, sessions) in other.exit.into_iter().enumerate() {
            if let Some(mine) = place(&mut self.exit, number) {
                *mine += sessions;
            }
        }
    }
}

impl Operator for SessionsOperator {
    #[inline]
    fn begin(&mut self) {
        self.found.person += 1;
        self.is_picked = false;
    }

    #[inline]
    fn rows(&mut self, rows: &Rows<'_>) {
        for (row, (time, event)) in rows.time.iter().zip(rows.event).enumerate() {
            if self.matcher.bits(rows, row, *event) == 0 {
                continue;
            }
            let Some(key) = self.key(rows, row) else { continue };
            let mut held = self.fetch(key);
            let is_over = |open: &Open| self.by == By::Derived && *time - open.last > self.gap;
            if held.as_ref().is_some_and(is_over) {
                held.take().iter().for_each(|over| self.close(over));
            }
            let numbers = self.pages.iter().map(|page| rows.text(*page, row));
            let page = numbers.into_iter().find(|number| *number != 0).unwrap_or(0);
            let mut open =
                held.unwrap_or(Open { first: *time, last: *time, rows: 0, entry: 0, exit: 0 });
            open.last = *time;
            open.rows += 1;
            if page != 0 {
                open.exit = page;
                open.entry = if open.entry == 0 { page } else { open.entry };
            }
            self.at_hand = Some((key, open));
        }
    }

    fn end(&mut self) {
        if let Some((_, open)) = self.at_hand.take() {
            self.close(&open);
        }
        if self.open.is_empty() {
            return;
        }
        let mut all = std::mem::take(&mut self.open);
        all.drain().for_each(|(_, open)| self.close(&open));
        if all.capacity() <= ROOM {
            self.open = all;
        }
    }

    fn is_picked(&self) -> bool {
        self.is_picked
    }

    fn merge(&mut self, other: Self) {
        self.found.merge(other.found);
    }

    fn check(&self) -> Result<(), AskError> {
        if self.found.entry.len() + self.found.exit.len() > CELLS_MAX {
            return Err(AskError::TooManyCells { max: CELLS_MAX });
        }
        if self.found.lengths > NUMBERS_MAX || self.open.len() > OPEN_MAX {
            return Err(AskError::TooManyNumbers { max: NUMBERS_MAX });
        }
        Ok(())
    }
}
