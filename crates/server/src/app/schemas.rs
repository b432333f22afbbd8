//! Schemas of self-describing data: a folder's at the start, a registry's when one is first seen.
//!
//! INVARIANT(limits): one question at a time goes to the registry, with an end in time and size,
//! and what it did not have is not asked for again for a while.

use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use anyhow::{Context as _, bail};
use life::arrive::snowplow::Schemas;
use life::arrive::snowplow::schema::SchemaName;
use reqwest::StatusCode;
use reqwest::redirect::Policy;
use vocabulary::{Span, Time};

use super::App;
use crate::config::snowplow::SnowplowRules;

/// Everything that is known about schemas, and where to ask for more.
pub(crate) struct Registry {
    known: RwLock<Arc<Schemas>>,
    /// When a schema may be asked for again; held by whoever asks.
    missed: tokio::sync::Mutex<HashMap<SchemaName, Time>>,
    /// The registry's address and the client that asks it.
    iglu: Option<(String, reqwest::Client)>,
}

/// The registry could not be asked; it may answer later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unreachable;

impl Registry {
    /// How long the registry may take over all schemas of one request.
    const ANSWER_MAX: Duration = Duration::from_secs(5);
    /// How long a schema that the registry did not have is not asked for again.
    const MISSED: Span = Span(5 * Span::MINUTE.0);
    /// How many of those are remembered; past that no new one is asked for.
    const MISSED_MAX: usize = 1_000;

    /// Reads the shipped schemas and those of the folder.
    pub(crate) fn open(rules: &SnowplowRules) -> anyhow::Result<Self> {
        let mut schemas = Schemas::shipped()?;
        if !rules.schemas.as_os_str().is_empty() {
            load(&rules.schemas, &mut schemas)?;
        }
        let iglu = if rules.iglu.is_empty() {
            None
        } else {
            let client = reqwest::Client::builder()
                .timeout(Self::ANSWER_MAX)
                .redirect(Policy::none())
                .build()?;
            Some((rules.iglu.trim_end_matches('/').to_owned(), client))
        };
        let known = RwLock::new(Arc::new(schemas));
        Ok(Self { known, missed: tokio::sync::Mutex::default(), iglu })
    }

    fn known(&self) -> Arc<Schemas> {
        Arc::clone(&self.known.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Asks for schemas that nobody knew; answers whether there are more now.
    async fn learn(&self, wanted: &[SchemaName], now: Time) -> Result<bool, Unreachable> {
        let Some((address, client)) = &self.iglu else { return Ok(false) };
        let mut missed = self.missed.lock().await;
        let mut is_learnt = false;
        for name in wanted {
            if self.known().knows(name) {
                is_learnt = true;
                continue;
            }
            if missed.len() >= Self::MISSED_MAX {
                missed.retain(|_, until| *until > now);
            }
            let is_missed = missed.get(name).is_some_and(|until| *until > now);
            if is_missed || missed.len() >= Self::MISSED_MAX {
                continue;
            }
            let found = ask(client, &format!("{address}/schemas/{}", name.path())).await?;
            match found.map(|text| self.enter(name, &text)) {
                Some(Ok(())) => is_learnt = true,
                Some(Err(error)) => {
                    tracing::warn!(schema = %name, %error, "a schema of the registry is not used");
                    missed.insert(name.clone(), now + Self::MISSED);
                }
                None => drop(missed.insert(name.clone(), now + Self::MISSED)),
            }
        }
        Ok(is_learnt)
    }

    fn enter(
        &self,
        name: &SchemaName,
        text: &str,
    ) -> Result<(), life::arrive::snowplow::schema::SchemaError> {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        Arc::make_mut(&mut known).learn(name.clone(), text)
    }
}

/// The text of a schema; none when the registry does not have it, or it is too large to be one.
async fn ask(client: &reqwest::Client, url: &str) -> Result<Option<String>, Unreachable> {
    let failed = |error: reqwest::Error| {
        tracing::warn!(%error, "the registry of schemas cannot be reached");
        Unreachable
    };
    let mut response = client.get(url).send().await.map_err(failed)?;
    match response.status() {
        StatusCode::OK => {}
        status if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS => {
            tracing::warn!(%status, "the registry of schemas does not answer");
            return Err(Unreachable);
        }
        _ => return Ok(None),
    }
    let mut text = Vec::new();
    while let Some(part) = response.chunk().await.map_err(failed)? {
        text.extend_from_slice(&part);
        if text.len() > Schemas::BYTES_MAX {
            return Ok(None);
        }
    }
    Ok(String::from_utf8(text).ok())
}

/// Reads a folder laid out as a registry lays out its own: vendor, name, format, version.
fn load(folder: &Path, schemas: &mut Schemas) -> anyhow::Result<()> {
    // The folder of a registry as a whole holds them one level deeper.
    let inner = folder.join("schemas");
    let root = if inner.is_dir() { &inner } else { folder };
    for vendor in entries(root)? {
        for name in entries(&root.join(&vendor))? {
            let own = root.join(&vendor).join(&name).join("jsonschema");
            if !own.is_dir() {
                continue;
            }
            for version in entries(&own)? {
                let path = own.join(&version);
                let failed = || format!("`{}` is not used", path.display());
                let Some(named) =
                    SchemaName::of_path(&format!("{vendor}/{name}/jsonschema/{version}"))
                else {
                    bail!("`{}` names no version: write it as `1-0-0`", path.display());
                };
                let text = fs::read_to_string(&path).with_context(failed)?;
                schemas.learn(named, &text).with_context(failed)?;
            }
        }
    }
    Ok(())
}

/// The names in a folder, in order; those that begin with a dot are nobody's schemas.
fn entries(folder: &Path) -> anyhow::Result<Vec<String>> {
    let failed = || format!("cannot read the folder of schemas `{}`", folder.display());
    let mut names = Vec::new();
    if folder.is_dir() {
        for entry in fs::read_dir(folder).with_context(failed)? {
            names.extend(entry.with_context(failed)?.file_name().into_string().ok());
        }
    } else if !folder.exists() {
        bail!("there is no folder `{}`: correct `snowplow.schemas`", folder.display());
    }
    names.retain(|name| !name.starts_with('.'));
    names.sort_unstable();
    Ok(names)
}

impl App {
    /// The schemas that are known now.
    #[must_use]
    pub fn schemas(&self) -> Arc<Schemas> {
        self.inner().schemas.known()
    }

    /// Asks the registry, if there is one, for schemas that nobody knew; answers whether there are
    /// more now.
    pub async fn learn(&self, wanted: &[SchemaName]) -> Result<bool, Unreachable> {
        self.inner().schemas.learn(wanted, self.now()).await
    }
}
