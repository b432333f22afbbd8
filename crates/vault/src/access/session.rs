//! Links that open the console once, and the sessions that follow. Both are random and kept as
//! digests.

use std::fmt;

use life::admit::Actor;
use sqlx::Row;
use vocabulary::{Span, Time};

use super::sha256;
use crate::VaultError;
use crate::sql;
use crate::vault::Vault;

const IDLE: Span = Span(30 * Span::MINUTE.0);
const LIFE: Span = Span(12 * Span::HOUR.0);
/// A session's last sight is written at most this often, so that reading costs no write each time.
const SEEN_STEP: Span = Span::MINUTE;

sql::statements! {
    LINK_ADD = "insert into links (digest, actor, created, expires) values ($1, $2, $3, $4)";
    LINK_TAKE = "delete from links where digest = $1 returning actor, expires";
    LINKS_EXPIRED = "delete from links where expires <= $1";
    ADD = "insert into sessions (digest, actor, created, seen) values ($1, $2, $3, $3)";
    ONE = "select actor, created, seen from sessions where digest = $1";
    SEEN = "update sessions set seen = $2 where digest = $1";
    END = "delete from sessions where digest = $1";
    END_ALL = "delete from sessions where actor = $1";
    EXPIRED = "delete from sessions where seen <= $1 or created <= $2";
}

/// A random secret in the clear, once. Printing it for debugging shows nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(pub String);

impl fmt::Debug for Secret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Secret(..)")
    }
}

/// A session in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    pub actor: Actor,
    pub created: Time,
    /// When it ends even if it is used.
    pub until: Time,
}

impl Vault {
    /// Makes a link that opens the console once before it expires.
    pub async fn create_link(
        &self,
        actor: &Actor,
        life: Span,
        now: Time,
    ) -> Result<Secret, VaultError> {
        let secret = hex::encode(self.inner.custody.draw::<32>());
        sqlx::query(LINKS_EXPIRED).bind(now.micros()).execute(&self.inner.writer).await?;
        let query = sqlx::query(LINK_ADD).bind(sha256(secret.as_bytes()).to_vec()).bind(&actor.0);
        let query = query.bind(now.micros()).bind((now + life).micros());
        query.execute(&self.inner.writer).await?;
        Ok(Secret(secret))
    }

    /// Uses a link up; answers whose it was, if it was still good.
    pub async fn take_link(&self, secret: &str, now: Time) -> Result<Option<Actor>, VaultError> {
        let query = sqlx::query(LINK_TAKE).bind(sha256(secret.as_bytes()).to_vec());
        let Some(row) = query.fetch_optional(&self.inner.writer).await? else { return Ok(None) };
        let expires = Time(row.try_get(1)?);
        let actor = Actor(row.try_get(0)?);
        Ok((now < expires).then_some(actor))
    }

    /// Begins a session.
    pub async fn begin_session(&self, actor: &Actor, now: Time) -> Result<Secret, VaultError> {
        let secret = hex::encode(self.inner.custody.draw::<32>());
        let (idle, life) = ((now - IDLE).micros(), (now - LIFE).micros());
        sqlx::query(EXPIRED).bind(idle).bind(life).execute(&self.inner.writer).await?;
        let query = sqlx::query(ADD).bind(sha256(secret.as_bytes()).to_vec()).bind(&actor.0);
        query.bind(now.micros()).execute(&self.inner.writer).await?;
        Ok(Secret(secret))
    }

    /// The session that this is, if it is in force: used within 30 minutes, and no older than 12
    /// hours.
    pub async fn session(&self, secret: &str, now: Time) -> Result<Option<Session>, VaultError> {
        let digest = sha256(secret.as_bytes()).to_vec();
        let query = sqlx::query(ONE).bind(&digest);
        let Some(row) = query.fetch_optional(&self.inner.readers).await? else { return Ok(None) };
        let (created, seen) = (Time(row.try_get(1)?), Time(row.try_get(2)?));
        let until = created + LIFE;
        if now >= until || now >= seen + IDLE {
            return Ok(None);
        }
        if now >= seen + SEEN_STEP {
            let query = sqlx::query(SEEN).bind(&digest).bind(now.micros());
            query.execute(&self.inner.writer).await?;
        }
        Ok(Some(Session { actor: Actor(row.try_get(0)?), created, until }))
    }

    /// Ends a session.
    pub async fn end_session(&self, secret: &str) -> Result<(), VaultError> {
        let query = sqlx::query(END).bind(sha256(secret.as_bytes()).to_vec());
        query.execute(&self.inner.writer).await?;
        Ok(())
    }

    /// Ends every session of an actor.
    pub async fn end_sessions(&self, actor: &str) -> Result<(), VaultError> {
        sqlx::query(END_ALL).bind(actor).execute(&self.inner.writer).await?;
        Ok(())
    }
}
