//! The installation as one handle: what is open, and what handlers and jobs ask of it.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::fs::File;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use lake::keep::column::Columns;
use lake::keep::file::Place;
use lake::keep::keeper::{Keeper, Region};
use lake::keep::read::Footers;
use life::admit::catalogue::DeclaredProperty;
use life::admit::{Attempts, Blinder, Catalogue, Gate, Seen, Source};
use life::know::Words;
use metrics_exporter_prometheus::PrometheusHandle;
use vault::Vault;
use vocabulary::{Code, Fact, Limits, PersonSealer, SourceId, Time};

use crate::clock::Clock;
use crate::config::Config;

pub mod access;
pub mod asking;
pub mod people_behind;
pub mod catalogue;
pub mod cohorts;
pub mod collect;
pub mod export;
pub mod forget;
pub mod messages;
mod open;
pub mod overload;
pub mod proof;
pub mod quarantine;
pub mod running;
pub mod reading;
pub mod room;
pub mod saved;
pub mod schemas;
mod storage;
pub mod streams;
pub mod rejudge;
mod restrict;
mod unlink;

use streams::Streams;

/// One open installation. Cloning is cheap.
#[derive(Clone)]
pub struct App(Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) config: Config,
    pub(crate) clock: Clock,
    pub(crate) started: Time,
    pub(crate) limits: Limits,
    pub(crate) catalogue: Arc<Catalogue>,
    pub(crate) words: Words,
    pub(crate) by_code: HashMap<Code, DeclaredProperty>,
    pub(crate) columns: Arc<Columns>,
    pub(crate) gate: Gate,
    pub(crate) blinder: Blinder,
    pub(crate) sources: BTreeMap<String, Arc<Source>>,
    pub(crate) schemas: schemas::Registry,
    pub(crate) room: room::Room,
    pub(crate) load: overload::Load,
    pub(crate) source_names: HashMap<SourceId, String>,
    pub(crate) counters: HashMap<SourceId, collect::Counters>,
    pub(crate) region: Arc<Region>,
    pub(crate) keeper: Mutex<Option<Keeper>>,
    pub(crate) keeper_thread: Mutex<Option<std::thread::JoinHandle<()>>>,
    pub(crate) vault: Vault,
    pub(crate) ledger: Mutex<vault::ledger::Ledger>,
    pub(crate) place: Place,
    pub(crate) journal: PathBuf,
    pub(crate) footers: Footers,
    pub(crate) streams: Arc<Streams>,
    pub(crate) queries: Arc<running::Queries>,
    /// Turns of texts of SQL: what each may hold in memory, this many may hold.
    pub(crate) texts: tokio::sync::Semaphore,
    /// Held by whoever changes the manifest: fold, compaction, erasure.
    pub(crate) manifest: tokio::sync::Mutex<()>,
    /// Held by whoever moves an erasure on before its files are rewritten: one at a time.
    pub(crate) erasing: tokio::sync::Mutex<()>,
    pub(crate) seen: Mutex<Seen>,
    pub(crate) sequence: AtomicU64,
    pub(crate) unknown_keys: AtomicU64,
    pub(crate) attempts: Mutex<Attempts<access::Tried>>,
    pub(crate) jobs: crate::job::Jobs,
    pub(crate) figures: Option<PrometheusHandle>,
    pub(crate) stopping: AtomicBool,
    /// Whether a server listens, or a verb of the command line has opened the directory.
    pub(crate) serving: AtomicBool,
    /// INVARIANT(one-writer): held as long as the installation is open.
    pub(crate) _lock: File,
}

impl fmt::Debug for App {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("App").field("data", &self.0.config.server.data).finish_non_exhaustive()
    }
}

impl App {
    #[must_use]
    pub fn now(&self) -> Time {
        self.0.clock.now()
    }

    #[must_use]
    pub fn started(&self) -> Time {
        self.0.started
    }

    #[must_use]
    pub fn config(&self) -> &Config {
        &self.0.config
    }

    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.0.limits
    }

    #[must_use]
    pub fn catalogue(&self) -> &Catalogue {
        &self.0.catalogue
    }

    #[must_use]
    pub fn gate(&self) -> &Gate {
        &self.0.gate
    }

    #[must_use]
    pub fn blinder(&self) -> &Blinder {
        &self.0.blinder
    }

    #[must_use]
    pub fn region(&self) -> &Region {
        &self.0.region
    }

    #[must_use]
    pub fn streams(&self) -> &Streams {
        &self.0.streams
    }

    pub(crate) fn inner(&self) -> &Inner {
        &self.0
    }

    /// The person sealer: the vault's custody.
    pub(crate) fn sealer(&self) -> &dyn PersonSealer {
        self.0.vault.custody().persons()
    }

    /// The keeper, while the installation is open.
    pub(crate) fn keeper(&self) -> Result<Keeper, lake::keep::keeper::Unavailable> {
        let keeper = self.0.keeper.lock().unwrap_or_else(PoisonError::into_inner);
        keeper.clone().ok_or(lake::keep::keeper::Unavailable::Stopped)
    }

    /// The declared sources, by name.
    pub fn sources(&self) -> impl Iterator<Item = &Arc<Source>> {
        self.0.sources.values()
    }

    /// A declared source.
    #[must_use]
    pub fn source(&self, name: &str) -> Option<Arc<Source>> {
        self.0.sources.get(name).cloned()
    }

    /// The source whose trackers send this app id.
    #[must_use]
    pub fn source_of_app(&self, app: &str) -> Option<Arc<Source>> {
        let mut sources = self.config().sources.iter();
        let (name, _) = sources.find(|(_, rules)| rules.app_ids.iter().any(|own| own == app))?;
        self.source(name)
    }

    /// Every source that ever was, declared or not, with its name.
    pub fn every_source(&self) -> impl Iterator<Item = (SourceId, &str)> {
        self.0.source_names.iter().map(|(id, name)| (*id, name.as_str()))
    }

    /// The name of a source, also of one that is no longer declared.
    #[must_use]
    pub fn source_name(&self, id: SourceId) -> String {
        self.0.source_names.get(&id).cloned().unwrap_or_else(|| format!("source-{}", id.0))
    }

    /// The declared property behind a code.
    #[must_use]
    pub fn property_of(&self, code: Code) -> Option<&DeclaredProperty> {
        self.0.by_code.get(&code)
    }

    pub(crate) fn next_sequence(&self) -> u64 {
        self.0.sequence.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Counts a request with a key that nobody knows.
    pub fn met_unknown_key(&self) {
        self.0.unknown_keys.fetch_add(1, Ordering::Relaxed);
    }

    /// How many requests showed an unknown key since the start, if any did.
    #[must_use]
    pub fn unknown_keys(&self) -> Option<u64> {
        let count = self.0.unknown_keys.load(Ordering::Relaxed);
        (count > 0).then_some(count)
    }

    /// Whether events can be taken now, or why not.
    pub fn ready(&self) -> Result<(), String> {
        if self.0.stopping.load(Ordering::Relaxed) {
            return Err("the server is stopping".to_owned());
        }
        if self.region().fresh_rows() >= self.limits().fresh_rows {
            return Err("too many rows wait to be folded into files".to_owned());
        }
        Ok(())
    }

    /// Brings the figures that are states, not counts, up to date.
    pub fn measure(&self) {
        let view = self.region().view();
        metrics::gauge!("candor_fresh_rows").set(self.region().fresh_rows() as f64);
        metrics::gauge!("candor_journal_segments").set(view.fresh.len() as f64);
        metrics::gauge!("candor_lake_files").set(view.files.len() as f64);
        metrics::gauge!("candor_quarantine_files").set(self.concerns().len() as f64);
        metrics::gauge!("candor_lake_bytes")
            .set(view.files.iter().map(|file| file.bytes).sum::<u64>() as f64);
    }

    /// Says that a server listens from here on.
    pub fn serve(&self) {
        self.0.serving.store(true, Ordering::Relaxed);
    }

    /// Whether a server listens.
    #[must_use]
    pub fn is_serving(&self) -> bool {
        self.0.serving.load(Ordering::Relaxed)
    }

    /// All figures as text for Prometheus.
    #[must_use]
    pub fn metrics(&self) -> String {
        self.0.figures.as_ref().map(PrometheusHandle::render).unwrap_or_default()
    }

    pub(crate) fn note_seen(&self, source: SourceId, seen: Seen) {
        let mut all = self.0.seen.lock().unwrap_or_else(PoisonError::into_inner);
        all.merge(source, seen, self.limits());
    }

    /// Puts facts on their way to the ledger; they are durable when this answers.
    pub(crate) async fn record(&self, facts: &[Fact]) -> Result<(), vault::VaultError> {
        self.0.vault.record(facts).await?;
        self.0.jobs.wake_ledger();
        Ok(())
    }

    /// Stops: what was acknowledged is durable already, so nothing is lost by stopping now.
    pub async fn stop(&self) {
        self.0.stopping.store(true, Ordering::Relaxed);
        let keeper = self.0.keeper.lock().unwrap_or_else(PoisonError::into_inner).take();
        drop(keeper);
        let thread = self.0.keeper_thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            // The keeper's thread ends once it has written what was waiting; a panic in it was
            // logged.
            let _ = tokio::task::spawn_blocking(move || thread.join()).await;
        }
        self.0.jobs.finish().await;
    }
}
