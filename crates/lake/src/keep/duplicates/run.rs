//! A sorted run of keys in a file, with a filter in memory. A run is written once and never
//! changed.
//!
//! The file: a header of `HEADER_BYTES`, the keys in order, the filter's descriptor and
//! fingerprints.

use std::io::Write;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use life::keep::manifest::{FileId, RunEntry};
use vocabulary::{Span, Time};
use xorf::{BinaryFuse8, BinaryFuse8Ref, DmaSerializable, Filter, FilterRef};

use super::{KEYS, Key};
use crate::keep::durable::Unfinished;
use crate::keep::file::FileError;

const MAGIC: [u8; 8] = *b"CANDKEYS";
const FORMAT: u32 = 1;
const HEADER_BYTES: usize = 48;
const KEY_BYTES: usize = 16;
const ENDING: &str = "keys";

/// Keys read at once when one is looked up.
const WINDOW_KEYS: u64 = 256;

/// An open run.
#[derive(Debug)]
pub(super) struct Run {
    pub(super) entry: RunEntry,
    /// When its last key arrived.
    pub(super) latest: Time,
    path: PathBuf,
    file: std::fs::File,
    descriptor: [u8; BinaryFuse8::DESCRIPTOR_LEN],
    fingerprints: Vec<u8>,
}

/// Writes keys that arrived up to `latest` as one run; `None` when there are none.
pub fn write_run(
    root: &Path,
    id: FileId,
    mut keys: Vec<Key>,
    latest: Time,
) -> Result<Option<RunEntry>, FileError> {
    keys.sort_unstable();
    keys.dedup();
    if keys.is_empty() {
        return Ok(None);
    }
    write(root, id, &keys, latest.floor(Span::HOUR), latest).map(Some)
}

/// Writes the keys of several runs as one; `None` when there are no runs.
pub fn merge_runs(
    root: &Path,
    id: FileId,
    runs: &[RunEntry],
) -> Result<Option<RunEntry>, FileError> {
    let Some(hour) = runs.iter().map(|run| run.hour).min() else { return Ok(None) };
    let mut latest = hour;
    let mut keys = Vec::new();
    for entry in runs {
        let run = Run::open(root, entry)?;
        latest = latest.max(run.latest);
        keys.extend(run.keys(0, entry.keys)?);
    }
    keys.sort_unstable();
    keys.dedup();
    write(root, id, &keys, hour, latest).map(Some)
}

fn write(
    root: &Path,
    id: FileId,
    keys: &[Key],
    hour: Time,
    latest: Time,
) -> Result<RunEntry, FileError> {
    let mut prefixes: Vec<u64> = keys.iter().map(prefix).collect();
    prefixes.dedup();
    let filter = BinaryFuse8::try_from(prefixes.as_slice())
        .map_err(|what| FileError::Encode { what: what.to_owned() })?;
    drop(prefixes);
    let mut descriptor = [0; BinaryFuse8::DESCRIPTOR_LEN];
    filter.dma_copy_descriptor_to(&mut descriptor);
    let count = keys.len() as u64;
    let header = header(count, latest, filter.dma_fingerprints(), &descriptor);

    let mut unfinished = Unfinished::create(root, KEYS, id)?;
    let mut writer = unfinished.writer()?;
    let mut put = |bytes: &[u8]| writer.write_all(bytes).map_err(|cause| unfinished.access(cause));
    put(&header)?;
    for keys in keys.chunks(WINDOW_KEYS as usize) {
        put(keys.as_flattened())?;
    }
    put(&descriptor)?;
    put(filter.dma_fingerprints())?;
    let (digest, _) = writer.finish().map_err(|cause| unfinished.access(cause))?;
    let path = unfinished.publish(ENDING)?;
    Ok(RunEntry { id, path, hour, keys: count, digest })
}

/// Magic, format, checksum of all that follows but the keys, count, latest, bytes of fingerprints.
fn header(count: u64, latest: Time, fingerprints: &[u8], descriptor: &[u8]) -> Vec<u8> {
    let mut numbers = count.to_le_bytes().to_vec();
    numbers.extend_from_slice(&latest.0.to_le_bytes());
    numbers.extend_from_slice(&(fingerprints.len() as u64).to_le_bytes());
    let mut header = MAGIC.to_vec();
    header.extend_from_slice(&FORMAT.to_le_bytes());
    header.extend_from_slice(&checksum(&numbers, descriptor, fingerprints).to_le_bytes());
    header.extend_from_slice(&numbers);
    header.resize(HEADER_BYTES, 0);
    header
}

fn checksum(numbers: &[u8], descriptor: &[u8], fingerprints: &[u8]) -> u32 {
    let mut hash = crc32fast::Hasher::new();
    hash.update(numbers);
    hash.update(descriptor);
    hash.update(fingerprints);
    hash.finalize()
}

/// The first eight bytes of a key as a number that sorts as keys do.
fn prefix(key: &Key) -> u64 {
    let [a, b, c, d, e, f, g, h, ..] = *key;
    u64::from_be_bytes([a, b, c, d, e, f, g, h])
}

impl Run {
    pub(super) fn open(root: &Path, entry: &RunEntry) -> Result<Self, FileError> {
        let path = root.join(&entry.path);
        let access = |cause| FileError::Access { path: path.clone(), cause };
        let damaged = |what: &str| FileError::Damaged { path: path.clone(), what: what.to_owned() };
        let file = std::fs::File::open(&path).map_err(access)?;
        let bytes = file.metadata().map_err(access)?.len();
        let mut header = [0; HEADER_BYTES];
        file.read_exact_at(&mut header, 0).map_err(access)?;
        let [_, _, count, latest, length, _] = *header.as_chunks::<8>().0 else {
            return Err(damaged("no header"));
        };
        let count = u64::from_le_bytes(count);
        let latest = Time(i64::from_le_bytes(latest));
        let length = u64::from_le_bytes(length);
        let keys_end = HEADER_BYTES as u64 + entry.keys.saturating_mul(KEY_BYTES as u64);
        let filter_start = keys_end.saturating_add(BinaryFuse8::DESCRIPTOR_LEN as u64);
        if count != entry.keys || filter_start.checked_add(length) != Some(bytes) {
            return Err(damaged("it is not as long as it says"));
        }
        let mut descriptor = [0; BinaryFuse8::DESCRIPTOR_LEN];
        file.read_exact_at(&mut descriptor, keys_end).map_err(access)?;
        let mut fingerprints = vec![0; usize::try_from(length).unwrap_or(0)];
        file.read_exact_at(&mut fingerprints, filter_start).map_err(access)?;
        if header.as_slice() != self::header(count, latest, &fingerprints, &descriptor) {
            return Err(damaged("its header or filter does not match its checksum"));
        }
        Ok(Self { entry: entry.clone(), latest, path, file, descriptor, fingerprints })
    }

    /// Whether the key is in the run.
    pub(super) fn holds(&self, key: &Key) -> Result<bool, FileError> {
        let filter = BinaryFuse8Ref::from_dma(&self.descriptor, &self.fingerprints);
        if !filter.contains(&prefix(key)) {
            return Ok(false);
        }
        let (mut low, mut high) = (0, self.entry.keys);
        let (mut least, mut most) = (0, u64::MAX);
        // INVARIANT(between): a key that is in the run is at `low..high`, which always shrinks.
        while low < high {
            let share = u128::from(prefix(key).saturating_sub(least)) * u128::from(high - low);
            let guess = low + (share / (u128::from(most.saturating_sub(least)) + 1)) as u64;
            let start = guess.saturating_sub(WINDOW_KEYS / 2).clamp(low, high);
            let end = (start + WINDOW_KEYS).min(high);
            let window = self.keys(start, end)?;
            let (Some(first), Some(last)) = (window.first(), window.last()) else {
                return Ok(false);
            };
            if key < first {
                (high, most) = (start, prefix(first));
            } else if key > last {
                (low, least) = (end, prefix(last));
            } else {
                return Ok(window.binary_search(key).is_ok());
            }
        }
        Ok(false)
    }

    /// The keys at these places.
    fn keys(&self, start: u64, end: u64) -> Result<Vec<Key>, FileError> {
        let count = usize::try_from(end.saturating_sub(start)).unwrap_or(0);
        let mut keys = vec![[0; KEY_BYTES]; count];
        let place = HEADER_BYTES as u64 + start * KEY_BYTES as u64;
        let read = self.file.read_exact_at(keys.as_flattened_mut(), place);
        read.map_err(|cause| FileError::Access { path: self.path.clone(), cause })?;
        Ok(keys)
    }

    pub(super) fn memory_bytes(&self) -> usize {
        size_of::<Self>()
            + self.fingerprints.len()
            + self.entry.path.len()
            + self.path.as_os_str().len()
    }
}
