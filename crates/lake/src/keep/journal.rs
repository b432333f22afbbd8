//! The journal: a region's one order of everything that changes truth, in encrypted segments on
//! disk.
//!
//! A frame is acknowledged only after `fdatasync`. An error of `fdatasync` is final: the kernel may
//! have dropped the pages, so the process must stop and replay; nobody here tries again.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use life::keep::Kept;
use life::keep::frame::Broken;
use thiserror::Error;
use vocabulary::Sealer;

use super::control::{self, Protection};

/// The first bytes of every segment, with the version of its format.
const MAGIC: &[u8] = b"CANDORJ2";
/// What the first bytes are in every version of the format.
const FAMILY: &[u8] = b"CANDORJ";
/// Frames in a row that damage may take, so that the next one is still known by its number.
const FRAMES_LOST_MAX: u64 = 256;
/// Length and checksum of the length, before each sealed frame.
const HEAD_BYTES: usize = 8;

/// Why the journal could not be written or read.
#[derive(Debug, Error)]
pub enum JournalError {
    #[error("cannot {action} `{path}`: {source}")]
    File { action: &'static str, path: PathBuf, source: io::Error },
    #[error("`{path}` is no journal segment of this program: its first bytes are unknown")]
    Magic { path: PathBuf },
    #[error(
        "`{path}` was written by another version of candor: start that one, stop it with SIGTERM \
        so that it folds its journal, then start this one"
    )]
    Version { path: PathBuf },
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
    /// The latest frame, as it was before sealing and as it was written. What a frame needs in
    /// memory the next one needs, too.
    plain: Vec<u8>,
    frame: Vec<u8>,
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
        let bytes = MAGIC.len() as u64;
        let (plain, frame) = (Vec::new(), Vec::new());
        Ok(Self { number, bytes, frames: 0, file, path, sealer, context, plain, frame })
    }

    /// Seals records and appends them. They are not durable before `sync` has answered.
    pub fn append(&mut self, kept: &Kept) -> Result<(), JournalError> {
        let context = self.context.frame(self.number, self.frames);
        self.frame.clear();
        self.frame.extend_from_slice(&[0; HEAD_BYTES]);
        kept.seal(&*self.sealer, &context, &mut self.plain, &mut self.frame)?;
        let (head, sealed) = self.frame.split_at_mut(HEAD_BYTES);
        let length = u32::try_from(sealed.len()).map_err(|_| JournalError::Seal(Broken::Format))?;
        let (length, check) = (length.to_le_bytes(), crc32fast::hash(&length.to_le_bytes()));
        head.copy_from_slice([length, check.to_le_bytes()].as_flattened());
        self.file.write_all(&self.frame).map_err(|source| self.failed("write", source))?;
        self.frames += 1;
        self.bytes += self.frame.len() as u64;
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
    /// Nothing that can be read comes after it, as a crash in the middle of a write leaves it.
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
    let bytes = fs::read(&path).map_err(failed)?;
    if MAGIC.starts_with(&bytes) {
        // A crash between creating a segment and writing its first bytes leaves a prefix of them.
        return Ok(Replayed::default());
    }
    let (magic, body) = bytes.split_at(MAGIC.len().min(bytes.len()));
    let mut replayed = Reading { body, segment: number, sealer, context }.frames();
    if magic != MAGIC {
        if replayed.frames.is_empty() {
            return Err(if magic.starts_with(FAMILY) {
                JournalError::Version { path }
            } else {
                JournalError::Magic { path }
            });
        }
        let head = Damage { segment: number, offset: 0, bytes: 8, is_torn_tail: false };
        replayed.broken.insert(0, head);
    }
    Ok(replayed)
}

/// Reading what follows the first bytes of a segment.
struct Reading<'a> {
    body: &'a [u8],
    segment: u64,
    sealer: &'a dyn Sealer,
    context: &'a Context,
}

impl Reading<'_> {
    fn frames(&self) -> Replayed {
        let mut replayed = Replayed::default();
        let (mut at, mut number) = (0, 0);
        while at < self.body.len() {
            if let Some((kept, end)) = self.frame(at, number) {
                replayed.frames.push((number, kept));
                (at, number) = (end, number + 1);
                continue;
            }
            let next = self.next_frame(at + 1, number);
            let end = next.map_or(self.body.len(), |(place, _)| place);
            replayed.broken.push(Damage {
                segment: self.segment,
                offset: (MAGIC.len() + at) as u64,
                bytes: (end - at) as u64,
                is_torn_tail: next.is_none(),
            });
            (at, number) = next.unwrap_or((end, number));
        }
        replayed
    }

    /// The frame that begins here, if it is this one and whole, and where it ends.
    fn frame(&self, at: usize, number: u64) -> Option<(Kept, usize)> {
        let rest = self.body.get(at..)?;
        let sealed = sealed_frame(rest)?;
        let context = self.context.frame(self.segment, number);
        let kept = Kept::open(self.sealer, &context, sealed).ok()?;
        Some((kept, at + HEAD_BYTES + sealed.len()))
    }

    /// Where a later frame begins, and which one it is: damage costs the frames that it lies in,
    /// and none behind them.
    fn next_frame(&self, from: usize, number: u64) -> Option<(usize, u64)> {
        (from..self.body.len()).find_map(|at| {
            sealed_frame(self.body.get(at..)?)?;
            let later = number + 1..=number + FRAMES_LOST_MAX;
            later.into_iter().find(|number| self.frame(at, *number).is_some()).map(|n| (at, n))
        })
    }
}

/// The sealed bytes of the frame that begins here; `None` when its head or its end is missing.
fn sealed_frame(rest: &[u8]) -> Option<&[u8]> {
    let (length, rest) = rest.split_first_chunk::<4>()?;
    let (check, rest) = rest.split_first_chunk::<4>()?;
    if crc32fast::hash(length) != u32::from_le_bytes(*check) {
        return None;
    }
    rest.get(..usize::try_from(u32::from_le_bytes(*length)).ok()?)
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

/// Copies a whole segment aside: bytes of it are lost, and what refers to them is not kept.
pub fn quarantine_whole(directory: &Path, aside: &Path, segment: u64) -> Result<u64, JournalError> {
    let whole = Damage { segment, offset: 0, bytes: u64::MAX, is_torn_tail: false };
    let path = quarantine(directory, aside, &whole)?;
    let size = fs::metadata(&path).map(|found| found.len());
    size.map_err(|source| JournalError::File { action: "look at", path, source })
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
