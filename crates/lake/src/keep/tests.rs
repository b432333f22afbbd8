//! What the tests of files share: a place on disk, people's keys that can be destroyed, random
//! rows.

mod compact;
mod duplicates;
mod files;
mod journal;
mod projected;
mod speed;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Mutex};

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use life::keep::Row;
use life::keep::identity::Version;
use life::keep::manifest::{FileEntry, FileId};
use proptest::prelude::*;
use sha2::{Digest, Sha256};
use vocabulary::{
    Class, Code, FileKey, Leaf, Person, PersonSealer, Purposes, Region, SealError, SourceId, Span,
    Time, Value, VerdictId,
};

use super::column::{ColumnKind, Columns};
use super::file::{FileError, Place, Scanned};
use super::fold::fold;
use super::fresh::Fresh;
use super::read::{FileReader, Footers};
use super::rows::{Filed, Pick};
use super::write::{NewFile, Writing, bucket};

pub(crate) const NOW: Time = Time(1_795_500_000_000_000);

/// Keys of people, as the vault would hold them.
#[derive(Default)]
pub(crate) struct Keys {
    destroyed: Mutex<HashSet<Person>>,
    nonces: Mutex<u64>,
}

impl Keys {
    pub(crate) fn destroy(&self, person: Person) {
        self.destroyed.lock().unwrap().insert(person);
    }

    fn key(&self, whose: Person, class: Class) -> Result<LessSafeKey, SealError> {
        if self.destroyed.lock().unwrap().contains(&whose) {
            return Err(SealError::Destroyed);
        }
        let key = Sha256::digest(format!("{}/{}", whose.0, class.number()));
        Ok(LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &key).unwrap()))
    }
}

impl PersonSealer for Keys {
    fn seal(
        &self,
        whose: Person,
        class: Class,
        context: &[u8],
        plain: &[u8],
    ) -> Result<Vec<u8>, SealError> {
        let key = self.key(whose, class)?;
        let mut nonce = [0; 12];
        let mut nonces = self.nonces.lock().unwrap();
        *nonces += 1;
        nonce[..8].copy_from_slice(&nonces.to_le_bytes());
        let mut sealed = plain.to_vec();
        let unique = Nonce::assume_unique_for_key(nonce);
        key.seal_in_place_append_tag(unique, Aad::from(context), &mut sealed).unwrap();
        Ok([&nonce, sealed.as_slice()].concat())
    }

    fn open(
        &self,
        whose: Person,
        class: Class,
        context: &[u8],
        sealed: &[u8],
    ) -> Result<Vec<u8>, SealError> {
        let key = self.key(whose, class)?;
        let (nonce, sealed) = sealed.split_at(12);
        let nonce = Nonce::try_assume_unique_for_key(nonce).unwrap();
        let mut plain = sealed.to_vec();
        let opened = key.open_in_place(nonce, Aad::from(context), &mut plain);
        opened.map(|plain| plain.to_vec()).map_err(|_| SealError::Broken)
    }
}

/// A lake of a test: its directory is gone when it is dropped.
pub(crate) struct Lake {
    pub(crate) place: Place,
    pub(crate) keys: Keys,
    pub(crate) columns: Columns,
    pub(crate) footers: Footers,
    pub(crate) scanned: Arc<Scanned>,
    pub(crate) erased: HashSet<Leaf>,
    pub(crate) persons: HashMap<Leaf, Person>,
    pub(crate) version: Version,
    pub(crate) now: Time,
    next: u64,
    _directory: tempfile::TempDir,
}

impl Lake {
    pub(crate) fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path().to_owned();
        let mut columns = Columns::default();
        columns.insert(Code(1), ColumnKind::Text);
        columns.insert(Code(2), ColumnKind::Integer);
        columns.insert(Code(3), ColumnKind::Number);
        Self {
            place: Place { root, controller: "shop".to_owned(), region: Region(0) },
            keys: Keys::default(),
            columns,
            footers: Footers::new(8),
            scanned: Arc::default(),
            erased: HashSet::new(),
            persons: HashMap::new(),
            version: Version(0),
            now: NOW,
            next: 1,
            _directory: directory,
        }
    }

    pub(crate) fn person(&self, leaf: Leaf) -> Person {
        self.persons.get(&leaf).copied().unwrap_or(leaf.into())
    }

    /// Runs something that writes files.
    pub(crate) fn write<T>(
        &mut self,
        act: impl FnOnce(&Writing<'_>, &mut dyn FnMut() -> NewFile) -> T,
    ) -> T {
        let mut next = self.next;
        let persons = |leaf| self.person(leaf);
        let writing = Writing {
            place: &self.place,
            columns: &self.columns,
            sealer: &self.keys,
            person: &persons,
            version: self.version,
            erased: &self.erased,
            now: self.now,
        };
        let done = act(&writing, &mut || {
            next += 1;
            (FileId(next), FileKey(Sha256::digest(next.to_le_bytes()).into()))
        });
        self.next = next;
        done
    }

    pub(crate) fn fold(&mut self, rows: &[Row]) -> Vec<FileEntry> {
        let fresh = Fresh::default();
        fresh.push(rows.iter());
        self.write(|writing, new_file| fold(&fresh.snapshot(), writing, new_file)).unwrap()
    }

    pub(crate) fn open(&self, entry: &FileEntry) -> Result<FileReader, FileError> {
        FileReader::open(&self.place, entry, &self.footers, &self.scanned)
    }

    pub(crate) fn rows(&self, entry: &FileEntry, pick: Pick<'_>) -> Vec<Filed> {
        let reader = self.open(entry).unwrap();
        let rows = reader.rows(pick, Some(&self.keys)).unwrap();
        rows.map(|filed| tidy(filed.unwrap())).collect()
    }

    /// What the files have to hold of these rows, in the order of a walk: by period, bucket,
    /// person, time.
    pub(crate) fn expected(&self, rows: &[Row]) -> Vec<Filed> {
        let mut filed: Vec<Filed> = rows
            .iter()
            .filter(|row| !self.erased.contains(&row.leaf))
            .map(|row| tidy(Filed { person: self.person(row.leaf), row: row.clone() }))
            .collect();
        filed.sort_by_key(|filed| {
            let period = super::period::period(filed.row.time, self.now);
            let person = filed.person;
            (period, bucket(person), person, filed.row.time, filed.row.sequence)
        });
        filed
    }
}

/// Properties in the order of their codes: which order they came in is not kept.
fn tidy(mut filed: Filed) -> Filed {
    filed.row.columns.sort_by_key(|(code, _)| *code);
    filed.row.sealed.sort_by_key(|(class, code, _)| (*class, *code));
    filed
}

pub(crate) fn leaf(number: u64) -> Leaf {
    Leaf::new(Region(0), number)
}

/// A row that says nothing yet.
pub(crate) fn row(number: u64, time: Time) -> Row {
    Row {
        time,
        received: time + Span::SECOND,
        sequence: 0,
        event: Code(1),
        leaf: leaf(number),
        source: SourceId(1),
        verdict: VerdictId(0),
        purposes: Purposes(0b1000),
        session: 0,
        columns: Vec::new(),
        sealed: Vec::new(),
    }
}

fn text() -> impl Strategy<Value = Box<str>> {
    "[a-zä]{0,12}".prop_map(String::into_boxed_str)
}

/// Properties without a declared column, in any type.
fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        any::<bool>().prop_map(Value::Flag),
        any::<i64>().prop_map(Value::Integer),
        (-1e9..1e9).prop_map(Value::Number),
        text().prop_map(Value::Text),
        any::<i64>().prop_map(|micros| Value::Time(Time(micros))),
        text().prop_map(|text| Value::Json(format!("[\"{text}\"]").into())),
    ]
}

fn columns() -> impl Strategy<Value = Vec<(Code, Value)>> {
    let columns = (
        proptest::option::of(text()),
        proptest::option::of(any::<i64>()),
        proptest::option::of(-1e9..1e9),
        proptest::option::of(any::<bool>()),
        proptest::option::of(any::<i64>()),
        proptest::option::of(text()),
    );
    columns.prop_map(|(text, integer, number, flag, time, json)| {
        let values = [
            text.map(Value::Text),
            integer.map(Value::Integer),
            number.map(Value::Number),
            flag.map(Value::Flag),
            time.map(|micros| Value::Time(Time(micros))),
            json.map(Value::Json),
        ];
        let codes = (1..).map(Code);
        codes.zip(values).filter_map(|(code, value)| Some((code, value?))).collect()
    })
}

fn sealed() -> impl Strategy<Value = Vec<(Class, Code, Value)>> {
    let properties = proptest::collection::btree_map((0..2usize, 10..13u32), value(), 0..4);
    properties.prop_map(|properties: BTreeMap<(usize, u32), Value>| {
        let properties = properties.into_iter();
        properties.map(|((class, code), value)| (Class::EVERY[class], Code(code), value)).collect()
    })
}

/// Rows of a few dozen people over some weeks, with ties in time.
pub(crate) fn rows(count: usize) -> impl Strategy<Value = Vec<Row>> {
    let fixed =
        (1..40u64, 0..60i64, (0..4i64, 0..4i64), 0..3u32, 1..5u32, 0..3u16, 0..4u32, any::<u64>());
    let row = (fixed, columns(), sealed()).prop_map(|(fixed, columns, sealed)| {
        let (number, day, (minute, ragged), sequence, event, source, verdict, purposes) = fixed;
        // Some files have only whole seconds, others do not.
        let ragged = [0, 0, 1_000, 1][(ragged * (day % 3) % 4) as usize];
        let time = NOW - Span::days(day) - Span(minute * Span::MINUTE.0 + ragged);
        Row {
            sequence,
            event: Code(event),
            source: SourceId(source),
            verdict: VerdictId(verdict),
            purposes: Purposes(purposes),
            session: purposes / 3,
            columns,
            sealed,
            ..row(number, time)
        }
    });
    proptest::collection::vec(row, 0..count)
}
