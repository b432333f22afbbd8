//! The walk: runs of a bucket come in, people go out to an operator, one after the other, in order.
//!
//! Only rows of moved people are collected; of all others no more is in memory than the chunk of
//! each run.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU16, Ordering};
use std::thread;

use life::keep::manifest::{BUCKETS, FileId};
use life::know::{Members, Scanned, Scope};
use vocabulary::{Leaf, Person, Time};

use super::ask::{Asking, Walked};
use super::cells::Cells;
use super::cohort::CohortOperator;
use super::error::AskError;
use super::operator::{Operator, Rows};
use super::people_behind::Roll;
use super::pieces::{Pieces, Together};
use super::reorder::{Limit, Moved};
use super::run::{Run, Scan, in_order, whole};
use super::sight::{HIDDEN, Inside, Sight};
use super::view::{Place, Texter, View};
use crate::keep::chunk::{Chunk, Need, Stamp, Texts};
use crate::keep::projected::Projecting;

/// What all threads of a question share.
#[derive(Debug)]
struct Shared<'a> {
    asking: &'a Asking<'a>,
    sight: Sight,
    scan: Scan,
    /// For questions that count rows and not people: the leaves that must be looked at all the
    /// same.
    masked: Option<Arc<BTreeSet<Leaf>>>,
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
    /// The columns that are read, without rows.
    cells: Cells,
    moved: Moved<'a>,
    rows: u64,
    /// Those of them that whoever watches has been told of.
    told: u64,
    bytes: u64,
    files: HashSet<FileId>,
}

/// A run and how far it has been walked.
struct Cursor<'a> {
    run: Box<dyn Run + 'a>,
    /// Runs of one group overlap in time; the groups follow each other.
    group: usize,
    /// What is seen of the chunk.
    pieces: Pieces,
    /// Rows of the run before the chunk.
    first: u64,
    /// The last person of the chunk.
    last: u64,
    /// The times that are asked about; absent when every row lies in them.
    span: Option<(Time, Time)>,
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
    // Who is behind a number is told with all that they did.
    let events = if wants_roll { None } else { operator().events().map(Arc::new) };
    let counts_rows = !wants_roll
        && operator().counts_rows()
        && scope.people.is_empty()
        && scope.per.is_none()
        && !scope.reads_sessions;
    let sight = Sight::new(asking.mask, scope.purpose, people, scope.per, events.clone());
    let scan = Scan {
        need: Need {
            untimed: !O::READS_TIMES && !wants_roll && !sight.needs_times(),
            events,
            ..need(scope, &sight)
        },
        from: scope.first(),
        until: scope.until,
        texts: Arc::clone(texts),
    };
    asking.watch.expect(asking.source.rows(&scan));
    let (bucket, stop) = (AtomicU16::new(0), AtomicBool::new(false));
    let masked = counts_rows.then(|| asking.mask.masked(scope.purpose));
    let shared = Shared { asking, sight, scan, masked, bucket, stop };
    let limit = Limit::new(scope.first(), scope.until, asking.moved_rows_max);
    let thread = || {
        let cells = Cells::new(scope, O::READS_PURPOSES);
        let moved = Moved::new(&limit, cells.clone());
        let mut walker = Walker {
            shared: &shared,
            operator: operator(),
            roll: wants_roll.then(Roll::default),
            texter: Texter::new(scope, &shared.scan.texts),
            cells: cells.clone(),
            moved,
            rows: 0,
            told: 0,
            bytes: 0,
            files: HashSet::new(),
        };
        let walked = walker.buckets(Together::new(cells));
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

/// What has to be read of each row.
fn need(scope: &Scope, sight: &Sight) -> Need {
    Need {
        columns: scope.codes(),
        sealed: scope.sealed(),
        leaf: sight.needs_leaves() || scope.reads_sessions,
        received: sight.needs_times(),
        session: scope.reads_sessions,
        ..Need::default()
    }
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
    /// Walks buckets until none is left.
    fn buckets(&mut self, mut together: Together) -> Result<(), AskError> {
        loop {
            let bucket = self.shared.bucket.fetch_add(1, Ordering::Relaxed);
            if bucket >= BUCKETS {
                return Ok(());
            }
            let runs = self.shared.asking.source.runs(bucket, &self.shared.scan)?;
            self.bucket(runs, &mut together)?;
        }
    }

    fn bucket(
        &mut self,
        runs: Vec<Box<dyn Run + 'a>>,
        together: &mut Together,
    ) -> Result<(), AskError> {
        let mut cursors = Vec::with_capacity(runs.len());
        for (group, mut run) in in_order(runs) {
            self.project(run.as_mut())?;
            // Where order does not matter, nothing has to be put together.
            let group = if O::IN_ORDER { group } else { cursors.len() };
            let mut cursor = Cursor::new(run, group, &self.shared.scan);
            if cursor.touches(&self.shared.scan) && self.load(&mut cursor)? {
                cursors.push(cursor);
            }
        }
        self.people(&mut cursors, together)
    }

    /// Passes people on, one after the other.
    fn people(
        &mut self,
        cursors: &mut [Cursor<'a>],
        together: &mut Together,
    ) -> Result<(), AskError> {
        loop {
            for cursor in &mut *cursors {
                if cursor.pieces.head().is_none() {
                    self.load(cursor)?;
                }
            }
            // Up to here every run tells; at the last person of one it may have to be read on.
            let end = cursors.iter().filter_map(|cursor| cursor.pieces.last()).min();
            let Some(end) = end else { return Ok(()) };
            let mut heads: Vec<u64> = cursors.iter().map(Cursor::head).collect();
            while let Some(person) = heads.iter().copied().min()
                && person <= end
            {
                if self.roll.is_some() {
                    self.person(person, &together.of(person, cursors)?);
                } else {
                    self.in_turn(person, &heads, cursors, together)?;
                }
                for (head, cursor) in heads.iter_mut().zip(&*cursors) {
                    if *head == person {
                        *head = cursor.head();
                    }
                }
            }
        }
    }

    /// Passes the pieces of a person on where they lie, from each run in turn; those of runs that
    /// overlap are put together.
    #[inline]
    fn in_turn(
        &mut self,
        person: u64,
        heads: &[u64],
        cursors: &mut [Cursor<'a>],
        together: &mut Together,
    ) -> Result<(), AskError> {
        self.operator.begin();
        let mut from = 0;
        while let Some(place) = next_of(person, heads, from)
            && let Some(group) = cursors.get(place).map(|cursor| cursor.group)
        {
            from = place + 1;
            let mut last = place;
            while let Some(other) = next_of(person, heads, from)
                && cursors.get(other).is_some_and(|cursor| cursor.group == group)
            {
                (from, last) = (other + 1, other);
            }
            match cursors.get_mut(place..=last).unwrap_or_default() {
                [Cursor { pieces, .. }] => {
                    while pieces.head() == Some(person)
                        && let Some(rows) = pieces.take()
                    {
                        self.rows += rows.time.len() as u64;
                        self.operator.rows(&rows);
                    }
                }
                several => {
                    let rows = together.of(person, several)?;
                    self.rows += rows.time.len() as u64;
                    self.operator.rows(&rows);
                }
            }
        }
        self.operator.end();
        Ok(())
    }

    /// Takes what a run can tell without people, when that is all that is asked.
    fn project(&mut self, run: &mut dyn Run) -> Result<(), AskError> {
        let shared = self.shared;
        let Some(masked) = &shared.masked else { return Ok(()) };
        let Scan { from, until, .. } = shared.scan;
        let is_wanted = |stamp: &Stamp| shared.sight.event(stamp) != HIDDEN;
        let projecting = Projecting { from, until, masked, is_wanted: &is_wanted };
        let (before, rows) = (run.bytes(), self.rows);
        run.project(&projecting, &mut |chunk| self.nobody(&chunk))?;
        if self.rows > rows {
            self.files.extend(run.file());
            self.bytes += run.bytes() - before;
            shared.asking.watch.pass(self.rows - rows, 0, run.bytes() - before)?;
        }
        Ok(())
    }

    /// Rows of one stamp, of which nobody says whose they are.
    fn nobody(&mut self, chunk: &Chunk) -> Result<(), AskError> {
        let Some(stamp) = chunk.stamps.get(chunk.stamp.first().map_or(0, |first| *first as usize))
        else {
            return Ok(());
        };
        let cells = self.cells.whole(&self.texter.told(chunk, &self.cells));
        let event = vec![stamp.event.0; chunk.len().min(NOBODY_LOOK)];
        for (time, part) in chunk.time.chunks(NOBODY_LOOK).zip(0..) {
            if self.shared.stop.load(Ordering::Relaxed) {
                return Err(AskError::Thread);
            }
            self.shared.asking.look()?;
            self.operator.check()?;
            let event = event.get(..time.len()).unwrap_or_default();
            self.rows += time.len() as u64;
            self.operator.begin();
            self.operator.rows(&Rows { time, event, cells: &cells, from: part * NOBODY_LOOK });
            self.operator.end();
        }
        Ok(())
    }

    /// All rows of one person.
    #[inline]
    fn person(&mut self, person: u64, rows: &Rows<'_>) {
        self.rows += rows.time.len() as u64;
        self.operator.begin();
        self.operator.rows(rows);
        self.operator.end();
        if let Some(roll) = &mut self.roll
            && self.operator.is_picked()
        {
            roll.add(person, rows);
        }
    }

    /// The next rows of a run that are seen where they stand; false when there are none.
    fn load(&mut self, cursor: &mut Cursor<'a>) -> Result<bool, AskError> {
        loop {
            if self.shared.stop.load(Ordering::Relaxed) {
                return Err(AskError::Thread);
            }
            self.shared.asking.look()?;
            self.operator.check()?;
            cursor.pieces = Pieces::default();
            let (before, visible) = (cursor.run.bytes(), self.rows - self.told);
            self.told = self.rows;
            let Some(chunk) = whole(cursor.run.as_mut())? else {
                self.shared.asking.watch.pass(0, visible, 0)?;
                return Ok(false);
            };
            let (passed, mut bytes) = (chunk.looked() as u64, cursor.run.bytes() - before);
            let persons = chunk.person.values();
            let (first, last) = (persons.first().copied(), persons.last().copied());
            if first.is_some_and(|first| first < cursor.last) || !persons.is_sorted() {
                return Err(AskError::Unordered);
            }
            cursor.last = last.unwrap_or(cursor.last);
            let sight = &self.shared.sight;
            let diverted = self.moved.len();
            let told = self.texter.told(&chunk, &self.cells);
            let place = Place { run: cursor.run.order(), first: cursor.first, span: cursor.span };
            cursor.first += chunk.len() as u64;
            let view = View::load(chunk, sight, told, &mut self.moved, place)?;
            cursor.pieces = Pieces::of(&view, sight, &self.cells);
            // What was read for nothing that is seen is not told: it would tell what is hidden.
            let diverted = self.moved.len() > diverted;
            if diverted || cursor.pieces.head().is_some() {
                self.files.extend(cursor.run.file());
            } else {
                bytes = 0;
            }
            self.bytes += bytes;
            self.shared.asking.watch.pass(passed, visible, bytes)?;
            if cursor.pieces.head().is_some() {
                return Ok(true);
            }
        }
    }

    /// The people whose rows were diverted.
    fn strangers(&mut self) -> Result<(), AskError> {
        let mut unlooked = 0;
        let is_ordered = O::IN_ORDER || self.roll.is_some();
        let asking = self.shared.asking;
        self.moved.drain().people(is_ordered, &|| asking.look(), |person, rows| {
            self.person(person, rows);
            unlooked += rows.time.len();
            if unlooked > STRANGERS_LOOK {
                unlooked = 0;
                self.operator.check()?;
                self.shared.asking.watch.pass(0, 0, 0)?;
            }
            Ok(())
        })
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

/// Rows of nobody that are counted between two looks at that, and at how large the answer grows.
const NOBODY_LOOK: usize = 1 << 15;

/// Rows put in order in memory between two looks at whether the question is still wanted.
const STRANGERS_LOOK: usize = 1 << 16;

/// The next run, from this one on, in which a person comes first.
#[inline]
fn next_of(person: u64, heads: &[u64], from: usize) -> Option<usize> {
    let rest = heads.get(from..)?;
    Some(from + rest.iter().position(|head| *head == person)?)
}

impl AsMut<Pieces> for Cursor<'_> {
    fn as_mut(&mut self) -> &mut Pieces {
        &mut self.pieces
    }
}

impl<'a> Cursor<'a> {
    fn new(run: Box<dyn Run + 'a>, group: usize, scan: &Scan) -> Self {
        let (first, last) = run.span();
        let is_within = scan.from <= first && last < scan.until;
        let span = (!is_within).then_some((scan.from, scan.until));
        Self { run, group, pieces: Pieces::default(), first: 0, last: 0, span }
    }

    /// Who comes next; a number past every person's at the end.
    #[inline]
    fn head(&self) -> u64 {
        self.pieces.head().unwrap_or(u64::MAX)
    }

    /// Whether any row can lie in the time of the question.
    fn touches(&self, scan: &Scan) -> bool {
        let (first, last) = self.run.span();
        first < scan.until && scan.from <= last
    }
}
