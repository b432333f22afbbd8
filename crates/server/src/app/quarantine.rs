//! What was set aside because it cannot be read: kept, reported until somebody removes it, never
//! used.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use lake::keep::journal;
use serde::Serialize;
use utoipa::ToSchema;

use super::App;

/// The folder of what was set aside, inside the directory of state.
pub(crate) const FOLDER: &str = "quarantine";

/// Something that somebody has to look at.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Concern {
    /// The stable kebab-case code: `file-quarantined`.
    pub code: &'static str,
    /// The file, below the directory of state.
    pub file: String,
    pub bytes: u64,
    pub remedy: &'static str,
}

const FOREIGN: &str =
    "another installation wrote this file of the journal: move it there, or remove it";
const DAMAGED: &str = "events that were acknowledged lie in bytes of the journal that do not authenticate: \
    look at the disk, let the clients send that time again, and keep the file for thirty days if \
    somebody is to look at it";

/// Sets a whole segment aside that another installation wrote, and says how many bytes it has.
pub(super) fn set_aside(directory: &Path, data: &Path, segment: u64) -> io::Result<u64> {
    let source = journal::path(directory, segment);
    let bytes = fs::metadata(&source)?.len();
    // A second one of the same number must not displace the first.
    let folder = data.join(FOLDER);
    let free = (0u32..).map(|count| folder.join(format!("{segment:012}-foreign-{count}.journal")));
    let Some(target) = free.take(1 << 16).find(|target| !target.exists()) else {
        return Err(io::Error::other("too many files were set aside: remove some"));
    };
    fs::rename(&source, &target)?;
    for folder in [&folder, directory] {
        fs::File::open(folder)?.sync_all()?;
    }
    tracing::error!(
        file = %source.display(),
        aside = %target.display(),
        "a journal file is not of this installation: it was set aside, and the start goes on"
    );
    Ok(bytes)
}

/// The segment that a file of damaged bytes was cut out of.
fn segment_of(name: &OsStr) -> Option<u64> {
    let (segment, _) = name.to_str()?.strip_suffix(".bytes")?.split_once('-')?;
    segment.parse().ok()
}

/// Whether bytes of a segment lie aside: then its key is all that can still read them.
pub(crate) fn holds(data: &Path, segment: u64) -> io::Result<bool> {
    let mut entries = fs::read_dir(data.join(FOLDER))?;
    entries
        .try_fold(false, |held, entry| Ok(held || segment_of(&entry?.file_name()) == Some(segment)))
}

/// Removes damaged bytes that have lain aside since before this instant, and says of which
/// segments.
pub(crate) fn expire(data: &Path, before: SystemTime) -> io::Result<BTreeSet<u64>> {
    let mut segments = BTreeSet::new();
    for entry in fs::read_dir(data.join(FOLDER))? {
        let entry = entry?;
        let Some(segment) = segment_of(&entry.file_name()) else { continue };
        if entry.metadata()?.modified()? < before {
            fs::remove_file(entry.path())?;
            segments.insert(segment);
        }
    }
    Ok(segments)
}

impl App {
    /// Destroys the key of a folded segment, unless bytes of it that could not be read lie aside.
    pub(crate) async fn retire_segment(&self, segment: u64) -> anyhow::Result<()> {
        if !holds(&self.config().server.data, segment)? {
            self.inner().vault.custody().destroy_segment(segment).await?;
        }
        Ok(journal::remove(&self.inner().journal, segment)?)
    }

    /// What has lain aside for too long goes, with its keys: nobody's data stays longer than that
    /// after an erasure.
    pub(crate) async fn tidy_quarantine(&self) -> anyhow::Result<()> {
        let age = Duration::from_micros(self.limits().quarantine_age.0.unsigned_abs());
        let now = UNIX_EPOCH + Duration::from_micros(self.now().0.unsigned_abs());
        for segment in expire(&self.config().server.data, now - age)? {
            if !journal::path(&self.inner().journal, segment).exists() {
                self.retire_segment(segment).await?;
            }
        }
        Ok(())
    }

    /// What lies aside, as far as one page shows it.
    #[must_use]
    pub fn concerns(&self) -> Vec<Concern> {
        let folder = self.config().server.data.join(FOLDER);
        let entries = fs::read_dir(folder).into_iter().flatten().flatten();
        let mut concerns: Vec<Concern> = entries
            .take(self.limits().page_rows)
            .map(|entry| Concern {
                code: "file-quarantined",
                file: format!("{FOLDER}/{}", entry.file_name().to_string_lossy()),
                bytes: entry.metadata().map_or(0, |found| found.len()),
                remedy: if segment_of(&entry.file_name()).is_some() { DAMAGED } else { FOREIGN },
            })
            .collect();
        concerns.sort_by(|one, other| one.file.cmp(&other.file));
        concerns
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_aside_holds_its_segment_until_it_is_too_old() -> io::Result<()> {
        let data = tempfile::tempdir()?;
        let folder = data.path().join(FOLDER);
        fs::create_dir(&folder)?;
        fs::write(folder.join("000000000007-120.bytes"), "damaged")?;
        fs::write(folder.join("000000000009-foreign-0.journal"), "another's")?;
        assert!(holds(data.path(), 7)? && !holds(data.path(), 9)?);
        let written = fs::metadata(folder.join("000000000007-120.bytes"))?.modified()?;
        assert!(expire(data.path(), written)?.is_empty(), "it is not older than itself");
        let later = written + Duration::from_secs(1);
        assert_eq!(expire(data.path(), later)?, BTreeSet::from([7]));
        assert!(!holds(data.path(), 7)?);
        assert_eq!(fs::read_dir(&folder)?.count(), 1, "what another wrote is not ours to remove");
        Ok(())
    }
}
