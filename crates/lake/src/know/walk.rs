//! The walk: runs of a bucket come in, people go out to an operator, one after the other, in order.
//!
//! Rows are never copied: a person who is spread over runs is handed over in slices of them, each
//! ending where the head of another run comes first. Only rows of moved people are collected.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU16, Ordering};
use std::thread;

use life::keep::manifest::{BUCKETS, FileId};
use life::know::{Members, Scanned, Scope};
use vocabulary::Person;

use super::ask::{Asking, Walked};
use super::cohort::CohortOperator;
use super::error::AskError;
use super::operator::{Operator, Rows};
use super::people_behind::Roll;
use super::reorder::{Limit, Moved};
use super::run::{Run, Scan};
use super::sight::{Inside, Sight};
use super::view::{Texter, View};
use crate::keep::chunk::{Need, Texts};

/// What all threads of a question share.
#[derive(Debug)]
struct Shared<'a> {
    asking: &'a Asking<'a>,
    sight: Sight,
    scan: Scan,
    bucket: AtomicU16,
    stop: AtomicBool,
}

/// One thread's walk.
#[derive(Debug)]
struct Walker<'a, O> {
    shared: &'a Shared<'a>,
    operator: O,
    /// The people behind the picked number, when they are wanted.
    roll: Option<Roll>,
    texter: Texter,
    moved: Moved<'a>,
    /// Room for the slices of one person.
    slices: Vec<Slice>,
    rows: u64,
    /// Those of them that whoever watches has been told of.
    told: u64,
    bytes: u64,
    files: HashSet<FileId>,
}

/// A run and how far it has been walked.
struct Cursor<'a> {
    run: Box<dyn Run + 'a>,
    view: View,
    /// The stretch of the person at hand.
    stretch: usize,
    /// Their next row.
    at: usize,
    /// Rows of the run before the chunk.
    first: u64,
    /// Whether every row lies in the time of the question.
    is_within: bool,
}

/// The rows of the person at hand in one run.
#[derive(Debug, Clone, Copy)]
struct Slice {
    /// The run; of rows that tie, those of a lower one come first.
    number: usize,
    /// The time and the client's order of its first row.
    key: (i64, u32),
    /// Where it ends in the run's view.
    end: usize,
}

/// The run whose person comes first.
#[derive(Debug, Clone, Copy)]
struct Lowest {
    number: usize,
    head: u64,
    /// Whether another run is at the same person.
    ties: bool,
    /// The lowest person after that one.
    next: u64,
}

impl Lowest {
    fn of(heads: &[u64]) -> Self {
        let mut lowest = Self { number: 0, head: u64::MAX, ties: false, next: u64::MAX };
        for (number, head) in heads.iter().copied().enumerate() {
            if head < lowest.head {
                lowest = Self { number, head, ties: false, next: lowest.head };
            } else if head == lowest.head {
                lowest.ties = true;
            } else if head < lowest.next {
                lowest.next = head;
            }
        }
        lowest
    }
}

impl Slice {
    fn new(number: usize, cursor: &Cursor<'_>) -> Self {
        let (key, end) = (cursor.view.key(cursor.at), cursor.end());
        Self { number, key, end }
    }
}

/// The place of a row among those of its person: its time, the client's order, and its run.
type Standpoint = ((i64, u32), usize);

/// The slice that comes first, and where the next one begins.
fn first_slice(slices: &[Slice]) -> Option<(usize, Option<Standpoint>)> {
    let mut keys = slices.iter().map(|slice| (slice.key, slice.number)).enumerate();
    let mut lowest = keys.next()?;
    let mut bound = None;
    for (place, key) in keys {
        if key < lowest.1 {
            bound = Some(lowest.1);
            lowest = (place, key);
        } else if bound.is_none_or(|bound| key < bound) {
            bound = Some(key);
        }
    }
    Some((lowest.0, bound))
}

/// Walks all buckets and gives back the operator that has seen everyone.
pub(super) fn walk<O: Operator>(
    asking: &Asking<'_>,
    scope: &Scope,
    texts: &Arc<Texts>,
    operator: impl Fn() -> O + Sync,
    wants_roll: bool,
) -> Result<Walked<O>, AskError> {
    let mut scanned = Scanned::default();
    let people = insides(asking, scope, texts, &mut scanned)?;
    let sight = Sight::new(asking.mask, scope.purpose, people, scope.per);
    let need = Need {
        columns: scope.codes(),
        sealed: scope.sealed(),
        sequence: true,
        leaf: sight.needs_leaves() || scope.reads_sessions,
        // Rows of a group come from many leaves: which of two that tie came first must be known.
        received: sight.needs_received() || scope.per.is_some(),
        session: scope.reads_sessions,
    };
    let (from, until) = (scope.first(), scope.until);
    let scan = Scan { need, from, until, texts: Arc::clone(texts) };
    asking.watch.expect(asking.source.rows(&scan));
    let (bucket, stop) = (AtomicU16::new(0), AtomicBool::new(false));
    let shared = Shared { asking, sight, scan, bucket, stop };
    let limit = Limit::new(from, until, asking.moved_rows_max);
    let thread = || {
        let mut walker = Walker::new(&shared, scope, operator(), &limit, wants_roll);
        let walked = walker.buckets();
        if walked.is_err() {
            shared.stop.store(true, Ordering::Relaxed);
        }
        walked.map(|()| walker)
    };
    let count = asking.threads.clamp(1, usize::from(BUCKETS));
    let mut walker = if count == 1 {
        thread()?
    } else {
        thread::scope(|scope| {
            let threads: Vec<_> = (0..count).map(|_| scope.spawn(thread)).collect();
            let joined = threads.into_iter().map(|one| one.join().unwrap_or(Err(AskError::Thread)));
            let walkers = joined.collect::<Vec<_>>();
            first_cause(walkers)?.into_iter().reduce(Walker::merge).ok_or(AskError::Thread)
        })?
    };
    walker.strangers()?;
    walker.operator.check()?;
    walker.add_to(&mut scanned);
    let Walker { operator, roll, .. } = walker;
    Ok(Walked { answer: operator, scanned, roll: roll.unwrap_or_default() })
}

/// The cohorts that restrict who counts, each found by a walk of its own over the same snapshot.
fn insides(
    asking: &Asking<'_>,
    scope: &Scope,
    texts: &Arc<Texts>,
    scanned: &mut Scanned,
) -> Result<Vec<Inside>, AskError> {
    let mut insides = Vec::with_capacity(scope.people.len());
    for restriction in &scope.people {
        let is_in = restriction.is_in;
        insides.push(match &restriction.members {
            Members::List(persons) => Inside::new(persons.iter().copied(), is_in),
            Members::Rule(plan) => {
                let operator = || CohortOperator::new(plan, texts);
                let found = walk(asking, &plan.scope, texts, operator, true)?;
                scanned.rows += found.scanned.rows;
                scanned.bytes += found.scanned.bytes;
                scanned.files = scanned.files.max(found.scanned.files);
                let persons = found.roll.entries().iter().map(|entry| Person(entry.who));
                Inside::new(persons, is_in)
            }
        });
    }
    Ok(insides)
}

/// All results, or the cause that made one thread stop, not that the others were told to.
fn first_cause<T>(results: Vec<Result<T, AskError>>) -> Result<Vec<T>, AskError> {
    let mut good = Vec::with_capacity(results.len());
    let mut cause = None;
    for result in results {
        match result {
            Ok(value) => good.push(value),
            Err(AskError::Thread) => cause = cause.or(Some(AskError::Thread)),
            Err(other) => return Err(other),
        }
    }
    cause.map_or(Ok(good), Err)
}

impl<'a, O: Operator> Walker<'a, O> {
    fn new(
        shared: &'a Shared<'a>,
        scope: &Scope,
        operator: O,
        limit: &'a Limit,
        wants_roll: bool,
    ) -> Self {
        Self {
            shared,
            operator,
            roll: wants_roll.then(Roll::default),
            texter: Texter::new(scope, &shared.scan.texts),
            moved: Moved::new(limit, scope),
            slices: Vec::new(),
            rows: 0,
            told: 0,
            bytes: 0,
            files: HashSet::new(),
        }
    }

    /// A person begins.
    #[inline]
    fn begin(&mut self, person: u64) {
        self.operator.begin();
        if let Some(roll) = &mut self.roll {
            roll.begin(person);
        }
    }

    /// Some rows of the person.
    #[inline]
    fn take(&mut self, rows: &Rows<'_>) {
        self.rows += rows.time.len() as u64;
        self.operator.rows(rows);
        if let Some(roll) = &mut self.roll {
            roll.rows(rows);
        }
    }

    /// The person ends.
    #[inline]
    fn end(&mut self) {
        self.operator.end();
        if let Some(roll) = &mut self.roll {
            roll.end(self.operator.is_picked());
        }
    }

    /// Walks buckets until none is left.
    fn buckets(&mut self) -> Result<(), AskError> {
        loop {
            let bucket = self.shared.bucket.fetch_add(1, Ordering::Relaxed);
            if bucket >= BUCKETS {
                return Ok(());
            }
            let runs = self.shared.asking.source.runs(bucket, &self.shared.scan)?;
            self.bucket(runs)?;
        }
    }

    fn bucket(&mut self, mut runs: Vec<Box<dyn Run + '_>>) -> Result<(), AskError> {
        runs.sort_by_key(|run| run.order());
        let mut cursors = Vec::with_capacity(runs.len());
        for run in runs {
            let mut cursor = Cursor::new(run, &self.shared.scan);
            if cursor.touches(&self.shared.scan) && self.load(&mut cursor)? {
                cursors.push(cursor);
            }
        }
        let mut heads: Vec<u64> = cursors.iter().map(Cursor::head).collect();
        loop {
            let lowest = Lowest::of(&heads);
            if lowest.head == u64::MAX {
                return Ok(());
            }
            if !lowest.ties {
                let Some(cursor) = cursors.get_mut(lowest.number) else { return Ok(()) };
                self.alone(cursor, lowest.next)?;
                heads.iter_mut().skip(lowest.number).take(1).for_each(|head| *head = cursor.head());
                continue;
            }
            self.together(&mut cursors, &heads, lowest.head)?;
            for (head, cursor) in heads.iter_mut().zip(&cursors) {
                if *head == lowest.head {
                    *head = cursor.head();
                }
            }
        }
    }

    /// People of one run, as long as they come before `limit`.
    fn alone(&mut self, cursor: &mut Cursor<'_>, limit: u64) -> Result<(), AskError> {
        let mut open = None;
        loop {
            while let Some(person) = cursor.view.person.values().get(cursor.stretch).copied() {
                if open != Some(person) {
                    if open.take().is_some() {
                        self.end();
                    }
                    if person >= limit {
                        return Ok(());
                    }
                    self.begin(person);
                }
                open = Some(person);
                let end = cursor.end();
                self.emit(cursor, cursor.at, end);
                cursor.pass(end);
            }
            if !self.load(cursor)? {
                if open.is_some() {
                    self.end();
                }
                return Ok(());
            }
        }
    }

    /// One person who is spread over runs.
    fn together(
        &mut self,
        cursors: &mut [Cursor<'_>],
        heads: &[u64],
        person: u64,
    ) -> Result<(), AskError> {
        let mut slices = std::mem::take(&mut self.slices);
        slices.clear();
        let mine = heads.iter().zip(cursors.iter()).enumerate();
        let mine = mine.filter(|(_, (head, _))| **head == person);
        slices.extend(mine.map(|(number, (_, cursor))| Slice::new(number, cursor)));
        self.begin(person);
        while let Some((place, bound)) = first_slice(&slices) {
            let Some(slice) = slices.get_mut(place) else { break };
            let Some(cursor) = cursors.get_mut(slice.number) else { break };
            let mut end = slice.end;
            // Periods follow each other, so that mostly all of a slice comes before the next.
            if let Some(bound) = bound
                && (cursor.view.key(end - 1), slice.number) >= bound
            {
                let rest = cursor.at + 1..end;
                let before = |row: &usize| (cursor.view.key(*row), slice.number) < bound;
                end = cursor.at + 1 + rest.take_while(before).count();
            }
            self.emit(cursor, cursor.at, end);
            cursor.pass(end);
            if end < slice.end {
                slice.key = cursor.view.key(cursor.at);
                continue;
            }
            if cursor.is_passed() {
                self.load(cursor)?;
            }
            if cursor.head() == person {
                *slice = Slice::new(slice.number, cursor);
            } else {
                slices.swap_remove(place);
            }
        }
        self.end();
        self.slices = slices;
        Ok(())
    }

    /// Hands rows of one person over, as far as the question's time goes.
    #[inline]
    fn emit(&mut self, cursor: &Cursor<'_>, mut from: usize, mut to: usize) {
        if !cursor.is_within {
            let scan = &self.shared.scan;
            let time = cursor.view.time.get(from..to).unwrap_or_default();
            to = from + time.partition_point(|time| *time < scan.until.0);
            from += time.partition_point(|time| *time < scan.from.0);
        }
        if let Some(rows) = (from < to).then(|| cursor.view.rows(from..to)).flatten() {
            self.take(&rows);
        }
    }

    /// The next rows of a run; false when there are none.
    fn load(&mut self, cursor: &mut Cursor<'_>) -> Result<bool, AskError> {
        let last = cursor.view.person.values().last().copied().unwrap_or(0);
        loop {
            if self.shared.stop.load(Ordering::Relaxed) {
                return Err(AskError::Thread);
            }
            self.shared.asking.look()?;
            self.operator.check()?;
            cursor.first += cursor.view.passed as u64;
            (cursor.stretch, cursor.at) = (0, 0);
            let (before, visible) = (cursor.run.bytes(), self.rows - self.told);
            self.told = self.rows;
            let Some(chunk) = cursor.run.next()? else {
                cursor.view = View::default();
                self.shared.asking.watch.pass(0, visible, 0)?;
                return Ok(false);
            };
            let (passed, mut bytes) = (chunk.len() as u64, cursor.run.bytes() - before);
            let (sight, moved) = (&self.shared.sight, &mut self.moved);
            let (diverted, order) = (moved.len(), cursor.run.order());
            cursor.view = View::load(chunk, sight, &mut self.texter, moved, order, cursor.first)?;
            // What was read for nothing that is seen is not told: it would tell what is hidden.
            if !cursor.view.is_empty() || self.moved.len() > diverted {
                self.files.extend(cursor.run.file());
            } else {
                bytes = 0;
            }
            self.bytes += bytes;
            self.shared.asking.watch.pass(passed, visible, bytes)?;
            match cursor.view.person.values().first() {
                Some(first) if *first < last => return Err(AskError::Unordered),
                Some(_) => return Ok(true),
                None => {}
            }
        }
    }

    /// The people whose rows were diverted.
    fn strangers(&mut self) -> Result<(), AskError> {
        let moved = self.moved.drain();
        let Some(view) = moved.sorted() else { return Ok(()) };
        let mut looked = 0;
        for (person, range) in view.person.iter() {
            let end = range.end;
            self.begin(person);
            if let Some(rows) = view.rows(range) {
                self.take(&rows);
            }
            self.end();
            if end - looked > STRANGERS_LOOK {
                looked = end;
                self.operator.check()?;
                self.shared.asking.watch.pass(0, 0, 0)?;
            }
        }
        Ok(())
    }

    fn merge(mut self, other: Self) -> Self {
        self.operator.merge(other.operator);
        if let (Some(mine), Some(theirs)) = (&mut self.roll, other.roll) {
            mine.merge(theirs);
        }
        self.moved.merge(other.moved);
        self.rows += other.rows;
        self.bytes += other.bytes;
        self.files.extend(other.files);
        self
    }

    fn add_to(&self, scanned: &mut Scanned) {
        scanned.rows += self.rows;
        scanned.bytes += self.bytes;
        scanned.files = scanned.files.max(self.files.len() as u64);
    }
}

/// Rows put in order in memory between two looks at whether the question is still wanted.
const STRANGERS_LOOK: usize = 1 << 16;

impl<'a> Cursor<'a> {
    fn new(run: Box<dyn Run + 'a>, scan: &Scan) -> Self {
        let (first, last) = run.span();
        let is_within = scan.from <= first && last < scan.until;
        Self { run, view: View::default(), stretch: 0, at: 0, first: 0, is_within }
    }

    /// Whether any row can lie in the time of the question.
    fn touches(&self, scan: &Scan) -> bool {
        let (first, last) = self.run.span();
        first < scan.until && scan.from <= last
    }

    /// The person at hand; past every person at the end.
    #[inline]
    fn head(&self) -> u64 {
        self.view.person.values().get(self.stretch).copied().unwrap_or(u64::MAX)
    }

    /// The row after the last one of the person at hand.
    #[inline]
    fn end(&self) -> usize {
        self.view.person.range(self.stretch).end
    }

    /// Goes on behind some rows of the person at hand.
    #[inline]
    fn pass(&mut self, end: usize) {
        self.at = end;
        self.stretch += usize::from(end == self.end());
    }

    /// Whether nothing of the view is left.
    fn is_passed(&self) -> bool {
        self.stretch == self.view.person.count()
    }
}
