//! Numbers as planes of bytes: the lowest byte of each, then the next one of each. High bytes are
//! mostly alike, so that they pack well; low bytes are mostly chance, so that they are kept as they
//! are and cost nothing to read.

use zstd::zstd_safe::CParameter;

use super::{Input, put_varint};
use crate::keep::file::FileError;

/// How hard planes are packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::keep) enum Effort {
    /// More gains little and costs the fold.
    Quick,
    /// For what stays: a tenth smaller, and read twice as fast, as it holds fewer repetitions.
    Thorough,
}

impl Effort {
    const fn level(self) -> i32 {
        match self {
            Effort::Quick => 1,
            Effort::Thorough => 15,
        }
    }
}

/// Bytes that must come again before they are said by where they were: planes repeat themselves by
/// chance, and each short repetition costs more to read than it saves.
const MATCH_MIN: u32 = 7;

/// The bytes of a packed plane, for each eight of the plain one, that are still worth unpacking.
const WORTH: usize = 7;

/// No plane or list of texts that we wrote is longer.
const PLAIN_MAX: usize = 256 << 20;

const KEPT: u8 = 0;
const PACKED: u8 = 1;

/// Writes planes, keeping its buffers from one to the next.
pub(in crate::keep) struct Packer {
    zstd: zstd::bulk::Compressor<'static>,
    plane: Vec<u8>,
}

/// Reads them.
pub(in crate::keep) struct Unpacker {
    zstd: zstd::bulk::Decompressor<'static>,
    /// Room for each plane of a number.
    rooms: [Vec<u8>; 8],
}

/// A number that is put together from planes.
pub(in crate::keep) trait Whole: Copy + Default {
    const BYTES: u8;

    /// From its lowest bytes.
    fn of(low: [u8; 4]) -> Self;

    /// With one more byte.
    fn with(self, byte: u8, shift: u32) -> Self;
}

impl Whole for u32 {
    const BYTES: u8 = 4;

    #[inline]
    fn of(low: [u8; 4]) -> Self {
        u32::from_le_bytes(low)
    }

    #[inline]
    fn with(self, byte: u8, shift: u32) -> Self {
        self | u32::from(byte) << shift
    }
}

impl Whole for u64 {
    const BYTES: u8 = 8;

    #[inline]
    fn of(low: [u8; 4]) -> Self {
        u32::from_le_bytes(low).into()
    }

    #[inline]
    fn with(self, byte: u8, shift: u32) -> Self {
        self | u64::from(byte) << shift
    }
}

impl Packer {
    pub(in crate::keep) fn new(effort: Effort) -> Result<Self, FileError> {
        let failed = |error: std::io::Error| FileError::Encode { what: error.to_string() };
        let mut zstd = zstd::bulk::Compressor::new(effort.level()).map_err(failed)?;
        if effort == Effort::Quick {
            zstd.set_parameter(CParameter::MinMatch(MATCH_MIN)).map_err(failed)?;
        }
        Ok(Self { zstd, plane: Vec::new() })
    }

    /// As many planes as the largest number needs.
    pub(in crate::keep) fn numbers(
        &mut self,
        numbers: &[u64],
        out: &mut Vec<u8>,
    ) -> Result<(), FileError> {
        let bits = numbers.iter().fold(0, |all, number| all | number);
        let planes = (u64::BITS - bits.leading_zeros()).div_ceil(8);
        out.push(planes as u8);
        for plane in 0..planes {
            let byte = |number: &u64| (number >> (8 * plane)) as u8;
            let mut bytes = std::mem::take(&mut self.plane);
            bytes.clear();
            bytes.extend(numbers.iter().map(byte));
            self.bytes(&bytes, out)?;
            self.plane = bytes;
        }
        Ok(())
    }

    /// Bytes whose count the reader will know.
    pub(in crate::keep) fn bytes(
        &mut self,
        bytes: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<(), FileError> {
        let packed = self.zstd.compress(bytes);
        let packed = packed.map_err(|error| FileError::Encode { what: error.to_string() })?;
        if packed.len() < bytes.len() / 8 * WORTH {
            out.push(PACKED);
            put_varint(packed.len() as u64, out);
            out.extend_from_slice(&packed);
        } else {
            out.push(KEPT);
            out.extend_from_slice(bytes);
        }
        Ok(())
    }
}

impl Unpacker {
    pub(in crate::keep) fn new() -> Result<Self, FileError> {
        let zstd = zstd::bulk::Decompressor::new();
        let zstd = zstd.map_err(|error| FileError::Encode { what: error.to_string() })?;
        Ok(Self { zstd, rooms: Default::default() })
    }

    /// So many numbers; `None` when they are not there or do not fit.
    pub(in crate::keep) fn numbers<N: Whole>(
        &mut self,
        input: &mut Input<'_>,
        count: usize,
    ) -> Option<Vec<N>> {
        let planes = input.byte().filter(|planes| *planes <= N::BYTES)?;
        let mut found: [&[u8]; 8] = [&[]; 8];
        for (plane, room) in found.iter_mut().zip(&mut self.rooms).take(planes.into()) {
            *plane = bytes(&mut self.zstd, room, input, count)?;
        }
        let [one, two, three, four, high @ ..] = found;
        let (one, two, three, four) = (one.iter(), two.iter(), three.iter(), four.iter());
        // All planes at once: each number is written once.
        let mut numbers: Vec<N> = match planes {
            0 => vec![N::default(); count],
            1 => one.map(|a| N::of([*a, 0, 0, 0])).collect(),
            2 => one.zip(two).map(|(a, b)| N::of([*a, *b, 0, 0])).collect(),
            3 => {
                let low = one.zip(two).zip(three);
                low.map(|((a, b), c)| N::of([*a, *b, *c, 0])).collect()
            }
            _ => {
                let low = one.zip(two).zip(three.zip(four));
                low.map(|((a, b), (c, d))| N::of([*a, *b, *c, *d])).collect()
            }
        };
        for (shift, plane) in (32..).step_by(8).zip(high) {
            let pairs = numbers.iter_mut().zip(plane);
            pairs.for_each(|(number, byte)| *number = number.with(*byte, shift));
        }
        Some(numbers)
    }

    /// So many bytes.
    pub(in crate::keep) fn bytes<'s, 'i: 's>(
        &'s mut self,
        input: &mut Input<'i>,
        count: usize,
    ) -> Option<&'s [u8]> {
        let Self { zstd, rooms: [room, ..] } = self;
        bytes(zstd, room, input, count)
    }
}

/// So many bytes, as they are or unpacked into a room.
fn bytes<'s, 'i: 's>(
    zstd: &mut zstd::bulk::Decompressor<'static>,
    room: &'s mut Vec<u8>,
    input: &mut Input<'i>,
    count: usize,
) -> Option<&'s [u8]> {
    match input.byte()? {
        KEPT => input.bytes(count),
        PACKED => {
            let length = input.count()?;
            let packed = input.bytes(length)?;
            room.clear();
            room.reserve(count.min(PLAIN_MAX));
            zstd.decompress_to_buffer(packed, room).ok()?;
            (room.len() == count).then_some(room.as_slice())
        }
        _ => None,
    }
}

/// A difference as a number that is small when the difference is.
pub(in crate::keep) fn zigzag(difference: i64) -> u64 {
    ((difference << 1) ^ (difference >> 63)).cast_unsigned()
}

pub(in crate::keep) fn unzigzag(number: u64) -> i64 {
    (number >> 1).cast_signed() ^ -((number & 1).cast_signed())
}
