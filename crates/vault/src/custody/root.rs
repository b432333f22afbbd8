//! The root key: outside the data directory, and the only secret that a start needs.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use thiserror::Error;
use vocabulary::{Chance, SealError};

use super::cipher::{Key, NONCE_BYTES};

/// Whoever holds the root key: a file here, a provider's service elsewhere.
pub trait RootKey: Send + Sync {
    /// Wraps a key, bound to its context. The nonce is given so that chance stays with custody.
    fn wrap(&self, nonce: [u8; 12], context: &[u8], plain: &[u8]) -> Result<Vec<u8>, SealError>;

    /// The key again.
    fn unwrap(&self, context: &[u8], wrapped: &[u8]) -> Result<Vec<u8>, SealError>;
}

/// Why a root key file was not taken.
#[derive(Debug, Error)]
pub enum RootError {
    #[error(
        "the root key `{path}` lies inside the data directory `{data}`, so a copy of the data \
         would hold its own key; move it elsewhere and name it with `--root-key`"
    )]
    Inside { path: PathBuf, data: PathBuf },
    #[error(
        "the root key `{path}` may be read by others (mode {mode:04o}); run `chmod 0400 {path}`"
    )]
    TooOpen { path: PathBuf, mode: u32 },
    #[error(
        "the root key `{path}` is not 32 bytes, raw or as 64 hexadecimal digits; \
         name the file that was made at the first start"
    )]
    Length { path: PathBuf },
    #[error("the root key `{path}` is not a file; name one with `--root-key`")]
    NoFile { path: PathBuf },
    #[error("the root key `{path}` cannot be read or written: {source}")]
    File { path: PathBuf, source: std::io::Error },
}

/// A root key in a file that only its owner may read.
pub struct FileRoot {
    key: Key,
}

impl std::fmt::Debug for FileRoot {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("FileRoot(..)")
    }
}

/// A file larger than this is no key.
const FILE_BYTES_MAX: u64 = 256;

impl FileRoot {
    /// Reads the root key, and refuses one that is in the wrong place or too open.
    pub fn open(path: &Path, data: &Path) -> Result<Self, RootError> {
        let failed = |source| RootError::File { path: path.into(), source };
        refuse_inside(path, data)?;
        let file = File::open(path).map_err(failed)?;
        // The opened file is asked, not the path, so that nothing can be swapped in between.
        let about = file.metadata().map_err(failed)?;
        if !about.is_file() {
            return Err(RootError::NoFile { path: path.into() });
        }
        let mode = about.mode() & 0o7777;
        if mode & 0o077 != 0 {
            return Err(RootError::TooOpen { path: path.into(), mode });
        }
        let mut bytes = Vec::new();
        file.take(FILE_BYTES_MAX).read_to_end(&mut bytes).map_err(failed)?;
        let key = parse(&bytes).ok_or(RootError::Length { path: path.into() })?;
        bytes.fill(0);
        Ok(Self { key })
    }

    /// Makes a new root key file with mode 0400, durable before this returns. Never overwrites one.
    pub fn create(path: &Path, data: &Path, chance: &mut dyn Chance) -> Result<Self, RootError> {
        let failed = |source| RootError::File { path: path.into(), source };
        let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
        let parent = parent.unwrap_or(Path::new("."));
        std::fs::create_dir_all(parent).map_err(failed)?;
        refuse_inside(path, data)?;
        let mut bytes = [0; 32];
        chance.fill(&mut bytes);
        let mut options = OpenOptions::new();
        let mut file =
            options.write(true).create_new(true).mode(0o400).open(path).map_err(failed)?;
        let text = hex::encode(bytes) + "\n";
        file.write_all(text.as_bytes()).map_err(failed)?;
        file.sync_all().map_err(failed)?;
        File::open(parent).and_then(|folder| folder.sync_all()).map_err(failed)?;
        Ok(Self { key: Key::new(bytes) })
    }
}

impl RootKey for FileRoot {
    fn wrap(
        &self,
        nonce: [u8; NONCE_BYTES],
        context: &[u8],
        plain: &[u8],
    ) -> Result<Vec<u8>, SealError> {
        self.key.seal(nonce, context, plain)
    }

    fn unwrap(&self, context: &[u8], wrapped: &[u8]) -> Result<Vec<u8>, SealError> {
        self.key.open(context, wrapped)
    }
}

/// 32 raw bytes, or 64 hexadecimal digits with or without white space around them.
fn parse(bytes: &[u8]) -> Option<Key> {
    if let Ok(raw) = <[u8; 32]>::try_from(bytes) {
        return Some(Key::new(raw));
    }
    let mut key = [0; 32];
    hex::decode_to_slice(bytes.trim_ascii(), &mut key).ok()?;
    Some(Key::new(key))
}

/// Links are followed on both sides: neither a link inside nor one outside may hide where the key
/// lies.
fn refuse_inside(path: &Path, data: &Path) -> Result<(), RootError> {
    let failed = |source| RootError::File { path: path.into(), source };
    let Ok(real_data) = data.canonicalize() else { return Ok(()) };
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    let parent = parent.unwrap_or(Path::new(".")).canonicalize().map_err(failed)?;
    let real = path.canonicalize().unwrap_or_else(|_| parent.clone());
    if parent.starts_with(&real_data) || real.starts_with(&real_data) {
        return Err(RootError::Inside { path: path.into(), data: data.into() });
    }
    Ok(())
}
