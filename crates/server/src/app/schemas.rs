//! Schemas of self-describing data: a folder's at the start, a registry's when one is first seen.
//!
//! INVARIANT(limits): one question at a time goes to the registry, with an end in time and size. A
//! request asks for a few schemas; what it did not get to comes again. What the registry did not
//! have is not asked for again for a while.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::fs;
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use anyhow::{Context as _, bail};
use life::arrive::snowplow::Schemas;
use life::arrive::snowplow::schema::{SchemaError, SchemaName};
use reqwest::StatusCode;
use reqwest::redirect::Policy;
use vocabulary::{Span, Time};

use super::App;
use crate::config::snowplow::SnowplowRules;

/// Everything that is known about schemas, and where to ask for more.
pub(crate) struct Registry {
    known: RwLock<Arc<Schemas>>,
    /// Held by whoever asks.
    asked: tokio::sync::Mutex<Asked>,
    /// The registry's address and the client that asks it.
    iglu: Option<(String, reqwest::Client)>,
}

/// What the registry was asked for.
#[derive(Default)]
struct Asked {
    /// What it did not have, and when that may be asked for again.
    missed: HashMap<SchemaName, Time>,
    /// What it had, the oldest first.
    learnt: VecDeque<SchemaName>,
}

impl Asked {
    fn misses(&self, name: &SchemaName, now: Time) -> bool {
        self.missed.get(name).is_some_and(|until| *until > now)
    }

    /// Remembers what the registry did not have, in the place of the oldest where none is left:
    /// names that somebody made up keep nobody else from asking.
    fn miss(&mut self, name: SchemaName, until: Time) {
        if self.missed.len() >= Registry::MISSED_MAX {
            let oldest = self.missed.iter().min_by_key(|(_, until)| **until);
            if let Some(oldest) = oldest.map(|(name, _)| name.clone()) {
                self.missed.remove(&oldest);
            }
        }
        self.missed.insert(name, until);
    }
}

/// The registry was not asked for all of them; it may be later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unreachable;

impl Registry {
    /// How many schemas are asked for at once; whoever comes again finds these known.
    const ASKED_MAX: usize = 16;
    /// How long the registry may take over all schemas of one request.
    const ANSWER_MAX: Duration = Duration::from_secs(5);
    /// How long a schema that the registry did not have is not asked for again.
    const MISSED: Span = Span(5 * Span::MINUTE.0);
    /// How many of those are remembered.
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
        Ok(Self { known, asked: tokio::sync::Mutex::default(), iglu })
    }

    fn known(&self) -> Arc<Schemas> {
        Arc::clone(&self.known.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Asks for schemas that nobody knew; answers whether there are more now. An error means that
    /// not all were asked for.
    async fn learn(&self, wanted: &BTreeSet<SchemaName>, now: Time) -> Result<bool, Unreachable> {
        let Some((address, client)) = &self.iglu else { return Ok(false) };
        let asking = async {
            let mut asked = self.asked.lock().await;
            let is_open = |name: &&SchemaName| !self.known().knows(name);
            let mut unknown: Vec<&SchemaName> = wanted.iter().filter(is_open).collect();
            let mut is_learnt = unknown.len() < wanted.len();
            unknown.retain(|name| !asked.misses(name, now));
            let is_all = unknown.len() <= Self::ASKED_MAX;
            for name in unknown.into_iter().take(Self::ASKED_MAX) {
                let text = ask(client, &format!("{address}/schemas/{}", name.path())).await?;
                is_learnt |= self.enter(name, text.as_deref(), &mut asked, now);
            }
            if is_all { Ok(is_learnt) } else { Err(Unreachable) }
        };
        // Whoever waits for others to ask waits no longer than for the answer.
        tokio::time::timeout(Self::ANSWER_MAX, asking).await.unwrap_or(Err(Unreachable))
    }

    /// Enters what the registry had or did not have; answers whether it is known now.
    fn enter(&self, name: &SchemaName, text: Option<&str>, asked: &mut Asked, now: Time) -> bool {
        let learnt = text.map(|text| self.read(name, text, asked));
        if let Some(Err(error)) = &learnt {
            tracing::warn!(schema = %name, %error, "a schema of the registry is not used");
        }
        let is_known = matches!(learnt, Some(Ok(())));
        if is_known {
            asked.learnt.push_back(name.clone());
        } else {
            asked.miss(name.clone(), now + Self::MISSED);
        }
        is_known
    }

    /// Learns a schema of the registry, in the place of the oldest where none is left.
    fn read(&self, name: &SchemaName, text: &str, asked: &mut Asked) -> Result<(), SchemaError> {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        let known = Arc::make_mut(&mut known);
        match (known.learn(name.clone(), text), asked.learnt.front()) {
            (Err(SchemaError::TooMany { .. }), Some(oldest)) => {
                known.forget(oldest);
                asked.learnt.pop_front();
                known.learn(name.clone(), text)
            }
            (learnt, _) => learnt,
        }
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
    /// more now. An error means that not all were asked for.
    pub async fn learn(&self, wanted: &BTreeSet<SchemaName>) -> Result<bool, Unreachable> {
        self.inner().schemas.learn(wanted, self.now()).await
    }
}
