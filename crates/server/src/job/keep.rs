//! The job of keeping: closed segments become files, small files become larger ones, old keys are
//! forgotten.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};

use anyhow::Context as _;
use lake::keep::compact::{Standing, compact, plan_compaction};
use lake::keep::duplicates::{Duplicates, ids, merge_runs, write_run};
use lake::keep::file::FileError;
use lake::keep::fold::fold as fold_rows;
use lake::keep::fresh::Snapshot;
use lake::keep::keeper::{Closed, KeeperError, Listener, SegmentKeys};
use lake::keep::write::{NewFile, Writing};
use life::keep::identity::Version;
use life::keep::manifest::{Change, FileEntry, Position, RunEntry};
use life::keep::{Record, Row};
use life::ledger::commitment::{Batch, Salt};
use tokio::runtime::Handle;
use tokio::sync::mpsc::{Receiver, Sender};
use tracing::Instrument;
use vault::{Commit, Vault, VaultError};
use vocabulary::{Class, Counts, Fact, Leaf, Person, Sealer, SourceId, Span};

use crate::app::App;
use crate::app::streams::Streams;

/// The queue of closed segments.
#[derive(Debug)]
pub struct Folding {
    pub(super) sender: Sender<Closed>,
    pub(super) receiver: Receiver<Closed>,
}

impl Folding {
    /// What the keeper tells.
    #[must_use]
    pub fn listener(&self, streams: Arc<Streams>) -> Told {
        Told { sender: self.sender.clone(), streams }
    }
}

/// Passes on what the keeper tells: rows to whoever watches, segments to the fold.
#[derive(Debug)]
pub struct Told {
    sender: Sender<Closed>,
    streams: Arc<Streams>,
}

impl Told {
    /// Rows of one frame that are shown live.
    const ROWS_SHOWN: usize = 100;
}

impl Listener for Told {
    fn kept(&mut self, rows: Vec<Box<Row>>) {
        self.streams.rows.push(rows.into_iter().take(Self::ROWS_SHOWN).map(Arc::from));
    }

    fn closed(&mut self, closed: Closed) {
        // Without a receiver the program is ending; the segment stays in the journal.
        let _ = self.sender.blocking_send(closed);
    }

    fn fatal(&mut self, error: KeeperError) {
        stop_at_once(&error);
    }
}

/// Ends the process: what is on disk is unknown, and only a restart reads it anew.
#[expect(
    clippy::disallowed_methods,
    reason = "nothing may be written after a failed sync, not even on the way out"
)]
fn stop_at_once(error: &dyn std::fmt::Display) -> ! {
    tracing::error!(%error, "storage cannot be trusted any more: the process stops, a restart replays the journal");
    std::process::exit(70)
}

/// Keys of segments, from the vault.
#[derive(Debug)]
pub struct Keys {
    vault: Vault,
    runtime: Handle,
}

impl Keys {
    /// To be made inside the runtime; used from the keeper's own thread.
    #[must_use]
    pub fn new(vault: Vault) -> Self {
        Self { vault, runtime: Handle::current() }
    }
}

impl SegmentKeys for Keys {
    fn create(&mut self, segment: u64) -> Result<Arc<dyn Sealer>, String> {
        let made = self.runtime.block_on(self.vault.custody().new_segment(segment));
        made.map_err(|error| error.to_string())
    }
}

/// Lets segments grow old.
pub async fn tick(app: App) {
    while !app.inner().stopping.load(Ordering::Relaxed) {
        crate::clock::pause(Span(250_000)).await;
        if let Ok(keeper) = app.keeper() {
            keeper.tick(app.now());
        }
    }
}

/// Folds segments as they close, then compacts what has become many.
pub async fn fold(app: App, waiting: Vec<Closed>, mut closed: Receiver<Closed>) {
    let mut waiting = waiting.into_iter();
    // What an earlier run of the program left may be worth its while.
    let mut look = Some(Look::Idle);
    loop {
        let next = match waiting.next() {
            Some(segment) => Some(segment),
            None => match look {
                None => closed.recv().await,
                Some(later) => tokio::select! {
                    segment = closed.recv() => segment,
                    () = crate::clock::pause(later.time()) => {
                        look = tidy(&app, &closed, later == Look::Idle).await;
                        continue;
                    }
                },
            },
        };
        let Some(segment) = next else { return };
        let told = || tracing::info_span!("fold", segment = segment.segment);
        while let Err(error) = fold_one(&app, &segment).instrument(told()).await {
            if is_final(&error) {
                stop_at_once(&format!("{error:#}"));
            }
            tracing::error!(
                segment = segment.segment,
                error = format!("{error:#}"),
                "a segment could not be folded; its events are safe in the journal, and it is tried again"
            );
            if app.inner().stopping.load(Ordering::Relaxed) {
                return;
            }
            crate::clock::pause(Span::seconds(5)).await;
        }
        app.inner().jobs.wake_erase();
        look = tidy(&app, &closed, false).await;
    }
}

/// Why compaction is looked at again although no segment was folded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Look {
    /// It waits until events come more slowly.
    PutOff,
    /// No segment may close for so long that more of it is worth its while.
    Idle,
}

impl Look {
    const fn time(self) -> Span {
        match self {
            Look::PutOff => Span::seconds(2),
            // A segment lives a minute at most while anything arrives.
            Look::Idle => Span::seconds(75),
        }
    }
}

/// Files of folds that may wait until events come more slowly.
const FILES_WAITING_MAX: usize = 64;

/// Compacts, unless that can wait for a quieter time; answers when to look again.
///
/// Compacting takes as much of the machine as it gets, and nobody waits for it. Who sends events
/// does, and a segment that is not folded takes memory.
async fn tidy(app: &App, closed: &Receiver<Closed>, is_idle: bool) -> Option<Look> {
    match compact_due(app, closed, is_idle).await {
        Ok(true) => return Some(Look::PutOff),
        Ok(false) => {}
        Err(error) => {
            if is_final(&error) {
                stop_at_once(&format!("{error:#}"));
            }
            tracing::error!(
                error = format!("{error:#}"),
                "compaction failed; it is tried again after the next fold"
            );
        }
    }
    (!is_idle).then_some(Look::Idle)
}

/// After a failed sync nobody knows what is on disk.
fn is_final(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| matches!(cause.downcast_ref(), Some(FileError::Sync { .. })))
}

async fn fold_one(app: &App, closed: &Closed) -> anyhow::Result<()> {
    let _manifest = app.inner().manifest.lock().await;
    let rows = closed.fresh.snapshot();
    let facts = facts(app, closed, &rows);
    let work = Work::of(app);
    ensure_keys(app, &work, &rows).await?;
    let (folder, segment) = (app.clone(), closed.segment);
    let (added, run) = tokio::task::spawn_blocking(move || {
        let added = work.write(&folder, |writing, new_file| fold_rows(&rows, writing, new_file))?;
        let keys = folder.duplicates(|duplicates| duplicates.unfolded(segment));
        let id = folder.inner().vault.next_file();
        let run = write_run(&folder.inner().place.root, id, keys, folder.now())?;
        anyhow::Ok((added, run))
    })
    .await??;
    let position = Some(Position { segment: segment + 1, frame: 0 });
    let change =
        Change { added, runs_added: run.into_iter().collect(), position, ..Change::default() };
    let commit = Commit { change: &change, records: &closed.records, facts: &facts };
    match app.inner().vault.commit(&commit).await {
        // A try before this one was committed and failed afterwards.
        Ok(()) | Err(VaultError::AlreadyFolded) => {}
        Err(error) => return Err(error.into()),
    }
    app.duplicates(|duplicates| duplicates.commit(&change, Some(segment)))?;
    app.inner().region.publish(|view| {
        view.fresh.retain(|(number, _)| *number != segment);
        view.files.extend(change.added.iter().cloned().map(Arc::new));
    });
    app.retire_segment(segment).await?;
    app.inner().jobs.wake_ledger();
    metrics::counter!("candor_segments_folded_total").increment(1);
    Ok(())
}

/// Makes few files of many, one period after the other, and few runs of duplicate keys of many;
/// answers whether something came that must not wait for it.
async fn compact_due(app: &App, closed: &Receiver<Closed>, is_idle: bool) -> anyhow::Result<bool> {
    // Found once: whoever is merged meanwhile waits for the next time, or it would never end.
    let files = app.region().view().files;
    let moved = moved(app, &files);
    loop {
        if is_wanted_elsewhere(app, closed) {
            return Ok(true);
        }
        // Planned under the lock: nobody replaces a file between the plan and its work.
        let _manifest = app.inner().manifest.lock().await;
        let view = app.region().view();
        let files: Vec<FileEntry> = view.files.iter().map(|file| (**file).clone()).collect();
        let tasks = plan_compaction(&files, &Standing { now: app.now(), is_idle, moved });
        let Some(task) = tasks.into_iter().next() else { break };
        let work = Work::of(app);
        let wanted: Vec<(Person, Class)> = work.persons_that_moved();
        app.inner().vault.custody().ensure_person_keys(&wanted).await?;
        let worker = app.clone();
        let change = tokio::task::spawn_blocking(move || {
            work.write(&worker, |writing, new_file| {
                compact(&task, writing, &worker.inner().footers, new_file)
            })
        });
        let change = change.await??;
        if change.removed.is_empty() {
            break;
        }
        app.inner().vault.commit(&Commit { change: &change, records: &[], facts: &[] }).await?;
        app.replace_files(&change)?;
        metrics::counter!("candor_compactions_total").increment(1);
    }
    tidy_runs(app).await?;
    Ok(false)
}

/// Whether compaction has to let others go first. Past so many files it goes on under any load, or
/// they would grow without end.
fn is_wanted_elsewhere(app: &App, closed: &Receiver<Closed>) -> bool {
    let fresh = app.region().view().files.iter().filter(|file| file.level == 0).count();
    let comes = app.is_busy() || !closed.is_empty();
    (comes && fresh < FILES_WAITING_MAX) || app.inner().stopping.load(Ordering::Relaxed)
}

/// Leaves, for each one that moved, of whom those who moved are many.
const MANY: usize = 64;

/// The version of who is who since which many people were merged or parted.
fn moved(app: &App, files: &[Arc<FileEntry>]) -> Option<Version> {
    let oldest = files.iter().map(|file| file.version).min()?;
    app.region().truth(|truth| {
        let identity = &truth.identity;
        let count = identity.moved_since(oldest).count();
        (count * MANY > identity.leaf_count()).then(|| identity.version())
    })
}

/// Merges runs of duplicate keys, and drops those that have left the window.
async fn tidy_runs(app: &App) -> anyhow::Result<()> {
    let _manifest = app.inner().manifest.lock().await;
    let now = app.now();
    let before = now - app.limits().duplicate_window;
    let (merges, expired) =
        app.duplicates(|duplicates| (duplicates.plan_merges(now), duplicates.expired(before)));
    let mut changes: Vec<(Change, Vec<RunEntry>)> = Vec::new();
    for runs in merges {
        let id = app.inner().vault.next_file();
        let root = app.inner().place.root.clone();
        let merged =
            tokio::task::spawn_blocking(move || anyhow::Ok((merge_runs(&root, id, &runs)?, runs)));
        let (merged, runs) = merged.await??;
        let runs_added = merged.into_iter().collect();
        changes.push((Change { runs_added, runs_removed: ids(&runs), ..Change::default() }, runs));
    }
    if !expired.is_empty() {
        changes.push((Change { runs_removed: ids(&expired), ..Change::default() }, expired));
    }
    for (change, gone) in changes {
        app.inner().vault.commit(&Commit { change: &change, records: &[], facts: &[] }).await?;
        app.duplicates(|duplicates| duplicates.commit(&change, None))?;
        let paths: Vec<String> = gone.into_iter().map(|run| run.path).collect();
        lake::keep::fold::remove(&app.inner().place, &paths)?;
    }
    Ok(())
}

impl App {
    /// Asks or changes what is known of duplicates.
    pub(crate) fn duplicates<T>(&self, ask: impl FnOnce(&mut Duplicates) -> T) -> T {
        let mut held =
            self.inner().region.duplicates.lock().unwrap_or_else(PoisonError::into_inner);
        ask(&mut held)
    }

    /// Shows a committed change of files to whoever asks from here on, and unlinks what it
    /// replaced.
    pub(crate) fn replace_files(&self, change: &Change) -> Result<(), FileError> {
        let mut gone = Vec::new();
        self.inner().region.publish(|view| {
            let (removed, kept): (Vec<_>, Vec<_>) =
                view.files.drain(..).partition(|file| change.removed.contains(&file.id));
            gone.extend(removed.iter().map(|file| file.path.clone()));
            view.files = kept;
            view.files.extend(change.added.iter().cloned().map(Arc::new));
        });
        // A question that still holds the old list finds the file gone and starts again.
        lake::keep::fold::remove(&self.inner().place, &gone)
    }

    /// Writes a file anew without the rows of hidden leaves.
    pub(crate) fn rewrite_file(&self, entry: &FileEntry) -> Result<Change, FileError> {
        Work::of(self).write(self, |writing, new_file| {
            lake::erase::rewrite::rewrite(entry, writing, &self.inner().footers, new_file)
        })
    }
}

/// One fact for each source: how its events ended, and a commitment to what was kept.
fn facts(app: &App, closed: &Closed, rows: &Snapshot) -> Vec<Fact> {
    let mut counts: BTreeMap<SourceId, Counts> = BTreeMap::new();
    for record in &closed.records {
        if let Record::Counts { source, counts: more } = record {
            counts.entry(*source).or_default().merge(more);
        }
    }
    let secret = app.inner().vault.custody().salt_secret(closed.segment);
    let at = app.now();
    let facts = counts.into_iter().map(|(source, counts)| {
        let kept = (0u64..).zip(rows.heads()).filter(|(_, row)| row.source == source);
        let batch = Batch::new(
            kept.map(|(index, row)| (Salt::derive(&secret, index), row.leaf, row.verdict)),
        );
        let test = app.sources().any(|declared| declared.id == source && declared.is_test);
        Fact::Collected { at, source, counts, commitment: batch.root(), test }
    });
    facts.collect()
}

/// Makes the keys that sealing these rows needs, durable before anything is sealed.
async fn ensure_keys(app: &App, work: &Work, rows: &Snapshot) -> anyhow::Result<()> {
    let mut wanted: HashSet<(Person, Class)> = HashSet::new();
    for row in rows.heads().filter(|row| !work.erased.contains(&row.leaf)) {
        wanted.extend(row.classes().map(|class| (work.person(row.leaf), class)));
    }
    let wanted: Vec<(Person, Class)> = wanted.into_iter().collect();
    app.inner().vault.custody().ensure_person_keys(&wanted).await.context("keys of persons")
}

/// What writing files needs of the truth, taken at one instant.
struct Work {
    /// Only leaves that ever moved; any other is its own person.
    persons: HashMap<Leaf, Person>,
    version: life::keep::identity::Version,
    erased: Arc<HashSet<Leaf>>,
}

impl Work {
    fn of(app: &App) -> Self {
        app.region().truth(|truth| Self {
            persons: truth.identity.moved(),
            version: truth.identity.version(),
            erased: truth.hidden(),
        })
    }

    /// Everybody under whose key rows may have to be sealed anew, because leaves moved.
    fn persons_that_moved(&self) -> Vec<(Person, Class)> {
        let moved = self.persons.iter().filter(|(leaf, _)| !self.erased.contains(leaf));
        let persons: HashSet<Person> = moved.map(|(_, person)| *person).collect();
        persons.into_iter().flat_map(|person| Class::EVERY.map(|class| (person, class))).collect()
    }

    fn person(&self, leaf: Leaf) -> Person {
        self.persons.get(&leaf).copied().unwrap_or(Person::from(leaf))
    }

    /// Hands everything to a function that writes files.
    fn write<T>(
        &self,
        app: &App,
        write: impl FnOnce(&Writing<'_>, &mut dyn FnMut() -> NewFile) -> Result<T, FileError>,
    ) -> Result<T, FileError> {
        let inner = app.inner();
        let writing = Writing {
            place: &inner.place,
            columns: &inner.columns,
            sealer: app.sealer(),
            person: &|leaf| self.person(leaf),
            version: self.version,
            erased: &self.erased,
            now: app.now(),
        };
        write(&writing, &mut || (inner.vault.next_file(), inner.vault.custody().new_file_key()))
    }
}
