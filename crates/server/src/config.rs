//! The configuration: defaults, then one TOML file, then the environment, then flags. Unknown keys
//! are refused.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use thiserror::Error;
use toml::{Table, Value};

pub mod law;
pub mod mail;
pub mod log;
pub mod server;
pub mod snowplow;
pub mod sources;
pub mod time;
pub mod tls;

/// Everything that an operator can set.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    pub server: server::Server,
    pub log: log::Log,
    pub tls: tls::Tls,
    pub time: time::TimeRules,
    pub snowplow: snowplow::SnowplowRules,
    pub law: law::LawRules,
    pub mail: mail::MailRules,
    pub alerts: mail::AlertRules,
    pub sources: BTreeMap<String, sources::SourceRules>,
}

impl Config {
    /// Whether the server ends TLS itself, so that nobody reaches it otherwise.
    #[must_use]
    pub fn is_encrypted(&self) -> bool {
        self.tls.files().is_some()
    }
}

/// Where a value came from, for `config print --origin`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    Default,
    File(PathBuf),
    Environment(String),
    Flag,
}

impl fmt::Display for Origin {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Default => write!(out, "default"),
            Origin::File(path) => write!(out, "{}", path.display()),
            Origin::Environment(name) => write!(out, "${name}"),
            Origin::Flag => write!(out, "flag"),
        }
    }
}

/// Why the configuration cannot be used.
#[derive(Debug, Error)]
pub enum ConfigError {
    #[error("cannot read `{path}`: {source}")]
    File { path: PathBuf, source: std::io::Error },
    #[error("`{path}` is no TOML: {source}")]
    Syntax { path: PathBuf, source: toml::de::Error },
    #[error("{origin}: {problem}: see `candor config print` for the keys that there are")]
    Key { origin: String, problem: String },
}

/// The layers as they are laid over each other, each value with its origin.
#[derive(Debug, Clone)]
pub struct Layers {
    values: Table,
    origins: BTreeMap<String, Origin>,
}

/// The prefix of environment variables; `CANDOR__SERVER__LISTEN` sets `server.listen`.
pub const PREFIX: &str = "CANDOR__";

impl Layers {
    /// The defaults alone.
    #[must_use]
    pub fn defaults() -> Self {
        let mut layers = Self { values: Table::new(), origins: BTreeMap::new() };
        let text = include_str!("config/default.toml");
        // The shipped text is parsed by a test; a fault in it would leave the layers empty and be
        // named below.
        if let Ok(table) = text.parse::<Table>() {
            layers.lay(table, &Origin::Default);
        }
        layers
    }

    /// Lays a file over what is there.
    pub fn file(&mut self, path: &Path) -> Result<(), ConfigError> {
        let failed = |source| ConfigError::File { path: path.to_owned(), source };
        let text = std::fs::read_to_string(path).map_err(failed)?;
        let table = text
            .parse::<Table>()
            .map_err(|source| ConfigError::Syntax { path: path.to_owned(), source })?;
        // Whoever declares sources declares all of them: the demo's do not linger beside them.
        if table.contains_key("sources") {
            self.values.remove("sources");
            self.origins.retain(|key, _| !key.starts_with("sources."));
        }
        self.lay(table, &Origin::File(path.to_owned()));
        Ok(())
    }

    /// Lays environment variables over what is there.
    pub fn environment(&mut self, variables: impl Iterator<Item = (String, String)>) {
        let mut found: Vec<(String, String)> =
            variables.filter(|(name, _)| name.starts_with(PREFIX)).collect();
        found.sort();
        for (name, text) in found {
            let key = name.trim_start_matches(PREFIX).replace("__", ".").to_lowercase();
            self.set(&key, &text, Origin::Environment(name));
        }
    }

    /// Lays one flag over what is there.
    pub fn flag(&mut self, key: &str, text: &str) {
        self.set(key, text, Origin::Flag);
    }

    /// Reads the layers as a whole.
    pub fn read(&self) -> Result<Config, ConfigError> {
        self.check().map_err(|problem| ConfigError::Key { origin: self.blame(&problem), problem })
    }

    /// The configuration, or what is wrong with it.
    fn check(&self) -> Result<Config, String> {
        let config: Config = Value::Table(self.values.clone())
            .try_into()
            .map_err(|error: toml::de::Error| error.message().trim().to_owned())?;
        config.server.check()?;
        config.log.check()?;
        config.tls.check()?;
        config.time.check()?;
        config.snowplow.check()?;
        sources::check_apps(&config.sources)?;
        config.mail.check()?;
        for rules in config.sources.values() {
            rules.check()?;
        }
        Ok(config)
    }

    /// Every key with its value and where that comes from.
    pub fn lines(&self) -> impl Iterator<Item = (&str, &Value, &Origin)> {
        let line = |(key, origin)| Some((String::as_str(key), self.get(key)?, origin));
        self.origins.iter().filter_map(line)
    }

    fn lay(&mut self, table: Table, origin: &Origin) {
        let mut leaves = Vec::new();
        flatten(&Value::Table(table), String::new(), &mut leaves);
        for (key, value) in leaves {
            self.insert(&key, value, origin.clone());
        }
    }

    fn set(&mut self, key: &str, text: &str, origin: Origin) {
        // A text that reads as a TOML value is one; anything else is a string.
        let value = format!("value = {text}")
            .parse::<Table>()
            .ok()
            .and_then(|mut table| table.remove("value"));
        let is_text = matches!(self.get(key), Some(Value::String(_)));
        let value = value.filter(|_| !is_text).unwrap_or_else(|| Value::String(text.to_owned()));
        self.insert(key, value, origin);
    }

    fn insert(&mut self, key: &str, value: Value, origin: Origin) {
        let mut place = &mut self.values;
        let mut parts = key.split('.').peekable();
        while let Some(part) = parts.next() {
            if parts.peek().is_none() {
                place.insert(part.to_owned(), value);
                break;
            }
            let next = place.entry(part).or_insert_with(|| Value::Table(Table::new()));
            let Value::Table(table) = next else { break };
            place = table;
        }
        self.origins.insert(key.to_owned(), origin);
    }

    fn get(&self, key: &str) -> Option<&Value> {
        let mut parts = key.split('.');
        let mut value = self.values.get(parts.next()?)?;
        for part in parts {
            value = value.get(part)?;
        }
        Some(value)
    }

    /// The key without which the problem would not be there, and who set it. Of several the one
    /// that the problem names, then one without which all is well.
    fn blame(&self, problem: &str) -> String {
        let named = problem.split('`').skip(1).step_by(2).filter_map(|text| text.split(' ').next());
        let named: Vec<&str> = named.collect();
        let set = self.origins.iter().filter(|(_, origin)| **origin != Origin::Default);
        let guilty = set.filter_map(|(key, origin)| {
            let mut without = self.clone();
            match Self::defaults().get(key) {
                Some(value) => without.insert(key, value.clone(), Origin::Default),
                None => without.remove(key),
            }
            let left = without.check().err();
            let is_named = key.split('.').any(|part| named.contains(&part));
            let doubt = (!is_named, left.is_some());
            (left.as_deref() != Some(problem)).then_some((doubt, key, origin))
        });
        guilty.min_by_key(|(doubt, ..)| *doubt).map_or_else(
            || "configuration".to_owned(),
            |(_, key, origin)| format!("{origin}, `{key}`"),
        )
    }

    /// Takes a key away, with the tables that it leaves empty.
    fn remove(&mut self, key: &str) {
        fn within(table: &mut Table, key: &str) {
            let Some((first, rest)) = key.split_once('.') else {
                table.remove(key);
                return;
            };
            let Some(Value::Table(inner)) = table.get_mut(first) else { return };
            within(inner, rest);
            if inner.is_empty() {
                table.remove(first);
            }
        }
        within(&mut self.values, key);
        self.origins.remove(key);
    }
}

fn flatten(value: &Value, path: String, leaves: &mut Vec<(String, Value)>) {
    match value {
        Value::Table(table) if !(table.is_empty() && path.is_empty()) => {
            if table.is_empty() {
                leaves.push((path, value.clone()));
                return;
            }
            for (key, inner) in table {
                let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                flatten(inner, path, leaves);
            }
        }
        other => leaves.push((path, other.clone())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_can_be_read() {
        let config = Layers::defaults().read().unwrap();
        assert_eq!(config.server.listen, "127.0.0.1:8787");
        assert!(config.sources.contains_key("shop-web"));
    }

    #[test]
    fn later_layers_win_and_say_where_they_came_from() {
        let mut layers = Layers::defaults();
        let variable = ("CANDOR__SERVER__LISTEN".to_owned(), "127.0.0.1:1".to_owned());
        layers.environment(std::iter::once(variable));
        layers.flag("server.data", "elsewhere");
        assert_eq!(layers.read().unwrap().server.listen, "127.0.0.1:1");
        let origins: Vec<String> = layers
            .lines()
            .filter(|line| line.0.starts_with("server."))
            .map(|line| format!("{} {}", line.0, line.2))
            .collect();
        assert!(
            origins.contains(&"server.listen $CANDOR__SERVER__LISTEN".to_owned()),
            "{origins:?}"
        );
        assert!(origins.contains(&"server.data flag".to_owned()), "{origins:?}");
    }

    #[test]
    fn an_unknown_key_is_refused_by_name() {
        let mut layers = Layers::defaults();
        layers.environment(std::iter::once(("CANDOR__SERVER__LISTNE".to_owned(), "x".to_owned())));
        let error = layers.read().unwrap_err().to_string();
        assert!(error.contains("listne") && error.contains("CANDOR__SERVER__LISTNE"), "{error}");
    }
}
