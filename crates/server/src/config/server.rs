//! `[server]`: where the program listens and keeps its state.

use std::path::PathBuf;

use serde::Deserialize;

/// Where the program listens and keeps its state.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Server {
    /// Address and port of HTTP.
    pub listen: String,
    /// The one directory of state.
    pub data: PathBuf,
    /// The root key's file; never inside `data`.
    pub root_key: PathBuf,
    /// The path under which a proxy shows the console, such as `/candor`.
    pub base_path: String,
    /// The controller's name in the ledger.
    pub controller: String,
    /// The region of residence that this store is.
    pub region: u8,
    /// Addresses of proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<std::net::IpAddr>,
    /// Whether a proxy in front ends TLS: then those, and nobody else outside, may speak plain
    /// HTTP.
    pub behind_proxy: bool,
    /// Who may read `/metrics` without a token.
    pub open_metrics: OpenMetrics,
    /// Threads that one question may use.
    pub question_threads: usize,
}

/// Who may read the figures without a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OpenMetrics {
    /// Whoever asks from this machine itself, and not through a proxy on it.
    Loopback,
    Nobody,
}

impl Server {
    /// What the types alone do not say.
    pub fn check(&self) -> Result<(), String> {
        let is_plain = |text: &str| !text.is_empty() && !text.contains([' ', '+']);
        if !is_plain(&self.controller) {
            return Err("`controller` names the ledger: write it without spaces and `+`".to_owned());
        }
        if self.question_threads == 0 {
            return Err("`question_threads = 0` leaves none: write 1 or more".to_owned());
        }
        if !self.base_path.is_empty() && !self.base_path.starts_with('/') {
            return Err("`base_path` starts with a slash, such as `/candor`".to_owned());
        }
        Ok(())
    }
}
