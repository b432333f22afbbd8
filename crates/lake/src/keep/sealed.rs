//! Sealed runs: all sealed properties of one class of some consecutive rows of one person, as one
//! blob.
//!
//! A blob opens only in its file, for its person and class, at its first row. It never outlives
//! the person's key.

use life::keep::manifest::FileId;
use serde::{Deserialize, Serialize};
use vocabulary::{Class, Code, Person, PersonSealer, SealError, Value};

use super::file::{FileError, Place};

/// Rows of one run, at most; a person with more has several runs.
pub(super) const RUN_ROWS: usize = 4096;

/// Bytes of values of one run, about, at most.
pub(super) const RUN_BYTES: usize = 1 << 20;

/// No run that we wrote is larger when opened: one row more than `RUN_BYTES`, and its frame.
const OPENED_BYTES_MAX: usize = 64 << 20;

const LENGTH_BYTES: usize = 4;

/// How hard runs are packed.
pub(super) const LEVEL: i32 = 1;

/// The same in files that compaction soon takes in: without tables for each run, which are most of
/// the work where a person has few rows.
pub(super) const FRESH_LEVEL: i32 = -1;

/// What is in a run: by row, counted from the run's first, its properties of the class.
#[derive(Serialize, Deserialize)]
pub(super) struct Run<V>(pub(super) Vec<(u32, Vec<(Code, V)>)>);

/// Where a run stands; bound into its blob.
#[derive(Debug, Clone, Copy)]
pub(super) struct Spot {
    pub(super) file: FileId,
    pub(super) person: Person,
    pub(super) class: Class,
    /// The number of the run's first row in the file.
    pub(super) row: u64,
}

impl Spot {
    fn context(&self, place: &Place) -> Vec<u8> {
        let mut context = place.context(self.file);
        let tail = format!("/{}/{}/{}", self.class.number(), self.person.0, self.row);
        context.extend_from_slice(tail.as_bytes());
        context
    }
}

/// Packs and seals runs, keeping its buffers from one to the next.
pub(super) struct Packer {
    compressor: zstd::bulk::Compressor<'static>,
    decompressor: zstd::bulk::Decompressor<'static>,
}

impl Packer {
    pub(super) fn new(level: i32) -> Result<Self, FileError> {
        let failed = |error: std::io::Error| FileError::Encode { what: error.to_string() };
        Ok(Self {
            compressor: zstd::bulk::Compressor::new(level).map_err(failed)?,
            decompressor: zstd::bulk::Decompressor::new().map_err(failed)?,
        })
    }

    /// The blob of a run; `None` when the person's key is destroyed, and with it the properties.
    pub(super) fn seal(
        &mut self,
        place: &Place,
        sealer: &dyn PersonSealer,
        spot: Spot,
        run: &Run<&Value>,
    ) -> Result<Option<Vec<u8>>, FileError> {
        let failed = |what: String| FileError::Encode { what };
        let plain = postcard::to_stdvec(run).map_err(|error| failed(error.to_string()))?;
        let length =
            u32::try_from(plain.len()).map_err(|_| failed("a run is too large".to_owned()))?;
        let packed = self.compressor.compress(&plain).map_err(|error| failed(error.to_string()))?;
        let mut framed = length.to_le_bytes().to_vec();
        framed.extend_from_slice(&packed);
        match sealer.seal(spot.person, spot.class, &spot.context(place), &framed) {
            Ok(sealed) => Ok(Some(sealed)),
            Err(SealError::Destroyed) => Ok(None),
            Err(cause @ (SealError::Broken | SealError::Missing)) => {
                Err(FileError::Seal { path: place.root.clone(), cause })
            }
        }
    }

    /// The properties of a run; `None` when the person's key is destroyed.
    pub(super) fn open(
        &mut self,
        place: &Place,
        sealer: &dyn PersonSealer,
        spot: Spot,
        sealed: &[u8],
    ) -> Result<Option<Run<Value>>, SealError> {
        let framed = match sealer.open(spot.person, spot.class, &spot.context(place), sealed) {
            Ok(framed) => framed,
            Err(SealError::Destroyed) => return Ok(None),
            Err(cause @ (SealError::Broken | SealError::Missing)) => return Err(cause),
        };
        let (length, packed) =
            framed.split_first_chunk::<LENGTH_BYTES>().ok_or(SealError::Broken)?;
        let length = u32::from_le_bytes(*length) as usize;
        if length > OPENED_BYTES_MAX {
            return Err(SealError::Broken);
        }
        let plain = self.decompressor.decompress(packed, length).map_err(|_| SealError::Broken)?;
        postcard::from_bytes(&plain).map(Some).map_err(|_| SealError::Broken)
    }
}

/// About how many bytes a value takes in a run.
pub(super) fn value_bytes(value: &Value) -> usize {
    match value {
        Value::Flag(_) | Value::Integer(_) | Value::Number(_) | Value::Time(_) => 10,
        Value::Text(text) | Value::Json(text) => text.len() + 6,
    }
}
