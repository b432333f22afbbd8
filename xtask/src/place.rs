//! Where everything is: the checkout, the cache beside it, the data of `run`.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// Paths and addresses, all of which the environment may change.
#[derive(Debug)]
pub(crate) struct Place {
    /// The checkout.
    pub(crate) root: PathBuf,
    /// What cargo builds.
    pub(crate) target: PathBuf,
    /// Tools of the tests that are built once.
    pub(crate) tools: PathBuf,
    /// The one directory that holds Candor's state.
    pub(crate) data: PathBuf,
    /// The key that opens it, which lies elsewhere.
    pub(crate) root_key: PathBuf,
    /// Where Candor listens.
    pub(crate) listen: String,
    /// Where the demo shop listens.
    pub(crate) shop: String,
}

impl Place {
    pub(crate) fn new(variable: &dyn Fn(&str) -> Option<String>) -> Result<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("xtask/ has a parent")?;
        let home = variable("HOME").context("the variable `HOME` is not set")?;
        let base = |name: &str, otherwise: &str| match variable(name) {
            Some(path) => PathBuf::from(path),
            None => Path::new(&home).join(otherwise),
        };
        let cache = base("XDG_CACHE_HOME", ".cache").join("candor");
        let path = |name: &str, otherwise: PathBuf| variable(name).map_or(otherwise, PathBuf::from);
        Ok(Self {
            root: root.to_path_buf(),
            target: path("CARGO_TARGET_DIR", root.join("target")),
            tools: cache.join("tools"),
            data: path("DATA", base("XDG_DATA_HOME", ".local/share").join("candor")),
            root_key: path("ROOT_KEY", base("XDG_CONFIG_HOME", ".config").join("candor/root.key")),
            listen: variable("LISTEN").unwrap_or_else(|| "127.0.0.1:8787".to_owned()),
            shop: variable("SHOP").unwrap_or_else(|| "127.0.0.1:8788".to_owned()),
        })
    }
}
