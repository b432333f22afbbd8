//! Compaction: the files of a period become one per bucket, in the order of people as they are
//! known now.
//!
//! It brings moved rows home and leaves erased ones behind; what anybody may see of the rest stays
//! the same.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::iter::Peekable;

use life::keep::identity::Version;
use life::keep::manifest::{BUCKETS, Change, FileEntry};
use vocabulary::{Leaf, Person, Time};

use super::chunk::{Need, Texts};
use super::file::FileError;
use super::period::{MONTH, Period, period};
use super::read::{FileReader, Footers};
use super::rows::{Filed, Pick, Rows};
use super::write::{FileWriter, Layout, NewFile, Shape, Writing, bucket};

/// Fresh files of a period that are worth a compaction.
const FRESH_MIN: usize = 4;

/// Fresh files of a period that force one, however large its old files are.
const FRESH_MAX: usize = 32;

/// Old rows, for each fresh one, that may be written again to take the fresh ones in.
const REWRITE_MAX: u64 = 4;

/// The same while nothing else is to be done, which spares every question the fresh files.
const REWRITE_IDLE_MAX: u64 = 16;

/// Rows of a period that are worth a file for each bucket; fewer stay in one file.
const SPLIT_ROWS: u64 = 500_000;

/// How things stand when compaction is planned.
#[derive(Debug, Clone, Copy)]
pub struct Standing {
    pub now: Time,
    /// Whether nothing arrives, so that more may be done.
    pub is_idle: bool,
    /// People were merged or parted since this version of who is who, so many that every question
    /// puts their rows in order; absent when they are few.
    pub moved: Option<Version>,
}

/// Files of one period that should become one per bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Task {
    pub period: Period,
    /// In the order of their rows' arrival.
    pub inputs: Vec<FileEntry>,
}

/// Which periods are worth compacting now.
///
/// A period is written again only when what is new is a fair part of it, so that the work stays in
/// proportion to what arrives; more of it may be done in idle times, moved rows brought home too.
/// Files of days whose week has grown old become the week's.
#[must_use]
pub fn plan_compaction(entries: &[FileEntry], standing: &Standing) -> Vec<Task> {
    let mut periods: BTreeMap<Period, Vec<FileEntry>> = BTreeMap::new();
    for entry in entries {
        let own = Period { from: entry.from, until: entry.until };
        let grown = period(entry.from, standing.now);
        // A clock that was set back must not make days of weeks.
        let period = if own.until <= grown.until { grown } else { own };
        periods.entry(period).or_default().push(entry.clone());
    }
    let worth = periods.into_iter().filter(|(period, files)| is_worth(*period, files, standing));
    worth.map(|(period, inputs)| Task::of(period, inputs)).collect()
}

fn is_worth(period: Period, files: &[FileEntry], standing: &Standing) -> bool {
    let is_aged = |file: &FileEntry| (file.from, file.until) != (period.from, period.until);
    let is_before = |file: &FileEntry| standing.moved.is_some_and(|moved| file.version < moved);
    if files.iter().any(is_aged) || (standing.is_idle && files.iter().any(is_before)) {
        return true;
    }
    let fresh = files.iter().filter(|file| file.level == 0);
    let (count, rows) = fresh.fold((0, 0), |(count, rows), file| (count + 1, rows + file.rows));
    let old: u64 = files.iter().filter(|file| file.level > 0).map(|file| file.rows).sum();
    let (least, most) = match standing.is_idle {
        true => (1, REWRITE_IDLE_MAX),
        false => (FRESH_MIN, REWRITE_MAX),
    };
    let is_fair = count >= least && rows.saturating_mul(most) >= old;
    count >= FRESH_MAX || (is_fair && files.len() > 1)
}

impl Task {
    /// The task of making one file per bucket of all files of a period.
    #[must_use]
    pub fn of(period: Period, mut inputs: Vec<FileEntry>) -> Self {
        inputs.sort_by_key(arrival);
        Self { period, inputs }
    }
}

/// Sorts files by when their rows arrived: among rows of one time, those of earlier files come
/// first.
#[must_use]
pub fn arrival(entry: &FileEntry) -> (std::cmp::Reverse<u8>, life::keep::manifest::FileId) {
    (std::cmp::Reverse(entry.level), entry.id)
}

/// Carries out a task. Nothing counts until the vault has committed the change.
pub fn compact(
    task: &Task,
    writing: &Writing<'_>,
    footers: &Footers,
    new_file: &mut dyn FnMut() -> NewFile,
) -> Result<Change, FileError> {
    let scanned = std::sync::Arc::default();
    let open = |entry| FileReader::open(writing.place, entry, footers, &scanned);
    let readers = task.inputs.iter().map(open).collect::<Result<Vec<_>, _>>()?;
    let mut layout = Layout::default();
    layout.merge(&readers, writing.columns);
    let mut strays = strays(&readers, writing)?;
    let mut added = Vec::new();
    let rows: u64 = task.inputs.iter().map(|entry| entry.rows).sum();
    let Period { from, until } = task.period;
    let is_ripe = until - from >= MONTH;
    let lasts = is_ripe && task.inputs.iter().all(|entry| entry.level > 0);
    let version = writing.version;
    let mut shape = Shape { level: 1, bucket: None, from, until, version, lasts };
    if rows < SPLIT_ROWS {
        let mut file = FileWriter::create(writing, new_file(), shape, &layout)?;
        for bucket in 0..BUCKETS {
            merge(bucket, &readers, &mut strays, writing, &mut file)?;
        }
        added.extend(file.finish()?);
    } else {
        for bucket in 0..BUCKETS {
            shape.bucket = Some(bucket);
            let mut file = FileWriter::create(writing, new_file(), shape, &layout)?;
            merge(bucket, &readers, &mut strays, writing, &mut file)?;
            added.extend(file.finish()?);
        }
    }
    let removed = task.inputs.iter().map(|entry| entry.id).collect();
    Ok(Change { added, removed, ..Change::default() })
}

/// A row and the place among the inputs that it came from.
struct Sourced {
    input: usize,
    filed: Filed,
}

/// By bucket and person as known now: rows that were filed under somebody else.
type Strays = BTreeMap<(u16, Person), Vec<Sourced>>;

fn strays(readers: &[FileReader], writing: &Writing<'_>) -> Result<Strays, FileError> {
    let mut strays = Strays::new();
    for (input, reader) in readers.iter().enumerate() {
        if reader.entry().version == writing.version {
            continue;
        }
        let moved = moved(reader, writing)?;
        if moved.is_empty() {
            continue;
        }
        for filed in reader.rows(Pick::Leaves(&moved), Some(writing.sealer))? {
            let Filed { person: filed_under, row } = filed?;
            let person = (writing.person)(row.leaf);
            if person != filed_under && !writing.erased.contains(&row.leaf) {
                let filed = Filed { person, row };
                strays.entry((bucket(person), person)).or_default().push(Sourced { input, filed });
            }
        }
    }
    Ok(strays)
}

/// The leaves that some row of a file holds and that belong to another person than it was filed
/// under.
fn moved(reader: &FileReader, writing: &Writing<'_>) -> Result<BTreeSet<Leaf>, FileError> {
    let need = Need { leaf: true, untimed: true, ..Need::default() };
    let texts = std::sync::Arc::new(Texts::default());
    let mut moved = BTreeSet::new();
    for chunk in reader.chunks(None, &need, &texts, None)? {
        let chunk = chunk?;
        let mut known = None;
        for (person, leaf) in chunk.person.each().zip(chunk.leaf.each()) {
            let is_new = known.replace((person, leaf)) != Some((person, leaf));
            if is_new && (writing.person)(Leaf(leaf)) != Person(person) {
                moved.insert(Leaf(leaf));
            }
        }
    }
    Ok(moved)
}

/// Writes the rows of one bucket: of each person in turn, from every input and from the strays.
fn merge(
    bucket: u16,
    readers: &[FileReader],
    strays: &mut Strays,
    writing: &Writing<'_>,
    file: &mut FileWriter<'_>,
) -> Result<(), FileError> {
    let mut streams = Vec::new();
    for (input, reader) in readers.iter().enumerate() {
        let rows = reader.rows(Pick::Bucket(bucket), Some(writing.sealer))?;
        streams.push(Stream { input, rows: rows.peekable() });
    }
    let first = (bucket, Person(0));
    let mut waiting: VecDeque<(Person, Vec<Sourced>)> = VecDeque::new();
    while let Some(entry) = strays.range(first..=(bucket, Person(u64::MAX))).next() {
        let key = *entry.0;
        waiting.extend(strays.remove(&key).map(|rows| (key.1, rows)));
    }
    loop {
        let heads = streams.iter_mut().filter_map(Stream::person);
        let Some(person) = heads.chain(waiting.front().map(|(person, _)| *person)).min() else {
            break;
        };
        let mut rows = Vec::new();
        for stream in &mut streams {
            stream.take(person, writing, &mut rows)?;
        }
        if waiting.front().is_some_and(|(waiting, _)| *waiting == person) {
            rows.extend(waiting.pop_front().into_iter().flat_map(|(_, rows)| rows));
        }
        rows.sort_by_key(|of| (of.filed.row.time, of.filed.row.sequence, of.input));
        for Sourced { filed, .. } in rows {
            file.push(filed.person, filed.row)?;
        }
    }
    Ok(())
}

/// The rows of a bucket in one input.
struct Stream<'a> {
    input: usize,
    rows: Peekable<Rows<'a>>,
}

impl Stream<'_> {
    /// Whose row comes next; the least person when an error does, so that it is met at once.
    fn person(&mut self) -> Option<Person> {
        self.rows.peek().map(|next| next.as_ref().map_or(Person(0), |filed| filed.person))
    }

    /// Takes a person's rows that are filed under them for good reason and are to stay.
    fn take(
        &mut self,
        person: Person,
        writing: &Writing<'_>,
        rows: &mut Vec<Sourced>,
    ) -> Result<(), FileError> {
        let is_theirs = |next: &Result<Filed, FileError>| {
            next.as_ref().map_or(true, |filed| filed.person == person)
        };
        while let Some(filed) = self.rows.next_if(is_theirs) {
            let filed = filed?;
            let is_home = (writing.person)(filed.row.leaf) == person;
            if is_home && !writing.erased.contains(&filed.row.leaf) {
                rows.push(Sourced { input: self.input, filed });
            }
        }
        Ok(())
    }
}
