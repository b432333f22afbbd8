//! Keys of persons: made in batches, durable before they are used, destroyed for good.
//!
//! Sealing and opening are synchronous, since they happen inside a scan; pages that are not in
//! memory are read by a thread of their own with a connection of its own, so a caller may stand
//! anywhere.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{self, SyncSender};

use sqlx::sqlite::{SqliteConnection, SqliteRow};
use sqlx::{Connection, Row};
use vocabulary::{Class, Person, PersonSealer, Region, SealError};

use super::chance::{self, Draw};
use super::cipher::Key;
use super::epoch::Epochs;
use super::page::{self, Cache, Page, Place};
use super::{Custody, context};
use crate::VaultError;
use crate::sql::{self, Write};

const TABLE: &str = "person-keys";
/// Unwrapped pages in memory: 16,384 persons' worth for each mebibyte or so.
const PAGES_MAX: usize = 4_096;
/// Pages that one miss reads, since scans go along the numbers.
const PAGES_AHEAD: u64 = 16;
const WAITING_MAX: usize = 64;
const PAGES_WIDE: usize = 16;
/// A read that is overtaken by changes again and again gives up.
const TRIES: u32 = 16;
const REWRAP_PAGES: i64 = 512;

sql::statements! {
    RANGE = "select place, epoch, version, wrapped from person_pages \
             where place >= $1 and place < $2 order by place limit $3";
}

sql::wide_statements! {
    upsert_pages = "insert into person_pages (place, epoch, version, wrapped) values",
        4, PAGES_WIDE,
        "on conflict (place) do update set epoch = excluded.epoch, version = excluded.version, \
         wrapped = excluded.wrapped";
    upsert_page = "insert into person_pages (place, epoch, version, wrapped) values", 4, 1,
        "on conflict (place) do update set epoch = excluded.epoch, version = excluded.version, \
         wrapped = excluded.wrapped";
    select_pages = "select place, epoch, version, wrapped from person_pages where place in",
        PAGES_WIDE, 1, "";
}

/// What the thread that reads pages starts with.
pub(super) struct Start {
    pub(super) path: PathBuf,
    pub(super) controller: String,
    pub(super) region: Region,
    pub(super) epochs: Epochs,
    pub(super) draw: Draw,
}

/// Seals and opens with persons' keys. Cheap to clone.
#[derive(Clone)]
pub struct PersonKeys {
    inner: Arc<Inner>,
}

struct Inner {
    controller: String,
    region: Region,
    epochs: Epochs,
    draw: Draw,
    cache: Cache,
    reader: SyncSender<Ask>,
}

/// A question to the thread that reads pages: from which place on, and where the answer goes.
struct Ask {
    from: Place,
    answer: SyncSender<Result<Vec<Stored>, SealError>>,
}

/// A page as it lies in the file.
struct Stored {
    place: Place,
    epoch: u32,
    version: u64,
    wrapped: Vec<u8>,
}

impl std::fmt::Debug for PersonKeys {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("PersonKeys(..)")
    }
}

impl Stored {
    fn read(row: &SqliteRow) -> Result<Self, VaultError> {
        Ok(Self {
            place: Place(sql::unsigned(row, 0)?),
            epoch: sql::small(row, 1)?,
            version: sql::unsigned(row, 2)?,
            wrapped: row.try_get(3)?,
        })
    }

    fn open(&self, controller: &str, epochs: &Epochs) -> Result<Page, SealError> {
        let bound = bound(controller, self.place, self.version);
        Page::read(self.version, epochs.unwrap_bytes(self.epoch, &bound, &self.wrapped)?)
    }
}

/// A page is bound to its class, its number and its version; the class is part of the place.
fn bound(controller: &str, place: Place, version: u64) -> Vec<u8> {
    let mut bound = context(controller, TABLE, place.0);
    bound.extend_from_slice(&version.to_be_bytes());
    bound
}

/// Answers questions until the last `PersonKeys` is gone.
fn serve(path: PathBuf, asks: mpsc::Receiver<Ask>) -> std::io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async move {
        let mut connection = None;
        while let Ok(ask) = asks.recv() {
            let pages = read_range(&mut connection, &path, ask.from).await;
            // Whoever asked may have gone; then nobody needs the answer.
            drop(ask.answer.send(pages.map_err(|_| SealError::Broken)));
        }
    });
    Ok(())
}

async fn read_range(
    connection: &mut Option<SqliteConnection>,
    path: &std::path::Path,
    from: Place,
) -> Result<Vec<Stored>, VaultError> {
    let connection = match connection {
        Some(connection) => connection,
        None => {
            let options = sql::options(path).create_if_missing(false);
            connection.insert(SqliteConnection::connect_with(&options).await?)
        }
    };
    let ahead = i64::try_from(PAGES_AHEAD).unwrap_or(i64::MAX);
    let query = sqlx::query(RANGE).bind(sql::signed(from.0));
    let query = query.bind(sql::signed(from.0 + PAGES_AHEAD)).bind(ahead);
    let rows = query.fetch_all(connection).await?;
    rows.iter().map(Stored::read).collect()
}

impl PersonKeys {
    pub(super) fn start(start: Start) -> Result<Self, VaultError> {
        let (reader, asks) = mpsc::sync_channel(WAITING_MAX);
        let failed = |source| VaultError::File { path: start.path.clone(), source };
        let path = start.path.clone();
        let thread = std::thread::Builder::new().name("person-keys".into());
        thread.spawn(move || serve(path, asks)).map_err(failed)?;
        let inner = Inner {
            controller: start.controller,
            region: start.region,
            epochs: start.epochs,
            draw: start.draw,
            cache: Cache::new(PAGES_MAX),
            reader,
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// The page at a place, from memory or from the file.
    fn page(&self, place: Place) -> Result<Arc<Page>, SealError> {
        let inner = &*self.inner;
        for _ in 0..TRIES {
            if let Some(page) = inner.cache.get(place) {
                return Ok(page);
            }
            let before = inner.cache.changes();
            let (answer, answered) = mpsc::sync_channel(1);
            inner.reader.send(Ask { from: place, answer }).map_err(|_| SealError::Broken)?;
            let stored = answered.recv().map_err(|_| SealError::Broken)??;
            let mut pages = Vec::with_capacity(stored.len());
            for page in &stored {
                let opened = page.open(&inner.controller, &inner.epochs)?;
                pages.push((page.place, Arc::new(opened)));
            }
            if inner.cache.keep(before, &pages) {
                let found = pages.into_iter().find(|(found, _)| *found == place);
                return found.map(|(_, page)| page).ok_or(SealError::Missing);
            }
        }
        Err(SealError::Broken)
    }

    fn key(&self, whose: Person, class: Class) -> Result<Key, SealError> {
        let page = self.page(Place::of(whose, class))?;
        page.key(page::slot(whose)).map(|key| Key::new(*key))
    }

    /// A person's bytes are bound to installation, region, person, class, and what the caller says.
    fn bound(&self, whose: Person, class: Class, context: &[u8]) -> Vec<u8> {
        let controller = self.inner.controller.as_bytes();
        let mut bound = Vec::with_capacity(controller.len() + context.len() + 24);
        bound.extend_from_slice(b"candor/person/");
        bound.extend_from_slice(controller);
        bound.push(self.inner.region.0);
        bound.extend_from_slice(&whose.0.to_be_bytes());
        bound.push(class.number());
        bound.extend_from_slice(context);
        bound
    }
}

impl PersonSealer for PersonKeys {
    fn seal(
        &self,
        whose: Person,
        class: Class,
        context: &[u8],
        plain: &[u8],
    ) -> Result<Vec<u8>, SealError> {
        let nonce = chance::draw(&self.inner.draw);
        self.key(whose, class)?.seal(nonce, &self.bound(whose, class, context), plain)
    }

    fn open(
        &self,
        whose: Person,
        class: Class,
        context: &[u8],
        sealed: &[u8],
    ) -> Result<Vec<u8>, SealError> {
        self.key(whose, class)?.open(&self.bound(whose, class, context), sealed)
    }
}

impl Custody {
    /// What seals and opens with persons' keys, for the lake and for reading.
    #[must_use]
    pub fn persons(&self) -> &PersonKeys {
        &self.inner.persons
    }

    /// Makes the keys that do not exist yet; all are durable when this returns.
    ///
    /// For a person and class whose key was destroyed none is ever made again: sealing says
    /// `Destroyed`.
    pub async fn ensure_person_keys(&self, wanted: &[(Person, Class)]) -> Result<(), VaultError> {
        let grouped = by_place(wanted.iter().copied());
        self.change_pages(&grouped, |page, slot| page.add(slot, &self.draw())).await?;
        Ok(())
    }

    /// Destroys every key of these persons except the classes held back, and remembers that it did.
    ///
    /// A person has one name, but rows may be sealed under the name of any of its leaves: give them
    /// all. Answers whose keys of which classes were there and are gone.
    pub async fn destroy_persons(
        &self,
        persons: &[Person],
        held: &[Class],
    ) -> Result<Vec<(Person, Class)>, VaultError> {
        let classes = Class::EVERY.into_iter().filter(|class| !held.contains(class));
        let keys = classes.flat_map(|class| persons.iter().map(move |whose| (*whose, class)));
        let keys: Vec<(Person, Class)> = keys.collect();
        self.destroy(&keys).await
    }

    /// Destroys exactly these keys.
    pub(crate) async fn destroy(
        &self,
        keys: &[(Person, Class)],
    ) -> Result<Vec<(Person, Class)>, VaultError> {
        let grouped = by_place(keys.iter().copied());
        let gone = self.change_pages(&grouped, Page::destroy).await?;
        if !grouped.is_empty() {
            self.shred_log().await?;
        }
        Ok(gone)
    }

    /// Changes slots of pages in one transaction; answers those where something changed.
    async fn change_pages(
        &self,
        grouped: &BTreeMap<Place, Vec<(Person, Class)>>,
        change: impl Fn(&mut Page, usize) -> bool,
    ) -> Result<Vec<(Person, Class)>, VaultError> {
        let _writing = self.inner.writing.lock().await;
        let mut changed = Vec::new();
        let mut touched = Vec::new();
        let places: Vec<Place> = grouped.keys().copied().collect();
        for part in places.chunks(PAGES_WIDE) {
            let mut known = self.read_pages(part).await?;
            for place in part {
                let mut page = known.remove(place).unwrap_or_else(Page::empty).next();
                let members = grouped.get(place).map_or(&[][..], Vec::as_slice);
                let before = page.bytes().to_vec();
                for (person, class) in members {
                    if change(&mut page, page::slot(*person)) {
                        changed.push((*person, *class));
                    }
                }
                if before != page.bytes() {
                    touched.push((*place, page));
                }
            }
        }
        if touched.is_empty() {
            return Ok(changed);
        }
        let mut write = sql::begin(&self.inner.pool).await?;
        let (controller, epochs) = (&self.inner.controller, &self.inner.epochs);
        write_pages(&mut write, controller, epochs, &self.inner.draw, &touched).await?;
        write.commit().await?;
        self.inner.persons.inner.cache.change(touched);
        Ok(changed)
    }

    async fn read_pages(&self, places: &[Place]) -> Result<HashMap<Place, Page>, VaultError> {
        let Some(last) = places.last() else { return Ok(HashMap::new()) };
        let mut query = sqlx::query(select_pages());
        for number in 0..PAGES_WIDE {
            // Places beyond the end repeat the last one, which changes nothing.
            query = query.bind(sql::signed(places.get(number).unwrap_or(last).0));
        }
        let mut pages = HashMap::new();
        for row in query.fetch_all(&self.inner.pool).await? {
            let stored = Stored::read(&row)?;
            let page = stored.open(&self.inner.controller, &self.inner.epochs)?;
            pages.insert(stored.place, page);
        }
        Ok(pages)
    }
}

fn by_place(keys: impl Iterator<Item = (Person, Class)>) -> BTreeMap<Place, Vec<(Person, Class)>> {
    let mut grouped: BTreeMap<Place, Vec<(Person, Class)>> = BTreeMap::new();
    for (person, class) in keys {
        grouped.entry(Place::of(person, class)).or_default().push((person, class));
    }
    grouped
}

async fn write_pages(
    write: &mut Write,
    controller: &str,
    epochs: &Epochs,
    draw: &Draw,
    pages: &[(Place, Page)],
) -> Result<(), VaultError> {
    for part in pages.chunks(PAGES_WIDE) {
        let texts = if part.len() == PAGES_WIDE { vec![part] } else { part.chunks(1).collect() };
        for group in texts {
            let wide = group.len() == PAGES_WIDE;
            let mut query = sqlx::query(if wide { upsert_pages() } else { upsert_page() });
            for (place, page) in group {
                let bound = bound(controller, *place, page.version);
                let (epoch, wrapped) = epochs.wrap(chance::draw(draw), &bound, page.bytes())?;
                query = query.bind(sql::signed(place.0)).bind(i64::from(epoch));
                query = query.bind(sql::signed(page.version)).bind(wrapped);
            }
            query.execute(&mut **write).await?;
        }
    }
    Ok(())
}

/// Wraps every page under the current epoch, some at a time.
pub(super) async fn rewrap(
    write: &mut Write,
    controller: &str,
    epochs: &Epochs,
    draw: &Draw,
) -> Result<(), VaultError> {
    let mut from = 0;
    loop {
        let query = sqlx::query(RANGE).bind(from).bind(i64::MAX).bind(REWRAP_PAGES);
        let rows = query.fetch_all(&mut **write).await?;
        let mut pages = Vec::with_capacity(rows.len());
        for row in &rows {
            let stored = Stored::read(row)?;
            from = sql::signed(stored.place.0) + 1;
            pages.push((stored.place, stored.open(controller, epochs)?));
        }
        if pages.is_empty() {
            return Ok(());
        }
        write_pages(write, controller, epochs, draw, &pages).await?;
    }
}
