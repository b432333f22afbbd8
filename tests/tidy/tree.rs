//! The repository's own text files, as version control lists them: tracked ones and new ones alike.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Path from the root, with `/`, and content of every text file.
pub struct Tree(BTreeMap<String, String>);

/// The folder that holds the workspace.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("tests/ lies in the workspace")
        .to_path_buf()
}

impl Tree {
    pub fn read() -> Self {
        let listed = Command::new("git")
            .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
            .current_dir(root())
            .output()
            .expect("`git` lists the files: install it with `apt-get install git`");
        assert!(listed.status.success(), "{}", String::from_utf8_lossy(&listed.stderr));
        let paths = String::from_utf8(listed.stdout).expect("paths are UTF-8");
        let files = paths.split_terminator('\0').filter_map(|path| {
            // A path that was deleted but not yet committed is listed and cannot be read.
            std::fs::read_to_string(root().join(path)).ok().map(|text| (path.to_owned(), text))
        });
        let tree = Self(files.collect());
        assert!(tree.0.len() > 20, "version control lists the files of this workspace");
        tree
    }

    pub fn text(&self, path: &str) -> &str {
        self.0.get(path).unwrap_or_else(|| panic!("`{path}` exists"))
    }

    pub fn all(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(path, text)| (path.as_str(), text.as_str()))
    }

    pub fn ending(&self, end: &str) -> impl Iterator<Item = (&str, &str)> {
        self.under("", end)
    }

    pub fn under(&self, start: &str, end: &str) -> impl Iterator<Item = (&str, &str)> {
        self.all().filter(move |(path, _)| path.starts_with(start) && path.ends_with(end))
    }

    pub fn rust(&self) -> impl Iterator<Item = (&str, &str)> {
        self.ending(".rs")
    }
}
