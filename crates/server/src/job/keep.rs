//! The job of keeping: closed segments become files, small files become larger ones, old keys are forgotten.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};

use anyhow::Context as _;
use lake::keep::compact::{self, Compacting};
use lake::keep::file::{FileError, Scanned};
use lake::keep::fold::fold as fold_rows;
use lake::keep::journal;
use lake::keep::keeper::{Closed, KeeperError, Listener, SegmentKeys};
use lake::keep::write::{NewFile, Writing};
use life::keep::manifest::{Change, FileEntry, Position};
use life::keep::{Kept, Record, Row};
use life::ledger::commitment::{Batch, Salt};
use tokio::runtime::Handle;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};
use vault::{Commit, Vault};
use vocabulary::{Class, Counts, Fact, Leaf, Person, Sealer, SourceId, Span};

use crate::app::App;
use crate::app::streams::Streams;

/// The queue of closed segments.
#[derive(Debug)]
pub struct Folding {
    pub(super) sender: UnboundedSender<Closed>,
    pub(super) receiver: UnboundedReceiver<Closed>,
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
    sender: UnboundedSender<Closed>,
    streams: Arc<Streams>,
}

impl Told {
    /// Rows of one frame that are shown live.
    const ROWS_SHOWN: usize = 100;
}

impl Listener for Told {
    fn kept(&mut self, kept: &Kept) {
        let rows = kept.records().iter().filter_map(row_of);
        for row in rows.take(Self::ROWS_SHOWN) {
            self.streams.rows.push(Arc::new(row.clone()));
        }
    }

    fn closed(&mut self, closed: Closed) {
        // Without a receiver the program is ending; the segment stays in the journal.
        let _ = self.sender.send(closed);
    }

    fn fatal(&mut self, error: KeeperError) {
        stop_at_once(&error);
    }
}

/// Ends the process: what is on disk is unknown, and only a restart reads it anew.
fn stop_at_once(error: &dyn std::fmt::Display) -> ! {
    tracing::error!(%error, "storage cannot be trusted any more: the process stops, a restart replays the journal");
    std::process::exit(70)
}

fn row_of(record: &Record) -> Option<&Row> {
    match record {
        Record::Row { row, .. } => Some(row),
        Record::Name { .. }
        | Record::Verdict { .. }
        | Record::Leaf { .. }
        | Record::Link { .. }
        | Record::Unlink { .. }
        | Record::Act { .. }
        | Record::Erase { .. }
        | Record::Counts { .. } => None,
    }
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
pub async fn fold(app: App, mut closed: UnboundedReceiver<Closed>) {
    while let Some(segment) = closed.recv().await {
        while let Err(error) = fold_one(&app, &segment).await {
            if is_final(&error) {
                stop_at_once(&format!("{error:#}"));
            }
            tracing::error!(segment = segment.segment, error = format!("{error:#}"),
                "a segment could not be folded; its events are safe in the journal, and it is tried again");
            if app.inner().stopping.load(Ordering::Relaxed) {
                return;
            }
            crate::clock::pause(Span::seconds(5)).await;
        }
        app.inner().jobs.wake_erase();
        if let Err(error) = compact_due(&app).await {
            if is_final(&error) {
                stop_at_once(&format!("{error:#}"));
            }
            tracing::error!(error = format!("{error:#}"), "compaction failed; it is tried again after the next fold");
        }
    }
}

/// After a failed sync nobody knows what is on disk.
fn is_final(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| matches!(cause.downcast_ref(), Some(FileError::Sync { .. })))
}

async fn fold_one(app: &App, closed: &Closed) -> anyhow::Result<()> {
    let _manifest = app.inner().manifest.lock().await;
    let rows: Vec<Row> = closed.fresh.snapshot().rows().collect();
    let facts = facts(app, closed, &rows);
    let work = Work::of(app, rows.iter().map(|row| row.leaf));
    ensure_keys(app, &work, &rows).await?;
    let (folder, duplicates) = (app.clone(), closed.duplicates.clone());
    let (added, run) = tokio::task::spawn_blocking(move || {
        let added = work.write(&folder, |writing, new_file| fold_rows(rows, writing, new_file))?;
        let mut held = folder.inner().region.duplicates.lock().unwrap_or_else(PoisonError::into_inner);
        let id = folder.inner().vault.next_file();
        let run = held.flush(id, &duplicates, folder.now())?;
        anyhow::Ok((added, run))
    })
    .await??;
    let position = Some(Position { segment: closed.segment + 1, frame: 0 });
    let change = Change { added: added.clone(), runs_added: run.into_iter().collect(), position, ..Change::default() };
    app.inner().vault.commit(&Commit { change: &change, records: &closed.records, facts: &facts }).await?;
    let segment = closed.segment;
    app.inner().region.publish(|view| {
        view.fresh.retain(|(number, _)| *number != segment);
        view.files.extend(added.into_iter().map(Arc::new));
    });
    app.inner().vault.custody().destroy_segment(segment).await?;
    journal::remove(&app.inner().journal, segment)?;
    app.inner().jobs.wake_ledger();
    metrics::counter!("candor_segments_folded_total").increment(1);
    Ok(())
}

/// One fact for each source: how its events ended, and a commitment to what was kept.
fn facts(app: &App, closed: &Closed, rows: &[Row]) -> Vec<Fact> {
    let mut counts: BTreeMap<SourceId, Counts> = BTreeMap::new();
    for record in &closed.records {
        if let Record::Counts { source, counts: more } = record {
            counts.entry(*source).or_default().merge(more);
        }
    }
    let secret = app.inner().vault.custody().salt_secret(closed.segment);
    let at = app.now();
    let facts = counts.into_iter().map(|(source, counts)| {
        let kept = (0u64..).zip(rows).filter(|(_, row)| row.source == source);
        let batch = Batch::new(kept.map(|(index, row)| (Salt::derive(&secret, index), row.leaf, row.verdict)));
        let test = app.sources().any(|declared| declared.id == source && declared.is_test);
        Fact::Collected { at, source, counts, commitment: batch.root(), test }
    });
    facts.collect()
}

/// Makes the keys that sealing these rows needs, durable before anything is sealed.
async fn ensure_keys(app: &App, work: &Work, rows: &[Row]) -> anyhow::Result<()> {
    let mut wanted: HashSet<(Person, Class)> = HashSet::new();
    for row in rows.iter().filter(|row| !work.erased.contains(&row.leaf)) {
        wanted.extend(row.sealed.iter().map(|(class, ..)| (work.person(row.leaf), *class)));
    }
    let wanted: Vec<(Person, Class)> = wanted.into_iter().collect();
    app.inner().vault.custody().ensure_person_keys(&wanted).await.context("keys of persons")
}

/// What writing files needs of the truth, taken at one instant.
pub(super) struct Work {
    persons: HashMap<Leaf, Person>,
    version: life::keep::identity::Version,
    pub(super) erased: Arc<HashSet<Leaf>>,
}

impl Work {
    /// For rows of these leaves.
    pub(super) fn of(app: &App, leaves: impl Iterator<Item = Leaf>) -> Self {
        let leaves: HashSet<Leaf> = leaves.collect();
        app.region().truth(|truth| Self {
            persons: leaves.into_iter().map(|leaf| (leaf, truth.identity.person(leaf))).collect(),
            version: truth.identity.version(),
            erased: truth.hidden(),
        })
    }

    fn person(&self, leaf: Leaf) -> Person {
        self.persons.get(&leaf).copied().unwrap_or(Person::from(leaf))
    }

    /// Hands everything to a function that writes files.
    pub(super) fn write<T>(
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
