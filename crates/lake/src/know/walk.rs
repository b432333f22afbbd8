//! The walk: runs of a bucket come in, people go out to an operator, one after the other, in order.
//!
//! Rows are never copied: a person who is spread over runs is handed over in slices of them, each
//! ending where the head of another run comes first. Only rows of moved people are collected.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU16, Ordering};
use std::thread;

use life::keep::manifest::{BUCKETS, FileId};
use life::know::{Plan, Scanned};

use super::ask::Asking;
use super::divert::{Limit, Moved, Place};
use super::error::AskError;
use super::operator::Operator;
use super::run::{Run, Scan};
use super::sight::Sight;
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
    texter: Texter,
    moved: Moved<'a>,
    /// Room for the slices of one person.
    slices: Vec<Slice>,
    rows: u64,
    bytes: u64,
    files: HashSet<FileId>,
}

/// A run and how far it has been walked.
struct Cursor<'a> {
    run: Box<dyn Run + 'a>,
    view: View,
    at: usize,
    /// Rows before the view.
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
        let (key, end) = (cursor.view.key(cursor.at), cursor.view.person_end(cursor.at));
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
    texts: &Arc<Texts>,
    operator: impl Fn() -> O + Sync,
) -> Result<(O, Scanned), AskError> {
    let scope = asking.plan.scope();
    let sight = Sight::new(asking.mask, scope.purpose);
    let need = Need {
        columns: scope.columns.clone(),
        sealed: scope.sealed.clone(),
        sequence: true,
        leaf: sight.needs_leaves(),
        received: sight.needs_received(),
        ..Need::default()
    };
    let (from, until) = (scope.from, scope.until);
    let scan = Scan { need, from, until, texts: Arc::clone(texts) };
    let (bucket, stop) = (AtomicU16::new(0), AtomicBool::new(false));
    let shared = Shared { asking, sight, scan, bucket, stop };
    let limit = Limit::new(from, until, asking.moved_rows_max);
    let thread = || {
        let mut walker = Walker::new(&shared, operator(), &limit);
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
    walker.strangers();
    walker.operator.check()?;
    let scanned = walker.scanned();
    Ok((walker.operator, scanned))
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
    fn new(shared: &'a Shared<'a>, operator: O, limit: &'a Limit) -> Self {
        let plan: &Plan = shared.asking.plan;
        Self {
            shared,
            operator,
            texter: Texter::new(plan, &shared.scan.texts),
            moved: Moved::new(limit, plan.scope().columns.len()),
            slices: Vec::new(),
            rows: 0,
            bytes: 0,
            files: HashSet::new(),
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
            let mut at = cursor.at;
            while let Some(person) = cursor.view.person.get(at).copied() {
                if open != Some(person) {
                    if open.take().is_some() {
                        self.operator.end();
                    }
                    if person >= limit {
                        cursor.at = at;
                        return Ok(());
                    }
                    self.operator.begin();
                }
                open = Some(person);
                let end = cursor.view.person_end(at);
                self.emit(cursor, at, end);
                at = end;
            }
            if !self.load(cursor)? {
                if open.is_some() {
                    self.operator.end();
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
        self.operator.begin();
        while let Some((place, bound)) = first_slice(&slices) {
            let Some(slice) = slices.get_mut(place) else { break };
            let Some(cursor) = cursors.get_mut(slice.number) else { break };
            let mut end = slice.end;
            if let Some(bound) = bound {
                let rest = cursor.at + 1..end;
                let before = |row: &usize| (cursor.view.key(*row), slice.number) < bound;
                end = cursor.at + 1 + rest.take_while(before).count();
            }
            self.emit(cursor, cursor.at, end);
            cursor.at = end;
            if end == cursor.view.len() {
                self.load(cursor)?;
            }
            if cursor.at < slice.end && cursor.at > 0 {
                slice.key = cursor.view.key(cursor.at);
            } else if cursor.head() == person {
                *slice = Slice::new(slice.number, cursor);
            } else {
                slices.swap_remove(place);
            }
        }
        self.operator.end();
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
        if from < to {
            cursor.view.parts(from, to, |rows| {
                self.rows += rows.time.len() as u64;
                self.operator.rows(rows);
            });
        }
    }

    /// The next rows of a run; false when there are none.
    fn load(&mut self, cursor: &mut Cursor<'_>) -> Result<bool, AskError> {
        let last = cursor.view.person.last().copied().unwrap_or(0);
        loop {
            if self.shared.stop.load(Ordering::Relaxed) {
                return Err(AskError::Thread);
            }
            if !(self.shared.asking.still)(self.shared.sight.epoch()) {
                return Err(AskError::MaskNarrowed);
            }
            self.operator.check()?;
            cursor.first += cursor.view.len() as u64;
            cursor.at = 0;
            let Some(chunk) = cursor.run.next()? else {
                cursor.view = View::default();
                self.bytes += cursor.run.bytes();
                self.files.extend(cursor.run.file());
                return Ok(false);
            };
            let place = Place { order: cursor.run.order(), first: cursor.first };
            let (sight, moved) = (&self.shared.sight, &mut self.moved);
            cursor.view = View::load(chunk, sight, &mut self.texter, moved, place)?;
            match cursor.view.person.first() {
                Some(first) if *first < last => return Err(AskError::Unordered),
                Some(_) => return Ok(true),
                None => {}
            }
        }
    }

    /// The people whose rows were diverted.
    fn strangers(&mut self) {
        let moved = self.moved.drain();
        let Some(view) = moved.sorted() else { return };
        let mut at = 0;
        while at < view.len() {
            let end = view.person_end(at);
            self.operator.begin();
            view.parts(at, end, |rows| {
                self.rows += rows.time.len() as u64;
                self.operator.rows(rows);
            });
            self.operator.end();
            at = end;
        }
    }

    fn merge(mut self, other: Self) -> Self {
        self.operator.merge(other.operator);
        self.moved.merge(other.moved);
        self.rows += other.rows;
        self.bytes += other.bytes;
        self.files.extend(other.files);
        self
    }

    fn scanned(&self) -> Scanned {
        let files = self.files.len() as u64;
        Scanned { rows: self.rows, bytes: self.bytes, files, seconds: 0.0 }
    }
}

impl<'a> Cursor<'a> {
    fn new(run: Box<dyn Run + 'a>, scan: &Scan) -> Self {
        let (first, last) = run.span();
        let is_within = scan.from <= first && last < scan.until;
        Self { run, view: View::default(), at: 0, first: 0, is_within }
    }

    /// Whether any row can lie in the time of the question.
    fn touches(&self, scan: &Scan) -> bool {
        let (first, last) = self.run.span();
        first < scan.until && scan.from <= last
    }

    /// The person at hand; past every person at the end.
    fn head(&self) -> u64 {
        self.view.person.get(self.at).copied().unwrap_or(u64::MAX)
    }
}
