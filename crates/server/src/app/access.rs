//! Callers: their keys and tokens, the console's sessions, the password and the one-time link.

use std::net::IpAddr;
use std::sync::PoisonError;

use axum::http::StatusCode;
use life::admit::{Actor, Authority, Verb};
use vault::VaultError;
use vault::access::{ApiKey, KeyKind, NewKey};
use vocabulary::{Categories, Fact, Purposes, Span};

use super::App;
use super::collect::Caller;
use crate::http::arrive::keys::{KeyRequest, KeyView, NewKeyView};
use crate::http::caller::{Known, Peer};
use crate::problem::Problem;

/// Whom a failed sign-in is laid to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Tried {
    Account(String),
    Address(IpAddr),
    LinkAddress(IpAddr),
}

/// The one who runs the installation.
pub const OPERATOR: &str = "operator";

impl App {
    /// How long the link that the server prints can be used.
    const LINK_LIFE: Span = Span::DAY;

    /// The source that a presented key writes to.
    #[must_use]
    pub fn caller(&self, presented: &str) -> Option<Caller> {
        let key = self.inner().vault.lookup_key(presented, self.now());
        let caller = key.and_then(|key| {
            let kind = match key.kind {
                KeyKind::Site => life::admit::KeyKind::Site,
                KeyKind::Server => life::admit::KeyKind::Server,
                KeyKind::Token => return None,
            };
            Some(Caller { source: self.source(key.source.as_deref()?)?, kind })
        });
        if caller.is_none() {
            self.met_unknown_key();
        }
        caller
    }

    /// Who shows an API token.
    pub async fn token(&self, presented: &str) -> Result<Option<Known>, Problem> {
        let key = self.inner().vault.lookup_key(presented, self.now());
        Ok(key.filter(|key| key.kind == KeyKind::Token).map(|key| Known {
            authority: Authority {
                actor: key.actor.clone(),
                purposes: key.purposes,
                verbs: vec![Verb::Ask, Verb::Read],
                categories: Categories::ALL,
                until: key.expires.unwrap_or(self.now() + Span::HOUR),
            },
            may_manage: false,
        }))
    }

    /// The actor of a console session that is in force.
    pub async fn session(&self, secret: &str) -> Result<Option<String>, Problem> {
        let session = self.inner().vault.session(secret, self.now()).await.map_err(failed)?;
        Ok(session.map(|session| session.actor.0))
    }

    /// Whether the operator has a password.
    pub async fn password_is_set(&self) -> Result<bool, Problem> {
        self.inner().vault.has_password(OPERATOR).await.map_err(failed)
    }

    /// Sets the operator's password.
    pub async fn set_password(&self, password: String) -> Result<(), Problem> {
        self.inner().vault.set_password(OPERATOR, &password).await.map_err(failed)
    }

    /// Begins a session for the right password. Who has failed too often waits first.
    pub async fn sign_in(&self, password: String, peer: Peer) -> Result<Option<String>, Problem> {
        let account = Some(Tried::Account(OPERATOR.to_owned()));
        let tried: Vec<Tried> =
            account.into_iter().chain(peer.household().map(Tried::Address)).collect();
        self.try_in(&tried)?;
        let success =
            self.inner().vault.check_password(OPERATOR, &password).await.map_err(failed)?;
        self.tried_in(&tried, success).await
    }

    /// Begins a session for a link that was not used yet.
    ///
    /// Links have a count of their own: whoever holds one gets in while somebody guesses passwords.
    pub async fn use_link(&self, secret: &str, peer: Peer) -> Result<Option<String>, Problem> {
        let tried: Vec<Tried> = peer.household().map(Tried::LinkAddress).into_iter().collect();
        self.try_in(&tried)?;
        let actor = self.inner().vault.take_link(secret, self.now()).await.map_err(failed)?;
        self.tried_in(&tried, actor.is_some()).await
    }

    /// Lets a sign-in be tried, or says when.
    fn try_in(&self, tried: &[Tried]) -> Result<(), Problem> {
        let mut attempts = self.inner().attempts.lock().unwrap_or_else(PoisonError::into_inner);
        attempts.begin(tried, self.now(), self.limits()).map_err(|wait| {
            let detail = "too many sign-ins failed: wait as `Retry-After` says, or use a new link";
            let status = StatusCode::TOO_MANY_REQUESTS;
            Problem::new(status, "sign-in-slowed", detail).after(wait)
        })
    }

    async fn tried_in(&self, tried: &[Tried], success: bool) -> Result<Option<String>, Problem> {
        self.signed_in(success).await?;
        if !success {
            return Ok(None);
        }
        self.inner().attempts.lock().unwrap_or_else(PoisonError::into_inner).succeeded(tried);
        self.begin_session().await.map(Some)
    }

    /// Ends a session.
    pub async fn sign_out(&self, secret: &str) -> Result<(), Problem> {
        self.inner().vault.end_session(secret).await.map_err(failed)
    }

    /// A link that opens the console once.
    pub async fn new_link(&self) -> Result<String, VaultError> {
        let operator = Actor(OPERATOR.to_owned());
        Ok(self.inner().vault.create_link(&operator, Self::LINK_LIFE, self.now()).await?.0)
    }

    /// The first key of the first site, when it has none yet.
    pub async fn first_site_key(&self) -> anyhow::Result<Option<String>> {
        let site =
            self.sources().find(|source| source.kind == life::admit::SourceKind::Site).cloned();
        let Some(site) = site else { return Ok(None) };
        if self.inner().vault.keys().iter().any(|key| key.source.as_deref() == Some(&site.name)) {
            return Ok(None);
        }
        let wanted = KeyRequest {
            kind: "site".to_owned(),
            source: Some(site.name.clone()),
            name: "made at the first start".to_owned(),
            purposes: Vec::new(),
        };
        let made = self.create_key(&Actor(OPERATOR.to_owned()), wanted).await;
        made.map(|key| Some(key.key)).map_err(|problem| anyhow::anyhow!(problem.detail))
    }

    /// Every key, never the keys themselves.
    pub async fn keys(&self) -> Result<Vec<KeyView>, Problem> {
        Ok(self.inner().vault.keys().iter().map(|key| self.key_view(key)).collect())
    }

    /// Makes a key; it is answered in the clear this once.
    pub async fn create_key(
        &self,
        actor: &Actor,
        wanted: KeyRequest,
    ) -> Result<NewKeyView, Problem> {
        let kind = self.check_key(&wanted)?;
        let mut purposes = Purposes::NONE;
        for name in &wanted.purposes {
            purposes = purposes.with(self.purpose(name)?);
        }
        let now = self.now();
        let expires = (kind == KeyKind::Token).then_some(now + Span::days(90));
        let new = NewKey {
            kind,
            source: wanted.source,
            name: wanted.name,
            actor: Actor(format!("{}-{}", wanted.kind, self.next_sequence())),
            purposes,
            expires,
        };
        let fact = Fact::KeyChanged {
            at: now,
            actor: actor.0.clone(),
            key: new.actor.0.clone(),
            kind: kind.code().to_owned(),
            revoked: false,
        };
        let (key, clear) =
            self.inner().vault.create_key(new, &[fact], now).await.map_err(failed)?;
        self.inner().jobs.wake_ledger();
        Ok(NewKeyView { id: key.id, key: clear.0 })
    }

    /// What kind of key is wanted, or which field stands against it.
    fn check_key(&self, wanted: &KeyRequest) -> Result<KeyKind, Problem> {
        let wrong = |code, detail: String, pointer: &str| {
            Err(Problem::new(StatusCode::BAD_REQUEST, code, detail).at(pointer))
        };
        let Some(kind) = KeyKind::parse(&wanted.kind) else {
            let detail =
                format!("`{}` is no kind of key: use `site`, `server` or `token`", wanted.kind);
            return wrong("key-kind-unknown", detail, "/kind");
        };
        let text = str::to_owned;
        match (kind, wanted.source.as_deref()) {
            (KeyKind::Token, Some(_)) => {
                wrong("key-source", text("a token has no source: leave it out"), "/source")
            }
            (KeyKind::Token, None) if wanted.purposes.is_empty() => {
                let detail = "name the purposes that the token may ask for, such as `measure`";
                wrong("key-purposes", text(detail), "/purposes")
            }
            (KeyKind::Site | KeyKind::Server, None) => {
                wrong("key-source", text("name the source that the key writes to"), "/source")
            }
            (KeyKind::Site | KeyKind::Server, Some(name)) if self.source(name).is_none() => {
                let detail =
                    format!("`{name}` is no declared source: declare it under `[sources.{name}]`");
                wrong("source-unknown", detail, "/source")
            }
            (KeyKind::Token, None) | (KeyKind::Site | KeyKind::Server, Some(_)) => Ok(kind),
        }
    }

    /// Takes a key out of force; answers whether there was one.
    pub async fn revoke_key(&self, actor: &Actor, id: &str) -> Result<bool, Problem> {
        let now = self.now();
        let kind = self.inner().vault.keys().iter().find(|key| key.id == id).map(|key| key.kind);
        let Some(kind) = kind else { return Ok(false) };
        let fact = Fact::KeyChanged {
            at: now,
            actor: actor.0.clone(),
            key: id.to_owned(),
            kind: kind.code().to_owned(),
            revoked: true,
        };
        match self.inner().vault.revoke_key(id, &[fact], now).await {
            Ok(()) => Ok(true),
            Err(VaultError::NotFound { .. }) => Ok(false),
            Err(error) => Err(failed(error)),
        }
    }

    async fn begin_session(&self) -> Result<String, Problem> {
        let operator = Actor(OPERATOR.to_owned());
        let secret =
            self.inner().vault.begin_session(&operator, self.now()).await.map_err(failed)?;
        Ok(secret.0)
    }

    async fn signed_in(&self, success: bool) -> Result<(), Problem> {
        let fact = Fact::SignedIn { at: self.now(), actor: OPERATOR.to_owned(), success };
        self.record(&[fact]).await.map_err(failed)
    }

    fn key_view(&self, key: &ApiKey) -> KeyView {
        KeyView {
            id: key.id.clone(),
            kind: key.kind.code().to_owned(),
            source: key.source.clone(),
            name: key.name.clone(),
            purposes: self.purpose_names(key.purposes),
            prefix: key.prefix(),
            created: key.created.to_string(),
            last_used: key.used.map(|time| time.to_string()),
            revoked: key.revoked.is_some(),
        }
    }
}

fn failed(error: VaultError) -> Problem {
    Problem::internal(&error)
}
