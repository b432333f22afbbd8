//! Where rows come from: sorted runs, whether they lie in files or in memory.

use std::sync::Arc;

use life::keep::manifest::FileId;
use vocabulary::Time;

use super::error::AskError;
use crate::keep::chunk::{Chunk, Need, Texts};
use crate::keep::projected::Projecting;

/// One sorted run of one bucket, read from start to end.
///
/// INVARIANT(order): its rows come in the order (person, time, sequence, arrival).
pub trait Run: Send {
    /// The next rows; `None` after the last. An empty chunk is allowed.
    fn next(&mut self) -> Result<Option<Chunk>, AskError>;

    /// Passes rows to `take` in any order, without whose they are and with times only as exact as
    /// quarters of an hour; they do not come as rows of people any more. None when it cannot.
    fn project(
        &mut self,
        _: &Projecting<'_>,
        _: &mut dyn FnMut(Chunk) -> Result<(), AskError>,
    ) -> Result<(), AskError> {
        Ok(())
    }

    /// The times of the earliest and of the latest row, at the widest.
    fn span(&self) -> (Time, Time);

    /// Grows with arrival: of two rows that tie, the one of the lower run came first.
    fn order(&self) -> u64;

    /// The file that it lies in; `None` for rows in memory.
    fn file(&self) -> Option<FileId>;

    /// How many bytes of its file have been read for it so far.
    fn bytes(&self) -> u64;
}

/// What a question wants from each run.
#[derive(Debug, Clone)]
pub struct Scan {
    pub need: Need,
    /// Rows outside of `from..until` are not looked at; runs without others need not be opened.
    pub from: Time,
    pub until: Time,
    pub texts: Arc<Texts>,
}

/// Where the runs of each bucket come from. One question sees one snapshot.
pub trait Source: Sync {
    /// All runs of a bucket, in any order.
    fn runs(&self, bucket: u16, scan: &Scan) -> Result<Vec<Box<dyn Run + '_>>, AskError>;

    /// How many rows all runs have together, for telling how far a walk has come.
    fn rows(&self, scan: &Scan) -> u64;
}

/// A run of chunks in memory.
#[derive(Debug)]
pub struct MemoryRun<I> {
    chunks: I,
    span: (Time, Time),
    order: u64,
}

impl<I: Iterator<Item = Chunk> + Send> MemoryRun<I> {
    /// A run of these chunks. `span` must hold the time of every row.
    pub fn new(chunks: I, span: (Time, Time), order: u64) -> Self {
        Self { chunks, span, order }
    }
}

impl<I: Iterator<Item = Chunk> + Send> Run for MemoryRun<I> {
    fn next(&mut self) -> Result<Option<Chunk>, AskError> {
        Ok(self.chunks.next())
    }

    fn span(&self) -> (Time, Time) {
        self.span
    }

    fn order(&self) -> u64 {
        self.order
    }

    fn file(&self) -> Option<FileId> {
        None
    }

    fn bytes(&self) -> u64 {
        0
    }
}

/// The runs in groups that overlap in time, in the order of their times, those of a group in the
/// order of arrival.
pub(super) fn in_order(mut runs: Vec<Box<dyn Run + '_>>) -> Vec<(usize, Box<dyn Run + '_>)> {
    runs.sort_by_key(|run| run.span());
    let mut ends = Time(i64::MIN);
    let mut group = 0usize;
    let groups = runs.iter().map(|run| {
        let (first, last) = run.span();
        group += usize::from(first > ends);
        ends = ends.max(last);
        group
    });
    let groups: Vec<usize> = groups.collect();
    let mut grouped: Vec<_> = groups.into_iter().zip(runs).collect();
    grouped.sort_by_key(|(group, run)| (*group, run.order()));
    grouped
}

/// The next chunk, and those that go on with its last person.
pub(super) fn whole(run: &mut dyn Run) -> Result<Option<Chunk>, AskError> {
    let Some(first) = run.next()? else { return Ok(None) };
    if !first.continues {
        return Ok(Some(first));
    }
    let mut chunks = vec![first];
    while chunks.last().is_some_and(|last| last.continues)
        && let Some(next) = run.next()?
    {
        chunks.push(next);
    }
    Ok(Some(Chunk::joined(chunks)))
}
