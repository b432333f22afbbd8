//! Names, verdicts, leaves, consents and what is hidden: reading all of it, and writing a fold's
//! part.

use std::collections::{BTreeMap, HashSet};

use life::admit::{Act, Acts, Index, Statement, Subject, VerdictKey};
use life::keep::identity::Version;
use life::keep::mask::VerdictMask;
use life::keep::names::Named;
use life::keep::{Cut, Record};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};
use tokio_stream::StreamExt;
use vocabulary::{Class, Code, Leaf, Person, PersonSealer, Purposes, SealError, Time, VerdictId};

use super::LoadedLeaf;
use super::identity::Moves;
use crate::VaultError;
use crate::custody::Custody;
use crate::sql;

/// Rows of one statement: SQLite's time for a statement grows with the square of its places.
const LEAVES_WIDE: usize = 16;
/// The same for what people chose: clients repeat a choice with each event.
const CONSENTS_WIDE: usize = 16;
/// Leaves whose keys are made, and whose ids are sealed, in one go.
const LEAVES_AT_ONCE: usize = 16_384;

sql::statements! {
    NAMES = "select kind, code, text from names order by kind, code";
    NAME_ADD = "insert into names (kind, code, text) values ($1, $2, $3) \
                on conflict (kind, code) do nothing";
    VERDICTS = "select id, key, purposes, consented, objectable, explicit from verdicts order by id";
    VERDICT_ADD = "insert into verdicts (id, key, purposes, consented) values ($1, $2, $3, $4) \
                   on conflict (id) do update set purposes = excluded.purposes, \
                   consented = excluded.consented";
    VERDICT_GROUNDS = "update verdicts set objectable = $2, explicit = $3, \
                       consented = consented & ~cast($2 as bigint) where id = $1";
    LEAVES = "select leaf, idx, subject, person, moved from leaves order by leaf";
    CLEAR = "select clear from leaves where leaf = $1";
    CONSENTS = "select leaf, acts, cuts from consents order by leaf";
    CONSENT_REMOVE = "delete from consents where leaf = $1";
    HIDDEN = "select leaf from hidden order by leaf";
    HIDE = "insert into hidden (leaf, since) values ($1, $2) on conflict (leaf) do nothing";
    SUPPRESSED = "select idx, until from suppressed order by idx";
    SUPPRESS = "insert into suppressed (idx, until) \
                select idx, cast($2 as bigint) from leaves where leaf = $1 and idx is not null \
                on conflict (idx) do update set until = case \
                when excluded.until > suppressed.until then excluded.until \
                else suppressed.until end";
    DETACH = "update leaves set idx = null, clear = null where leaf = $1";
}

sql::wide_statements! {
    leaves_add = "insert into leaves (leaf, idx, subject, person, moved, clear) values", 6,
        LEAVES_WIDE, "on conflict (leaf) do nothing";
    leaf_add = "insert into leaves (leaf, idx, subject, person, moved, clear) values", 6, 1,
        "on conflict (leaf) do nothing";
    consents_of = "select leaf, acts, cuts from consents where leaf in", CONSENTS_WIDE, 1, "";
    consents_set = "insert into consents (leaf, acts, cuts) values", 3, CONSENTS_WIDE,
        "on conflict (leaf) do update set acts = excluded.acts, cuts = excluded.cuts";
    consent_set = "insert into consents (leaf, acts, cuts) values", 3, 1,
        "on conflict (leaf) do update set acts = excluded.acts, cuts = excluded.cuts";
}

/// A leaf of a fold, with its clear id already sealed.
pub(super) struct FreshLeaf<'a> {
    leaf: Leaf,
    index: &'a Index,
    subject: Subject,
    clear: Option<Vec<u8>>,
}

/// What the sealed id of a leaf is bound to.
fn clear_context(leaf: Leaf) -> Vec<u8> {
    format!("leaves/clear/{}", leaf.0).into_bytes()
}

/// Makes the keys of new leaves and seals their clear ids. The keys are durable when this returns.
///
/// An id is sealed under the key that bears its own leaf's name, whoever the person is at the
/// moment: a merge that is undone later then leaves nothing behind under another's key.
pub(super) async fn seal_leaves<'a>(
    custody: &Custody,
    records: &'a [Record],
) -> Result<Vec<FreshLeaf<'a>>, VaultError> {
    let mut fresh = Vec::new();
    for record in records {
        if let Record::Leaf { leaf, index, subject, clear } = record {
            fresh.push((FreshLeaf { leaf: *leaf, index, subject: *subject, clear: None }, clear));
        }
    }
    for part in fresh.chunks_mut(LEAVES_AT_ONCE) {
        let whose = |(fresh, _): &(FreshLeaf<'_>, _)| (Person::from(fresh.leaf), Class::General);
        let wanted: Vec<(Person, Class)> = part.iter().map(whose).collect();
        custody.ensure_person_keys(&wanted).await?;
        for (fresh, clear) in part {
            let (whose, bound) = (Person::from(fresh.leaf), clear_context(fresh.leaf));
            let plain = clear.0.as_bytes();
            fresh.clear = match custody.persons().seal(whose, Class::General, &bound, plain) {
                Ok(sealed) => Some(sealed),
                Err(SealError::Destroyed) => None,
                Err(why @ (SealError::Broken | SealError::Missing)) => return Err(why.into()),
            };
        }
    }
    Ok(fresh.into_iter().map(|(fresh, _)| fresh).collect())
}

/// The numbers of new leaves.
pub(super) fn numbers(fresh: &[FreshLeaf<'_>]) -> HashSet<Leaf> {
    fresh.iter().map(|fresh| fresh.leaf).collect()
}

/// Saves new leaves, each already with the person that it belongs to after this fold.
pub(super) async fn save_leaves(
    write: &mut SqliteConnection,
    fresh: Vec<FreshLeaf<'_>>,
    moves: &Moves,
) -> Result<(), VaultError> {
    let (wide, rest) = fresh.as_chunks::<LEAVES_WIDE>();
    for part in wide {
        save_leaf_part(write, leaves_add(), part, moves).await?;
    }
    for one in rest.chunks(1) {
        save_leaf_part(write, leaf_add(), one, moves).await?;
    }
    Ok(())
}

async fn save_leaf_part(
    write: &mut SqliteConnection,
    text: &'static str,
    part: &[FreshLeaf<'_>],
    moves: &Moves,
) -> Result<(), VaultError> {
    let mut query = sqlx::query(text);
    for fresh in part {
        let still = (Person::from(fresh.leaf), Version::default());
        let (person, moved) = moves.get(&fresh.leaf).copied().unwrap_or(still);
        query = query.bind(sql::signed(fresh.leaf.0)).bind(&fresh.index.0[..]);
        query = query.bind(subject_number(fresh.subject)).bind(sql::signed(person.0));
        query = query.bind(sql::signed(moved.0)).bind(fresh.clear.as_deref());
    }
    query.execute(write).await?;
    Ok(())
}

const fn subject_number(subject: Subject) -> i64 {
    match subject {
        Subject::User => 0,
        Subject::Device => 1,
    }
}

fn subject(number: i64) -> Result<Subject, VaultError> {
    match number {
        0 => Ok(Subject::User),
        1 => Ok(Subject::Device),
        other => Err(VaultError::corrupt("subject", other)),
    }
}

const fn named_number(named: Named) -> i64 {
    match named {
        Named::Event => 0,
        Named::Property => 1,
    }
}

/// Saves names and verdicts, and erases: everything of a fold that is one row each.
pub(super) async fn save_records(
    write: &mut SqliteConnection,
    records: &[Record],
) -> Result<(), VaultError> {
    for record in records {
        match record {
            Record::Name { named, code, text } => {
                let query = sqlx::query(NAME_ADD).bind(named_number(*named));
                query.bind(i64::from(code.0)).bind(&**text).execute(&mut *write).await?;
            }
            Record::Verdict { id, key, purposes, ending } => {
                let query = sqlx::query(VERDICT_ADD).bind(i64::from(id.0));
                let query = query.bind(sql::to_json(key)?).bind(sql::signed(purposes.0));
                query.bind(sql::signed(ending.0)).execute(&mut *write).await?;
            }
            Record::Grounds { id, objectable, explicit } => {
                let query = sqlx::query(VERDICT_GROUNDS).bind(i64::from(id.0));
                let query = query.bind(sql::signed(objectable.0)).bind(sql::signed(explicit.0));
                query.execute(&mut *write).await?;
            }
            Record::Erase { leaves, at } => {
                for leaf in leaves {
                    erase(write, *leaf, *at).await?;
                }
            }
            Record::Leaf { .. }
            | Record::Link { .. }
            | Record::Unlink { .. }
            | Record::Act { .. }
            | Record::Statement { .. }
            | Record::Restrict { .. }
            | Record::Counts { .. }
            | Record::Row { .. } => {}
        }
    }
    Ok(())
}

/// Hides a leaf, refuses what was collected about its id until now, and forgets which id that was.
async fn erase(write: &mut SqliteConnection, leaf: Leaf, at: Time) -> Result<(), VaultError> {
    let number = sql::signed(leaf.0);
    sqlx::query(HIDE).bind(number).bind(at.micros()).execute(&mut *write).await?;
    sqlx::query(SUPPRESS).bind(number).bind(at.micros()).execute(&mut *write).await?;
    sqlx::query(DETACH).bind(number).execute(&mut *write).await?;
    sqlx::query(CONSENT_REMOVE).bind(number).execute(&mut *write).await?;
    Ok(())
}

/// Saves acts of consent and withdrawals.
pub(super) async fn save_acts(
    write: &mut SqliteConnection,
    records: &[Record],
    fresh: &HashSet<Leaf>,
    acts_max: usize,
) -> Result<(), VaultError> {
    let acting = records.iter().filter_map(|record| match record {
        Record::Act { leaf, act, cut } => Some((*leaf, Change::Act(act, cut))),
        Record::Statement { leaf, statement } => Some((*leaf, Change::Statement(statement))),
        Record::Restrict { leaf, since } => Some((*leaf, Change::Restriction(*since))),
        Record::Name { .. }
        | Record::Verdict { .. }
        | Record::Grounds { .. }
        | Record::Leaf { .. }
        | Record::Link { .. }
        | Record::Unlink { .. }
        | Record::Erase { .. }
        | Record::Counts { .. }
        | Record::Row { .. } => None,
    });
    let mut changed: BTreeMap<Leaf, Consent> =
        acting.clone().map(|(leaf, _)| (leaf, Consent::default())).collect();
    let known: Vec<Leaf> = changed.keys().copied().filter(|leaf| !fresh.contains(leaf)).collect();
    for part in known.chunks(CONSENTS_WIDE) {
        for (leaf, consent) in consents_among(write, part).await? {
            changed.insert(leaf, consent);
        }
    }
    for (leaf, change) in acting {
        let Some((acts, cuts)) = changed.get_mut(&leaf) else { continue };
        match change {
            Change::Statement(statement) => acts.state(statement.clone()),
            Change::Restriction(since) => acts.restrict(since),
            Change::Act(act, cut) => {
                acts.record(*act, acts_max);
                if let Some(cut) = cut {
                    cut.add_to(cuts);
                }
            }
        }
    }
    let changed: Vec<(Leaf, Consent)> = changed.into_iter().collect();
    let (wide, rest) = changed.as_chunks::<CONSENTS_WIDE>();
    for part in wide {
        save_consents(write, consents_set(), part).await?;
    }
    for one in rest.chunks(1) {
        save_consents(write, consent_set(), one).await?;
    }
    Ok(())
}

/// What changes what is known of somebody's consent.
#[derive(Clone, Copy)]
enum Change<'a> {
    Act(&'a Act, &'a Option<Cut>),
    Statement(&'a Statement),
    Restriction(Option<Time>),
}

/// What the person of a leaf chose, and what that hides.
type Consent = (Acts, Vec<Cut>);

async fn save_consents(
    write: &mut SqliteConnection,
    text: &'static str,
    part: &[(Leaf, Consent)],
) -> Result<(), VaultError> {
    let mut query = sqlx::query(text);
    for (leaf, (acts, cuts)) in part {
        query = query.bind(sql::signed(leaf.0)).bind(sql::to_json(acts)?).bind(sql::to_json(cuts)?);
    }
    query.execute(write).await?;
    Ok(())
}

/// What is known of so many leaves at most. Places that are left over name the last leaf again.
async fn consents_among(
    read: &mut SqliteConnection,
    leaves: &[Leaf],
) -> Result<Vec<(Leaf, Consent)>, VaultError> {
    let mut query = sqlx::query(consents_of());
    let Some(last) = leaves.last() else { return Ok(Vec::new()) };
    for leaf in leaves.iter().chain(std::iter::repeat(last)).take(CONSENTS_WIDE) {
        query = query.bind(sql::signed(leaf.0));
    }
    let rows = query.fetch_all(read).await?;
    let consent = |row: &SqliteRow| {
        Ok((Leaf(sql::unsigned(row, 0)?), (sql::json(row, 1)?, sql::json(row, 2)?)))
    };
    rows.iter().map(consent).collect()
}

pub(super) async fn names(
    read: &mut SqliteConnection,
) -> Result<Vec<(Named, Code, Box<str>)>, VaultError> {
    let mut names = Vec::new();
    for row in sqlx::query(NAMES).fetch_all(read).await? {
        let named = match row.try_get::<i64, _>(0)? {
            0 => Named::Event,
            1 => Named::Property,
            other => return Err(VaultError::corrupt("kind of name", other)),
        };
        let text: &str = row.try_get(2)?;
        names.push((named, Code(sql::small(&row, 1)?), text.into()));
    }
    Ok(names)
}

pub(super) async fn verdicts(
    read: &mut SqliteConnection,
) -> Result<Vec<(VerdictId, VerdictKey, VerdictMask)>, VaultError> {
    let rows = sqlx::query(VERDICTS).fetch_all(read).await?;
    let verdict = rows.iter().map(|row| {
        let purposes = Purposes(sql::unsigned(row, 2)?);
        let ending = Purposes(sql::unsigned(row, 3)?);
        let objectable = Purposes(sql::unsigned(row, 4)?);
        let explicit = Purposes(sql::unsigned(row, 5)?);
        let id = VerdictId(sql::small(row, 0)?);
        let mask = VerdictMask { purposes, ending, objectable, explicit };
        Ok((id, sql::json(row, 1)?, mask))
    });
    verdict.collect()
}

pub(super) async fn leaves(read: &mut SqliteConnection) -> Result<Vec<LoadedLeaf>, VaultError> {
    each(read, LEAVES, |row| {
        let index: Option<&[u8]> = row.try_get(1)?;
        let index = index.map(<[u8; 16]>::try_from).transpose();
        Ok(LoadedLeaf {
            leaf: Leaf(sql::unsigned(row, 0)?),
            index: index.map_err(|why| VaultError::corrupt("index", why))?.map(Index),
            subject: subject(row.try_get(2)?)?,
            person: Person(sql::unsigned(row, 3)?),
            moved: Version(sql::unsigned(row, 4)?),
        })
    })
    .await
}

/// What each row of a long table says. Rows are looked at as they come: held together they would
/// take many times the room of what they say.
async fn each<T>(
    read: &mut SqliteConnection,
    text: &'static str,
    say: impl Fn(&SqliteRow) -> Result<T, VaultError>,
) -> Result<Vec<T>, VaultError> {
    let mut rows = sqlx::query(text).fetch(read);
    let mut said = Vec::new();
    while let Some(row) = rows.next().await {
        said.push(say(&row?)?);
    }
    Ok(said)
}

pub(super) async fn consents(
    read: &mut SqliteConnection,
) -> Result<Vec<(Leaf, Acts, Vec<Cut>)>, VaultError> {
    let consent = |row: &SqliteRow| {
        Ok((Leaf(sql::unsigned(row, 0)?), sql::json(row, 1)?, sql::json(row, 2)?))
    };
    each(read, CONSENTS, consent).await
}

pub(super) async fn hidden(read: &mut SqliteConnection) -> Result<Vec<Leaf>, VaultError> {
    each(read, HIDDEN, |row| Ok(Leaf(sql::unsigned(row, 0)?))).await
}

pub(super) async fn suppressed(
    read: &mut SqliteConnection,
) -> Result<Vec<(Index, Time)>, VaultError> {
    let index = |row: &SqliteRow| Ok((Index(sql::bytes(row, 0)?), Time(row.try_get(1)?)));
    each(read, SUPPRESSED, index).await
}

impl crate::Vault {
    /// The clear external id of a leaf, for a person's own export; `None` once it was erased.
    pub async fn clear_id(&self, leaf: Leaf) -> Result<Option<String>, VaultError> {
        let query = sqlx::query_scalar(CLEAR).bind(sql::signed(leaf.0));
        let sealed: Option<Option<Vec<u8>>> = query.fetch_optional(&self.inner.readers).await?;
        let Some(sealed) = sealed.flatten() else { return Ok(None) };
        let (whose, bound) = (Person::from(leaf), clear_context(leaf));
        let opened = self.inner.custody.persons().open(whose, Class::General, &bound, &sealed);
        match opened {
            Ok(clear) => {
                let clear = String::from_utf8(clear);
                clear.map(Some).map_err(|_| VaultError::corrupt("clear id", "its text"))
            }
            Err(SealError::Destroyed) => Ok(None),
            Err(why @ (SealError::Broken | SealError::Missing)) => Err(why.into()),
        }
    }
}
