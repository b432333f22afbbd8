//! Keys of callers: `cnd_<kind>_<id>_<secret><checksum>`. The form is found by scanners for leaked
//! secrets; the checksum tells a typing error from a wrong key without asking anybody.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use life::admit::Actor;
use serde::{Deserialize, Serialize};
use sqlx::sqlite::{SqlitePool, SqliteRow};
use sqlx::{Row, SqliteConnection};
use subtle::ConstantTimeEq;
use vocabulary::{Fact, Purposes, Time};

use super::sha256;
use crate::sql;
use crate::vault::Vault;
use crate::{VaultError, ledger};

const ID_BYTES: usize = 6;
const SECRET_BYTES: usize = 24;
const CHECKSUM_LETTERS: usize = 8;

sql::statements! {
    EVERY = "select id, kind, source, name, actor, purposes, digest, created, expires, used, \
             revoked from api_keys order by created, id";
    ADD = "insert into api_keys (id, kind, source, name, actor, purposes, digest, created, \
           expires) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    REVOKE = "update api_keys set revoked = $2 where id = $1 and revoked is null";
    USED = "update api_keys set used = $2 where id = $1";
}

/// What a key is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeyKind {
    /// Public, writes only.
    Site,
    /// Writes; may name users and say what they consented to.
    Server,
    /// Asks, for its purposes.
    Token,
}

impl KeyKind {
    const EVERY: [KeyKind; 3] = [KeyKind::Site, KeyKind::Server, KeyKind::Token];

    /// The word for it, in the key itself too.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            KeyKind::Site => "site",
            KeyKind::Server => "server",
            KeyKind::Token => "token",
        }
    }

    /// The kind of this word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::EVERY.into_iter().find(|kind| kind.code() == word)
    }
}

/// What a new key shall be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewKey {
    pub kind: KeyKind,
    /// The source that a site or server key writes for.
    pub source: Option<String>,
    pub name: String,
    /// Who acts with it.
    pub actor: Actor,
    /// What a token may ask for.
    pub purposes: Purposes,
    pub expires: Option<Time>,
}

/// A key as it is known; the secret is not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    pub id: String,
    pub kind: KeyKind,
    pub source: Option<String>,
    pub name: String,
    pub actor: Actor,
    pub purposes: Purposes,
    pub created: Time,
    pub expires: Option<Time>,
    pub used: Option<Time>,
    pub revoked: Option<Time>,
}

impl ApiKey {
    /// The part of the key that may be shown.
    #[must_use]
    pub fn prefix(&self) -> String {
        format!("cnd_{}_{}", self.kind.code(), self.id)
    }
}

/// All keys in memory, so that looking one up costs no statement.
pub(crate) struct KeyRing {
    keys: Mutex<Ring>,
}

#[derive(Default)]
struct Ring {
    keys: HashMap<String, Held>,
}

/// A key in memory. It is looked up for each request and changes hardly ever, so it is shared.
struct Held {
    key: Arc<ApiKey>,
    digest: [u8; 32],
    used: Option<Time>,
    /// Whether it was used since that was last saved.
    is_fresh: bool,
}

impl Held {
    fn new(key: ApiKey, digest: [u8; 32]) -> Self {
        Self { used: key.used, key: Arc::new(key), digest, is_fresh: false }
    }
}

impl KeyRing {
    pub(crate) async fn load(pool: &SqlitePool) -> Result<Self, VaultError> {
        let mut ring = Ring::default();
        for row in sqlx::query(EVERY).fetch_all(pool).await? {
            let (key, digest) = read(&row)?;
            ring.keys.insert(key.id.clone(), Held::new(key, digest));
        }
        Ok(Self { keys: Mutex::new(ring) })
    }

    fn with<T>(&self, act: impl FnOnce(&mut Ring) -> T) -> T {
        act(&mut self.keys.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The keys used since this was last asked, with the instant.
    pub(crate) fn take_used(&self) -> Vec<(String, Time)> {
        self.with(|ring| {
            let take = |held: &mut Held| {
                let used = held.used.filter(|_| std::mem::take(&mut held.is_fresh))?;
                Some((held.key.id.clone(), used))
            };
            ring.keys.values_mut().filter_map(take).collect()
        })
    }
}

/// Saves when keys were last used, along with a commit.
pub(crate) async fn save_used(
    write: &mut SqliteConnection,
    used: &[(String, Time)],
) -> Result<(), VaultError> {
    for (id, at) in used {
        sqlx::query(USED).bind(id).bind(at.micros()).execute(&mut *write).await?;
    }
    Ok(())
}

fn read(row: &SqliteRow) -> Result<(ApiKey, [u8; 32]), VaultError> {
    let kind: &str = row.try_get(1)?;
    let kind = KeyKind::parse(kind).ok_or_else(|| VaultError::corrupt("kind of key", kind))?;
    let time = |column: usize| -> Result<Option<Time>, VaultError> {
        Ok(row.try_get::<Option<i64>, _>(column)?.map(Time))
    };
    let key = ApiKey {
        id: row.try_get(0)?,
        kind,
        source: row.try_get(2)?,
        name: row.try_get(3)?,
        actor: Actor(row.try_get(4)?),
        purposes: Purposes(sql::unsigned(row, 5)?),
        created: Time(row.try_get(7)?),
        expires: time(8)?,
        used: time(9)?,
        revoked: time(10)?,
    };
    Ok((key, sql::bytes(row, 6)?))
}

/// A key in the clear, once. Printing it for debugging shows nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct ClearKey(pub String);

impl fmt::Debug for ClearKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("ClearKey(..)")
    }
}

/// The id inside a key, when its form and its checksum are right.
fn id_of(clear: &str) -> Option<&str> {
    let (body, sum) = clear.split_at_checked(clear.len().checked_sub(CHECKSUM_LETTERS)?)?;
    if u32::from_str_radix(sum, 16).ok()? != crc32fast::hash(body.as_bytes()) {
        return None;
    }
    let mut parts = body.split('_');
    let (start, kind, id) = (parts.next()?, parts.next()?, parts.next()?);
    let is_ours = start == "cnd" && KeyKind::parse(kind).is_some();
    is_ours.then_some(id)
}

impl Vault {
    /// Makes a key. The clear key is answered here and never again.
    pub async fn create_key(
        &self,
        new: NewKey,
        facts: &[Fact],
        now: Time,
    ) -> Result<(ApiKey, ClearKey), VaultError> {
        let id = hex::encode(self.inner.custody.draw::<ID_BYTES>());
        let secret = hex::encode(self.inner.custody.draw::<SECRET_BYTES>());
        let mut clear = format!("cnd_{}_{id}_{secret}", new.kind.code());
        clear.push_str(&format!("{:08x}", crc32fast::hash(clear.as_bytes())));
        let digest = sha256(clear.as_bytes());
        let key = ApiKey {
            id,
            kind: new.kind,
            source: new.source,
            name: new.name,
            actor: new.actor,
            purposes: new.purposes,
            created: now,
            expires: new.expires,
            used: None,
            revoked: None,
        };
        let mut write = sql::begin(&self.inner.writer).await?;
        let query = sqlx::query(ADD).bind(&key.id).bind(key.kind.code()).bind(&key.source);
        let query = query.bind(&key.name).bind(&key.actor.0).bind(sql::signed(key.purposes.0));
        let query = query.bind(&digest[..]).bind(now.micros()).bind(key.expires.map(Time::micros));
        query.execute(&mut *write).await?;
        ledger::queue(&mut write, facts).await?;
        write.commit().await?;
        let held = Held::new(key.clone(), digest);
        self.inner.keys.with(|ring| ring.keys.insert(key.id.clone(), held));
        Ok((key, ClearKey(clear)))
    }

    /// Takes a key out of force for good; in force at once when this returns.
    pub async fn revoke_key(&self, id: &str, facts: &[Fact], now: Time) -> Result<(), VaultError> {
        let mut write = sql::begin(&self.inner.writer).await?;
        let query = sqlx::query(REVOKE).bind(id).bind(now.micros());
        if query.execute(&mut *write).await?.rows_affected() == 0 {
            return Err(VaultError::NotFound { what: "key in force", id: id.into() });
        }
        ledger::queue(&mut write, facts).await?;
        self.end(write).await?;
        self.inner.keys.with(|ring| {
            if let Some(held) = ring.keys.get_mut(id) {
                Arc::make_mut(&mut held.key).revoked = Some(now);
            }
        });
        Ok(())
    }

    /// The key that this is, if it is genuine and in force. Notes that it was used.
    #[must_use]
    pub fn lookup_key(&self, clear: &str, now: Time) -> Option<Arc<ApiKey>> {
        let id = id_of(clear)?;
        let digest = sha256(clear.as_bytes());
        self.inner.keys.with(|ring| {
            let held = ring.keys.get_mut(id)?;
            let genuine = bool::from(held.digest.ct_eq(&digest));
            let key = &held.key;
            let in_force = key.revoked.is_none() && key.expires.is_none_or(|end| now < end);
            if !(genuine && in_force) {
                return None;
            }
            held.used = Some(now);
            held.is_fresh = true;
            Some(Arc::clone(key))
        })
    }

    /// Every key that was ever made, oldest first.
    #[must_use]
    pub fn keys(&self) -> Vec<ApiKey> {
        let of = |held: &Held| ApiKey { used: held.used, ..ApiKey::clone(&held.key) };
        let every = |ring: &mut Ring| ring.keys.values().map(of).collect();
        let mut keys: Vec<ApiKey> = self.inner.keys.with(every);
        keys.sort_by(|one, other| (one.created, &one.id).cmp(&(other.created, &other.id)));
        keys
    }
}
