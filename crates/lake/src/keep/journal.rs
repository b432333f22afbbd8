//! The journal: a region's one order of everything that changes truth, in encrypted segments on
//! disk.
//!
//! A frame is acknowledged only after `fdatasync`. An error of `fdatasync` is final: the kernel may
//! have dropped the pages, so the process must stop and replay; nobody here tries again.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use life::keep::Kept;
use life::keep::frame::Broken;
use thiserror::Error;
use vocabulary::{SealError, Sealer};

use super::control::{self, Protection};

/// The first bytes of every segment, with the version of its format.
const MAGIC: &[u8; 8] = b"CANDORJ1";
/// Length and checksum of the length, before each sealed frame.
const HEAD_BYTES: usize = 8;

/// Why the journal could not be written or read.
#[derive(Debug, Error)]
pub enum JournalError {
    #[error("cannot {action} `{path}`: {source}")]
    File { action: &'static str, path: PathBuf, source: io::Error },
    #[error("`{path}` is no journal segment of this program: its first bytes are unknown")]
    Magic { path: PathBuf },
    #[error("a frame could not be sealed: {0}")]
    Seal(#[from] Broken),
}

/// What a segment's frames are bound to.
#[derive(Debug, Clone)]
pub struct Context {
    pub controller: String,
    pub region: u8,
}

impl Context {
    fn frame(&self, segment: u64, frame: u64) -> Vec<u8> {
        format!("candor/journal/{}/{}/{segment}/{frame}", self.controller, self.region).into_bytes()
    }
}

/// The path of a segment.
#[must_use]
pub fn path(directory: &Path, segment: u64) -> PathBuf {
    directory.join(format!("{segment:012}.journal"))
}

/// The segment that is being written.
pub struct Segment {
    pub number: u64,
    pub bytes: u64,
    pub frames: u64,
    file: File,
    path: PathBuf,
    sealer: Arc<dyn Sealer>,
    context: Context,
}

impl std::fmt::Debug for Segment {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Segment")
            .field("number", &self.number)
            .field("frames", &self.frames)
            .finish_non_exhaustive()
    }
}

impl Segment {
    /// Starts a new segment; its key is durable already.
    pub fn create(
        directory: &Path,
        number: u64,
        sealer: Arc<dyn Sealer>,
        context: Context,
    ) -> Result<Self, JournalError> {
        let path = path(directory, number);
        let failed = |action| {
            let path = path.clone();
            move |source| JournalError::File { action, path, source }
        };
        let mut file = OpenOptions::new()
            .append(true)
            .create_new(true)
            .open(&path)
            .map_err(failed("create"))?;
        file.write_all(MAGIC).map_err(failed("write"))?;
        file.sync_all().map_err(failed("sync"))?;
        let parent = File::open(directory).map_err(failed("open the folder of"))?;
        parent.sync_all().map_err(failed("sync the folder of"))?;
        Ok(Self { number, bytes: MAGIC.len() as u64, frames: 0, file, path, sealer, context })
    }

    /// Seals records and appends them. They are not durable before `sync` has answered.
    pub fn append(&mut self, kept: &Kept) -> Result<(), JournalError> {
        let context = self.context.frame(self.number, self.frames);
        let sealed = kept.seal(&*self.sealer, &context)?;
        let length = u32::try_from(sealed.len()).map_err(|_| JournalError::Seal(Broken::Format))?;
        let mut bytes = Vec::with_capacity(HEAD_BYTES + sealed.len());
        bytes.extend_from_slice(&length.to_le_bytes());
        bytes.extend_from_slice(&crc32fast::hash(&length.to_le_bytes()).to_le_bytes());
        bytes.extend_from_slice(&sealed);
        self.file.write_all(&bytes).map_err(|source| self.failed("write", source))?;
        self.frames += 1;
        self.bytes += bytes.len() as u64;
        Ok(())
    }

    /// Makes everything appended so far durable.
    pub fn sync(&self) -> Result<(), JournalError> {
        if control::is_off(Protection::Sync) {
            return Ok(());
        }
        self.file.sync_data().map_err(|source| self.failed("sync", source))
    }

    fn failed(&self, action: &'static str, source: io::Error) -> JournalError {
        JournalError::File { action, path: self.path.clone(), source }
    }
}

/// What replaying a segment brought.
#[derive(Debug, Default)]
pub struct Replayed {
    /// The frames in order, each with its number.
    pub frames: Vec<(u64, Kept)>,
    /// Bytes that did not authenticate, from where to where.
    pub broken: Vec<Damage>,
}

/// A part of a segment that could not be read. It is kept aside, never dropped without a word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    pub segment: u64,
    pub offset: u64,
    pub bytes: u64,
    /// The segment's last frame was cut short, as a crash in the middle of a write leaves it.
    pub is_torn_tail: bool,
}

/// Reads every frame of a segment that authenticates, and says which bytes do not.
pub fn replay(
    directory: &Path,
    number: u64,
    sealer: &dyn Sealer,
    context: &Context,
) -> Result<Replayed, JournalError> {
    let path = path(directory, number);
    let failed = |source| JournalError::File { action: "read", path: path.clone(), source };
    let mut bytes = Vec::new();
    File::open(&path).map_err(failed)?.read_to_end(&mut bytes).map_err(failed)?;
    if bytes.is_empty() {
        return Ok(Replayed::default());
    }
    let Some(body) = bytes.strip_prefix(MAGIC.as_slice()) else {
        // A crash between creating a segment and writing its first bytes leaves a prefix of them.
        if MAGIC.starts_with(&bytes) {
            return Ok(Replayed::default());
        }
        return Err(JournalError::Magic { path });
    };
    Ok(read_frames(body, number, sealer, context))
}

fn read_frames(body: &[u8], segment: u64, sealer: &dyn Sealer, context: &Context) -> Replayed {
    let mut replayed = Replayed::default();
    let mut rest = body;
    let mut number = 0;
    while !rest.is_empty() {
        let offset = (MAGIC.len() + body.len() - rest.len()) as u64;
        let damage = |bytes: usize, is_torn_tail| Damage {
            segment,
            offset,
            bytes: bytes as u64,
            is_torn_tail,
        };
        let Some((sealed, after)) = split_frame(rest) else {
            replayed.broken.push(damage(rest.len(), true));
            break;
        };
        match Kept::open(sealer, &context.frame(segment, number), sealed) {
            Ok(kept) => replayed.frames.push((number, kept)),
            Err(
                Broken::Seal(SealError::Broken | SealError::Destroyed | SealError::Missing)
                | Broken::Format,
            ) => {
                replayed.broken.push(damage(rest.len() - after.len(), after.is_empty()));
            }
        }
        rest = after;
        number += 1;
    }
    replayed
}

/// The next sealed frame and what follows; `None` when its head or its end is missing.
fn split_frame(rest: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = rest.split_first_chunk::<4>()?;
    let (check, rest) = rest.split_first_chunk::<4>()?;
    if crc32fast::hash(length) != u32::from_le_bytes(*check) {
        return None;
    }
    rest.split_at_checked(usize::try_from(u32::from_le_bytes(*length)).ok()?)
}

/// The numbers of the segments in a directory, in order.
pub fn segments(directory: &Path) -> Result<Vec<u64>, JournalError> {
    let failed = |source| JournalError::File { action: "list", path: directory.to_owned(), source };
    let mut numbers = Vec::new();
    for entry in fs::read_dir(directory).map_err(failed)? {
        let name = entry.map_err(failed)?.file_name();
        let stem = name.to_str().and_then(|name| name.strip_suffix(".journal"));
        numbers.extend(stem.and_then(|stem| stem.parse::<u64>().ok()));
    }
    numbers.sort_unstable();
    Ok(numbers)
}

/// Copies damaged bytes of a segment aside, durably, so that somebody can look at them later.
pub fn quarantine(
    directory: &Path,
    aside: &Path,
    damage: &Damage,
) -> Result<PathBuf, JournalError> {
    let source = path(directory, damage.segment);
    let target = aside.join(format!("{:012}-{}.bytes", damage.segment, damage.offset));
    let failed = |path: &Path, action| {
        let path = path.to_owned();
        move |source| JournalError::File { action, path, source }
    };
    let bytes = fs::read(&source).map_err(failed(&source, "read"))?;
    let from = usize::try_from(damage.offset).unwrap_or(usize::MAX);
    let part = bytes.get(from..).unwrap_or_default();
    let part = part.get(..usize::try_from(damage.bytes).unwrap_or(usize::MAX)).unwrap_or(part);
    let mut file = File::create(&target).map_err(failed(&target, "create"))?;
    file.write_all(part).map_err(failed(&target, "write"))?;
    file.sync_all().map_err(failed(&target, "sync"))?;
    Ok(target)
}

/// Removes a segment whose rows are in files.
pub fn remove(directory: &Path, segment: u64) -> Result<(), JournalError> {
    let path = path(directory, segment);
    match fs::remove_file(&path) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(source) => Err(JournalError::File { action: "remove", path, source }),
    }
}
