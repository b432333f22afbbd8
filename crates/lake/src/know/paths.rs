//! Paths: of each path only the steps are held that its way may still need.

mod ways;

use std::collections::BTreeMap;
use std::sync::Arc;

use life::know::paths::Trodden;
use life::know::tick::Tick;
use life::know::{NONE, PathsAnswer, PathsPlan};
use rustc_hash::FxHashMap;
use vocabulary::{Code, Span};

use self::ways::{Trace, Ways};
use super::ask::{Answering, Asking, Walked};
use super::error::AskError;
use super::matcher::Matcher;
use super::operator::{CELLS_MAX, NUMBERS_MAX, Operator, Rows};
use super::walk::walk;
use crate::keep::chunk::Texts;

/// Different whole ways that one operator may hold.
const WAYS_MAX: usize = CELLS_MAX / 4;

/// The operator.
#[derive(Debug)]
pub(super) struct PathsOperator {
    matcher: Matcher,
    /// The bits of the matcher that begin a way, that end one, and that are passed over.
    starts: u32,
    ends: u32,
    exclude: u32,
    by: Option<usize>,
    gap: i64,
    length: usize,
    tick: Tick,
    texts: Arc<Texts>,
    names: BTreeMap<Code, String>,
    picked: Option<(usize, String, String)>,
    /// The path at hand: when its last step was, and the steps that are held of it.
    last: Option<i64>,
    held: Vec<(u32, i64)>,
    trace: Trace,
    phase: Phase,
    /// The person at hand, counted from one.
    person: u32,
    is_picked: bool,
    nodes: FxHashMap<(u8, u32), u64>,
    edges: FxHashMap<(u8, u32, u32), Taken>,
    ways: Ways,
    numbers: usize,
}

/// How far the way of the path at hand is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// It has not begun.
    Before,
    /// Its steps are held.
    Within,
    /// The rest of the path no longer matters.
    Over,
}

/// How often an edge was taken.
#[derive(Debug, Default)]
struct Taken {
    people: u64,
    last: u32,
    ticks: Vec<u32>,
}

impl Answering for PathsPlan {
    fn ask(
        &self,
        asking: &Asking<'_>,
        texts: &Arc<Texts>,
        wants_roll: bool,
    ) -> Result<Walked<PathsAnswer>, AskError> {
        let operator = || PathsOperator::new(self, texts);
        let walked = walk(asking, &self.scope, texts, operator, wants_roll)?;
        Ok(walked.map(|done| self.answer(done.trodden())))
    }
}

impl PathsOperator {
    fn new(plan: &PathsPlan, texts: &Arc<Texts>) -> Self {
        let spots = plan.starts.iter().chain(&plan.ends);
        let (starts, ends) = (u32::from(plan.starts.is_some()), u32::from(plan.ends.is_some()));
        let ends = ends << starts;
        let before = plan.starts.iter().chain(&plan.ends).count();
        let exclude = (0..plan.exclude.len()).fold(0, |bits, number| bits | 1 << (before + number));
        let picked = plan.picked.as_ref();
        Self {
            matcher: Matcher::new(spots.chain(&plan.exclude), texts),
            starts,
            ends,
            exclude,
            by: plan.by,
            gap: plan.gap.0,
            length: plan.length,
            tick: plan.tick(),
            texts: Arc::clone(texts),
            names: plan.names.clone(),
            picked: picked.map(|pick| (pick.step, pick.from.clone(), pick.to.clone())),
            last: None,
            held: Vec::new(),
            trace: Trace::default(),
            phase: Phase::Before,
            person: 0,
            is_picked: false,
            nodes: FxHashMap::default(),
            edges: FxHashMap::default(),
            ways: Ways::new(plan.length),
            numbers: 0,
        }
    }

    /// Whether ways neither start nor end anywhere.
    const fn is_open(&self) -> bool {
        self.starts == 0 && self.ends == 0
    }

    fn begin_path(&mut self) {
        self.held.clear();
        self.trace = Trace::default();
        self.phase = if self.starts == 0 { Phase::Within } else { Phase::Before };
        self.last = None;
    }

    /// One more step of the path at hand.
    #[inline]
    fn step(&mut self, node: u32, time: i64, bits: u32) {
        if self.last.is_some_and(|last| time - last > self.gap) {
            self.end_path();
        }
        self.last = Some(time);
        if self.phase == Phase::Over {
            return;
        }
        let begins = self.phase == Phase::Before;
        if begins && bits & self.starts == 0 {
            return;
        }
        self.phase = Phase::Within;
        self.held.push((node, time));
        if bits & self.ends != 0 && !begins {
            self.close();
            self.phase = Phase::Over;
        } else if self.ends == 0 {
            self.step_without_end();
        } else if self.held.len() > self.length {
            // Up to an end only the latest steps matter; from a start on, it came too late.
            if self.starts == 0 {
                self.held.remove(0);
            } else {
                self.phase = Phase::Over;
            }
        }
    }

    fn step_without_end(&mut self) {
        if self.is_open() {
            self.ways.step(&mut self.trace, &self.held);
        }
        if self.held.len() == self.length {
            self.tread(1);
            if !self.is_open() {
                self.whole();
                self.phase = Phase::Over;
            }
        } else if self.held.len() > self.length {
            // The first steps of this path have been counted; only the latest matter from here on.
            self.held.remove(0);
        }
    }

    /// The path at hand goes no further.
    fn end_path(&mut self) {
        let is_short = self.phase == Phase::Within && self.ends == 0;
        if is_short && self.held.len() < self.length {
            self.tread(1);
            if !self.is_open() {
                self.whole();
            }
        }
        self.begin_path();
    }

    /// The way at hand has reached its end.
    fn close(&mut self) {
        let length = self.held.len();
        if self.starts != 0 {
            if length <= self.length {
                self.tread(1);
                self.whole();
            }
            return;
        }
        if length > self.length {
            self.held.remove(0);
        }
        self.tread(self.length + 1 - self.held.len());
        self.whole();
    }

    /// Counts the way that is held as a whole.
    fn whole(&mut self) {
        if self.held.len() > 1 {
            self.ways.add(self.held.iter().map(|(node, _)| *node).collect(), 1);
        }
    }

    /// Counts the steps that are held, of which the first has this number.
    fn tread(&mut self, first: usize) {
        for (step, (node, _)) in (first..).zip(&self.held) {
            *self.nodes.entry((step as u8, *node)).or_default() += 1;
        }
        for (step, pair) in (first..).zip(self.held.windows(2)) {
            let [(from, left), (to, came)] = *pair else { continue };
            let taken = self.edges.entry((step as u8, from, to)).or_default();
            taken.people += u64::from(taken.last != self.person);
            taken.last = self.person;
            taken.ticks.push(self.tick.count(Span(came - left)));
            self.numbers += 1;
            if let Some((wanted, one, two)) = &self.picked {
                let is_meant = *wanted == step && self.name(from) == *one && self.name(to) == *two;
                self.is_picked |= is_meant;
            }
        }
    }

    fn name(&self, node: u32) -> String {
        let name = match self.by {
            None => self.names.get(&Code(node)).cloned(),
            Some(_) => self.texts.text(node).map(String::from),
        };
        name.unwrap_or_else(|| NONE.to_owned())
    }

    /// Everything by its names.
    fn trodden(self) -> Trodden {
        let mut trodden = Trodden::default();
        for ((step, node), count) in &self.nodes {
            trodden.nodes.insert((usize::from(*step), self.name(*node)), *count);
        }
        for ((step, from, to), taken) in &self.edges {
            let edge = (usize::from(*step), self.name(*from), self.name(*to));
            trodden.edges.insert(edge, (taken.people, taken.ticks.clone()));
        }
        self.ways.each(|way, count| {
            trodden.ways.insert(way.iter().map(|node| self.name(*node)).collect(), count);
        });
        trodden
    }
}

impl Operator for PathsOperator {
    fn begin(&mut self) {
        self.person += 1;
        self.is_picked = false;
        self.begin_path();
    }

    #[inline]
    fn rows(&mut self, rows: &Rows<'_>) {
        for (row, (time, event)) in rows.time.iter().zip(rows.event).enumerate() {
            let bits = self.matcher.bits(rows, row, *event);
            if bits & self.exclude != 0 {
                continue;
            }
            let node = self.by.map_or(*event, |column| rows.text(column, row));
            if self.by.is_some() && node == 0 {
                continue;
            }
            self.step(node, *time, bits);
        }
    }

    fn end(&mut self) {
        self.end_path();
    }

    fn is_picked(&self) -> bool {
        self.is_picked
    }

    fn merge(&mut self, other: Self) {
        for (node, count) in other.nodes {
            *self.nodes.entry(node).or_default() += count;
        }
        for (edge, taken) in other.edges {
            let mine = self.edges.entry(edge).or_default();
            mine.people += taken.people;
            mine.ticks.extend(taken.ticks);
        }
        other.ways.each(|way, count| self.ways.add(way.into(), count));
        self.numbers += other.numbers;
    }

    fn check(&self) -> Result<(), AskError> {
        if self.ways.len() + self.edges.len() > WAYS_MAX {
            return Err(AskError::TooManyCells { max: WAYS_MAX });
        }
        if self.numbers > NUMBERS_MAX {
            return Err(AskError::TooManyNumbers { max: NUMBERS_MAX });
        }
        Ok(())
    }
}
