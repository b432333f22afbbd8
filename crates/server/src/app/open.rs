//! Opening an installation: lock, keys, truth, files, the journal's rest, then the jobs.

use std::collections::HashSet;
use std::fs::{DirBuilder, File, OpenOptions, Permissions};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::sync::{Arc, Mutex, RwLock};

use anyhow::{Context as _, bail};
use lake::keep::column::Columns;
use lake::keep::duplicates::Duplicates;
use lake::keep::file::Place;
use lake::keep::fresh::Fresh;
use lake::keep::journal::{self, Context, JournalError};
use lake::keep::keeper::{Closed, Keeper, Region, Start, View};
use lake::keep::read::Footers;
use life::admit::{Catalogue, Gate, Law, Seen};
use life::keep::manifest::Position;
use life::keep::names::Named;
use life::keep::{Record, Truth};
use life::know::Words;
use vault::custody::{FileRoot, RootKey, SystemChance};
use vault::erase::Buried;
use vault::ledger::Ledger;
use vault::{Loaded, Opening, Vault, VaultError};
use vocabulary::{Code, Fact, Leaf, Limits, Purposes, SealError, Time};

use super::quarantine::{FOLDER as QUARANTINE, set_aside};
use super::streams::Streams;
use super::{App, Inner};
use crate::clock::Clock;
use crate::config::Config;
use crate::job::{Jobs, keep::Folding};

/// Folders of the directory of state.
const JOURNAL: &str = "journal";
const LAKE: &str = "lake";
const LEDGER: &str = "ledger";
/// The file that shows that an installation was founded.
const VAULT: &str = "vault.db";

/// Footers of files that stay open in memory.
const FOOTERS_MAX: usize = 4_096;

/// The region as it is found on disk, before anything is written to it.
struct Found {
    region: Arc<Region>,
    replayed: Replayed,
    place: Place,
    context: Context,
}

impl App {
    /// Whether the directory of state holds an installation.
    #[must_use]
    pub fn is_founded(config: &Config) -> bool {
        config.server.data.join(VAULT).exists()
    }

    /// Opens the installation that a configuration describes, founding it when its directory is
    /// empty.
    pub async fn open(config: Config, clock: Clock) -> anyhow::Result<App> {
        let now = clock.now();
        let limits = Limits::default();
        let lock = occupy(&config.server.data)?;
        let vault = open_vault(&config, &limits, now).await?;
        let mut catalogue = Catalogue::shipped()?;
        let schemas = super::schemas::Registry::open(&config.snowplow)?;
        let law = Law::shipped(&catalogue)?.confirm(&config.law.confirmed)?;
        let sources = sources(&config, (&catalogue, &law), &vault).await?;
        let Found { region, replayed, place, context } =
            find(&config, &catalogue, &vault, &limits).await?;

        let (jobs, folding) = Jobs::new();
        let streams = Arc::new(Streams::new());
        let journal = config.server.data.join(JOURNAL);
        let start = Start { directory: journal.clone(), context, segment: replayed.next, now };
        let keys = Box::new(crate::job::keep::Keys::new(vault.clone()));
        let listener = Box::new(folding.listener(Arc::clone(&streams)));
        let (keeper, thread) = Keeper::start(Arc::clone(&region), start, keys, listener)?;
        bind(&mut catalogue, &keeper, &region).await?;
        let catalogue = Arc::new(catalogue);
        let app = App(Arc::new(Inner {
            started: now,
            words: Words::of(&catalogue),
            by_code: catalogue.properties().map(|one| (one.code, one.clone())).collect(),
            columns: Arc::new(Columns::of(&catalogue)),
            gate: Gate::new(Arc::clone(&catalogue), Arc::new(law), limits.clone()),
            blinder: vault.custody().blinder(),
            counters: sources.values().map(|one| (one.id, Default::default())).collect(),
            sources,
            schemas,
            room: super::room::Room::new(&limits),
            load: super::overload::Load::default(),
            source_names: vault.sources().await?.into_iter().collect(),
            region,
            keeper: Mutex::new(Some(keeper)),
            keeper_thread: Mutex::new(Some(thread)),
            ledger: Mutex::new(open_ledger(&config, &vault).await?),
            place,
            journal,
            footers: Footers::new(FOOTERS_MAX),
            streams,
            queries: Arc::default(),
            texts: tokio::sync::Semaphore::new(limits.running_texts),
            manifest: tokio::sync::Mutex::new(()),
            erasing: tokio::sync::Mutex::new(()),
            seen: Mutex::new(Seen::default()),
            sequence: AtomicU64::new(0),
            unknown_keys: AtomicU64::new(0),
            attempts: Mutex::default(),
            jobs,
            figures: figures(),
            stopping: AtomicBool::new(false),
            serving: AtomicBool::new(false),
            config,
            clock,
            limits,
            catalogue,
            vault,
            _lock: lock,
        }));
        app.begin(folding, replayed).await?;
        Ok(app)
    }

    /// Founds the ledger, reports what the replay could not read, and starts the jobs.
    async fn begin(&self, folding: Folding, replayed: Replayed) -> anyhow::Result<()> {
        let at = self.now();
        let mut facts = Vec::new();
        let is_new = self.0.vault.drain(1).await?.is_empty() && self.checkpoint().0 == 0;
        if is_new {
            facts.push(Fact::Founded { at, controller: self.0.vault.controller().to_owned() });
        }
        for damage in replayed.broken {
            tracing::error!(
                segment = damage.segment,
                offset = damage.offset,
                bytes = damage.bytes,
                torn_tail = damage.is_torn_tail,
                "bytes of the journal do not authenticate; they were kept aside"
            );
            facts.push(Fact::Quarantined {
                at,
                what: format!("journal segment {} at {}", damage.segment, damage.offset),
                reason: if damage.is_torn_tail {
                    "torn tail".into()
                } else {
                    "does not authenticate".into()
                },
                bytes: damage.bytes,
            });
        }
        for (segment, bytes) in replayed.foreign {
            let what = format!("journal segment {segment}");
            facts.push(Fact::Quarantined { at, what, reason: "foreign".into(), bytes });
        }
        for Orphans { segment, records, bytes } in replayed.orphans {
            tracing::error!(
                segment,
                records,
                bytes,
                "records of the journal refer to something in its damaged bytes; they were kept aside"
            );
            let what = format!("journal segment {segment}");
            facts.push(Fact::Quarantined { at, what, reason: "orphaned".into(), bytes });
        }
        self.record(&facts).await?;
        self.rejudge().await?;
        self.0.jobs.start(self, folding, replayed.closed);
        Ok(())
    }
}

/// What the journal held beyond the vault's position.
#[derive(Default)]
struct Replayed {
    closed: Vec<Closed>,
    broken: Vec<journal::Damage>,
    orphans: Vec<Orphans>,
    /// Segments that were set aside whole, with their bytes.
    foreign: Vec<(u64, u64)>,
    next: u64,
}

/// Records of a segment that refer to something that was lost with its damaged bytes.
struct Orphans {
    segment: u64,
    records: u64,
    bytes: u64,
}

struct Replay<'a> {
    directory: &'a Path,
    data: &'a Path,
    context: &'a Context,
    vault: &'a Vault,
}

impl Replay<'_> {
    async fn run(
        &self,
        position: Position,
        truth: &mut Truth,
        duplicates: &mut Duplicates,
    ) -> anyhow::Result<Replayed> {
        let mut replayed = Replayed { next: position.segment.max(1), ..Replayed::default() };
        for segment in journal::segments(self.directory)? {
            if segment < position.segment {
                // Its rows are in files; the program stopped before it could tidy up.
                if !super::quarantine::holds(self.data, segment)? {
                    self.vault.custody().destroy_segment(segment).await?;
                }
                journal::remove(self.directory, segment)?;
                continue;
            }
            let Some(read) = self.read(segment).await? else {
                let bytes = set_aside(self.directory, self.data, segment)?;
                replayed.foreign.push((segment, bytes));
                continue;
            };
            for damage in &read.broken {
                journal::quarantine(self.directory, &self.data.join(QUARANTINE), damage)?;
            }
            replayed.broken.extend(read.broken);
            let mut closed = Closed::new(segment, Arc::new(Fresh::default()));
            let mut recovery = life::keep::Recovery::new(truth);
            for (_, kept) in read.frames {
                let kept = recovery.take(kept);
                for record in kept.records() {
                    if let Record::Row { duplicate: Some(key), .. } = record {
                        duplicates.insert(segment, *key);
                    }
                }
                closed.take(kept);
            }
            if recovery.orphans > 0 {
                let aside = self.data.join(QUARANTINE);
                let bytes = journal::quarantine_whole(self.directory, &aside, segment)?;
                replayed.orphans.push(Orphans { segment, records: recovery.orphans, bytes });
            }
            replayed.closed.push(closed);
            replayed.next = replayed.next.max(segment + 1);
        }
        Ok(replayed)
    }
}

impl Replay<'_> {
    /// What a segment holds; nothing when it is not of this installation: its first bytes are
    /// unknown, or no key was ever made for it here.
    async fn read(&self, segment: u64) -> anyhow::Result<Option<journal::Replayed>> {
        let sealer = match self.vault.custody().segment_key(segment).await {
            Ok(sealer) => sealer,
            Err(VaultError::Seal(SealError::Destroyed)) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        match journal::replay(self.directory, segment, &*sealer, self.context) {
            Ok(read) => Ok(Some(read)),
            Err(JournalError::Magic { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

/// Makes the directory of state and takes it for this process alone.
fn occupy(data: &Path) -> anyhow::Result<File> {
    for folder in ["", JOURNAL, LAKE, QUARANTINE, LEDGER] {
        let folder = data.join(folder);
        let failed = || format!("cannot make `{}`", folder.display());
        DirBuilder::new().recursive(true).mode(0o700).create(&folder).with_context(failed)?;
    }
    close(data)?;
    let path = data.join("lock");
    let mut options = OpenOptions::new();
    let file = options.create(true).truncate(false).write(true).mode(0o600).open(&path)?;
    if file.try_lock().is_err() {
        bail!(
            "`{}` is in use by another candor: stop it, or ask it through its socket",
            data.display()
        );
    }
    Ok(file)
}

/// Takes from everybody but the owner what they may do with the directory of state, its folders and
/// the files beside them, and says where that was needed.
fn close(data: &Path) -> anyhow::Result<()> {
    let beside = std::fs::read_dir(data)?.map(|entry| Ok(entry?.path()));
    for path in std::iter::once(Ok(data.to_owned())).chain(beside) {
        let path: PathBuf = path.map_err(|error: std::io::Error| error)?;
        let found = std::fs::symlink_metadata(&path)?;
        let mode = found.permissions().mode();
        if found.is_symlink() || mode & 0o077 == 0 {
            continue;
        }
        std::fs::set_permissions(&path, Permissions::from_mode(mode & 0o700)).with_context(
            || format!("others may read `{}`: make it yours alone", path.display()),
        )?;
        tracing::warn!(path = %path.display(), "others could read this: now only its owner can");
    }
    Ok(())
}

async fn open_vault(config: &Config, limits: &Limits, now: Time) -> anyhow::Result<Vault> {
    let opening = Opening {
        data: &config.server.data,
        region: vocabulary::Region(config.server.region),
        root: root_key(config)?,
        limits: limits.clone(),
        chance: Box::new(SystemChance::default()),
        now,
    };
    Ok(Vault::open(opening).await?)
}

/// Loads what the vault saved and replays what the journal holds beyond it.
async fn find(
    config: &Config,
    catalogue: &Catalogue,
    vault: &Vault,
    limits: &Limits,
) -> anyhow::Result<Found> {
    let data = &config.server.data;
    let on_device = catalogue.purposes().iter().filter(|one| one.on_device);
    let on_device: Purposes = on_device.map(|one| one.purpose).collect();
    let loaded = vault.load_truth().await?;
    let position = loaded.position.unwrap_or_default();
    let mut truth = restore(loaded, config, on_device, limits);
    let place = Place {
        root: data.join(LAKE),
        controller: vault.controller().to_owned(),
        region: vault.region(),
    };
    let (files, runs) = (vault.manifest().await?, vault.runs().await?);
    lake::keep::fold::sweep(&place, &files, &runs)?;
    let mut duplicates = Duplicates::open(&place.root, &runs)?;
    let context =
        Context { controller: vault.controller().to_owned(), region: config.server.region };
    let directory = data.join(JOURNAL);
    let replay = Replay { directory: &directory, data, context: &context, vault };
    let replayed = replay.run(position, &mut truth, &mut duplicates).await?;
    // The tombstones outlive a damaged journal: whoever they name stays forgotten.
    let mut attached: HashSet<Leaf> = truth.identity.all().map(|(_, leaf)| leaf).collect();
    for grave in vault.tombstones()? {
        if grave.act == Buried::Erasure && attached.remove(&grave.leaf) {
            truth.apply(&Record::Erase { leaves: vec![grave.leaf], at: grave.at });
        }
    }
    let fresh = replayed.closed.iter().map(|closed| (closed.segment, Arc::clone(&closed.fresh)));
    let view = View { files: files.into_iter().map(Arc::new).collect(), fresh: fresh.collect() };
    let region = Arc::new(Region {
        truth: RwLock::new(truth),
        view: RwLock::new(view),
        duplicates: Mutex::new(duplicates),
        limits: limits.clone(),
    });
    Ok(Found { region, replayed, place, context })
}

/// Gives every declared property the number that stands for its name, for good.
async fn bind(catalogue: &mut Catalogue, keeper: &Keeper, region: &Region) -> anyhow::Result<()> {
    let properties = catalogue.properties().map(|one| (Named::Property, one.name.clone()));
    // Declared events have their codes from the start: no flood of other names can use them up.
    let events = catalogue.events().map(|name| (Named::Event, name.to_owned()));
    keeper.name(properties.chain(events).collect()).await?;
    region.truth(|truth| {
        // Every name was just given a code; zero stands for no name and is never asked for.
        catalogue.bind(|name| truth.names.code(Named::Property, name).unwrap_or(Code(0)));
    });
    Ok(())
}

/// Opens the ledger, which must hold all that the vault knows it to have held.
async fn open_ledger(config: &Config, vault: &Vault) -> anyhow::Result<Ledger> {
    let mut seed = vault.custody().ledger_seed();
    let directory = config.server.data.join(LEDGER);
    let ledger = Ledger::open(&directory, &config.server.controller, &seed);
    seed.fill(0);
    let ledger = ledger?;
    if let Some(noted) = vault.noted_checkpoint().await? {
        ledger.extends(&noted).with_context(|| {
            format!("`{}` was cut or replaced: restore it from a backup", directory.display())
        })?;
    }
    Ok(ledger)
}

/// The root key; made on the first start, when the data directory holds nothing yet.
fn root_key(config: &Config) -> anyhow::Result<Arc<dyn RootKey>> {
    let (path, data) = (&config.server.root_key, &config.server.data);
    let is_new = !path.exists() && !data.join(VAULT).exists();
    if is_new {
        let root = FileRoot::create(path, data, &mut SystemChance::default())?;
        tracing::info!(path = %path.display(), "a root key was made: without it the data can never be read again, keep a copy elsewhere");
        return Ok(Arc::new(root));
    }
    if !path.exists() {
        bail!(
            "the root key `{}` is not there, and the data in `{}` can be read with no other than the \
             one that was made for it: put it back from your copy, or name it with --root-key",
            path.display(),
            data.display()
        );
    }
    Ok(Arc::new(FileRoot::open(path, data)?))
}

fn restore(loaded: Loaded, config: &Config, on_device: Purposes, limits: &Limits) -> Truth {
    let mut truth =
        Truth::new(vocabulary::Region(config.server.region), on_device, limits.consent_acts);
    for (named, code, text) in &loaded.names {
        truth.names.enter(*named, *code, text);
    }
    for (id, key, mask) in loaded.verdicts {
        truth.restore_verdict(id, key, mask);
    }
    for leaf in &loaded.leaves {
        match leaf.index {
            Some(index) => truth.identity.enter(index, leaf.leaf, leaf.subject),
            None => truth.identity.reserve(leaf.leaf),
        }
        if leaf.moved.0 > 0 {
            truth.identity.restore(leaf.leaf, leaf.person, leaf.moved);
        }
    }
    truth.identity.restore_version(loaded.version);
    for (leaf, acts) in loaded.acts {
        truth.restore_acts(leaf, acts);
    }
    for (leaf, cuts) in loaded.cuts {
        for cut in cuts {
            truth.cut(leaf, cut);
        }
    }
    for leaf in loaded.hidden {
        truth.hide(leaf);
    }
    for (index, until) in loaded.suppressed {
        truth.suppress(index, until);
    }
    for statistic in &loaded.events {
        truth.use_name(statistic.source, statistic.event);
    }
    for (source, counts) in loaded.counts {
        truth.apply(&Record::Counts { source, counts: Box::new(counts) });
    }
    truth
}

async fn sources(
    config: &Config,
    (catalogue, law): (&Catalogue, &Law),
    vault: &Vault,
) -> anyhow::Result<std::collections::BTreeMap<String, Arc<life::admit::Source>>> {
    let mut sources = std::collections::BTreeMap::new();
    for (name, rules) in &config.sources {
        let id = vault.source(name).await?;
        let source = rules
            .declare(id, name, (catalogue, law))
            .map_err(|problem| anyhow::anyhow!("`sources.{name}`: {problem}"))?;
        sources.insert(name.clone(), Arc::new(source));
    }
    Ok(sources)
}

/// The recorder of figures. One process has one; a second installation in it goes without.
fn figures() -> Option<metrics_exporter_prometheus::PrometheusHandle> {
    metrics_exporter_prometheus::PrometheusBuilder::new().install_recorder().ok()
}
