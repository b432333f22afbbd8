//! A request's body, opened: decompressed, out of its form, text, not too deep. It reads no call.
//!
//! INVARIANT(limits): nothing is allocated in proportion to what a sender claims, only to what has
//! been read, and reading stops one byte past the limit.

use std::borrow::Cow;
use std::fmt;
use std::io::Read;

use base64::Engine;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use flate2::read::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};
use memchr::{memchr_iter, memchr2};
use percent_encoding::percent_decode;
use vocabulary::Limits;

use super::{Malformed, Parcel};

/// A body whose size, density, encoding and depth are within limits.
///
/// INVARIANT(limits): private field; `opened` is the only maker.
pub struct Body<'a>(Cow<'a, str>);

impl fmt::Debug for Body<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Body").field("bytes", &self.0.len()).finish()
    }
}

impl Body<'_> {
    /// The JSON text, without a byte order mark or white space around it.
    #[must_use]
    pub fn text(&self) -> &str {
        self.0.strip_prefix('\u{feff}').unwrap_or(&self.0).trim_ascii()
    }
}

/// How large a body may be and become.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    /// What may be sent as it is. To that a body may also grow, however dense it is: similar events
    /// are.
    pub(super) plain: usize,
    inflated: usize,
    ratio: usize,
}

impl Bounds {
    pub(super) const fn of(limits: &Limits) -> Self {
        let Limits { body_bytes: plain, inflated_bytes: inflated, inflate_ratio, .. } = *limits;
        Self { plain, inflated, ratio: inflate_ratio }
    }

    /// Those of a protocol whose clients send large batches.
    pub(super) const fn large(limits: &Limits) -> Self {
        let (plain, ratio) = (limits.large_body_bytes, limits.inflate_ratio);
        Self { plain, inflated: plain, ratio }
    }

    /// What so many packed bytes may grow to.
    pub(super) fn grown(self, packed: usize) -> usize {
        packed.saturating_mul(self.ratio).max(self.plain).min(self.inflated)
    }

    /// Refuses what is larger than may be sent.
    pub(super) fn check(self, bytes: usize) -> Result<(), Malformed> {
        if bytes <= self.plain {
            return Ok(());
        }
        Err(Malformed::TooLarge { bytes, limit: self.plain })
    }

    /// Why more than so many packed bytes may grow to is refused.
    pub(super) fn past(self, packed: usize) -> Malformed {
        let limit = self.grown(packed);
        if limit < self.inflated {
            Malformed::TooDense { ratio: self.ratio }
        } else {
            Malformed::TooLarge { bytes: limit.saturating_add(1), limit }
        }
    }
}

/// How a body was packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Packing {
    Plain,
    Gzip,
    Deflate,
    Brotli,
    Zstd,
}

/// How much of a brotli stream is read at once.
const PIECE_BYTES: usize = 4 << 10;

const MAGIC_GZIP: &[u8] = &[0x1f, 0x8b];
const MAGIC_ZSTD: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];

const TOLERANT: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_padding_mode(DecodePaddingMode::Indifferent)
    .with_decode_allow_trailing_bits(true);

/// Opens a body: what it was packed in is seen from its first bytes, then from its headers.
pub fn decode<'a>(parcel: &Parcel<'a>, limits: &Limits) -> Result<Body<'a>, Malformed> {
    let body = parcel.body;
    let bounds = Bounds::of(limits);
    bounds.check(body.len())?;
    let mut bytes = unpack(Cow::Borrowed(body), parcel.content_encoding, bounds)?;
    if !is_json(&bytes) && is_form(parcel.content_type) {
        // A form's content may itself be packed, by a sender that could not set a header.
        bytes = unpack(Cow::Owned(form(&bytes)?), None, bounds)?;
    }
    opened(bytes, limits)
}

/// A body out of bytes that are unpacked and within the limit of size.
pub(super) fn opened<'a>(bytes: Cow<'a, [u8]>, limits: &Limits) -> Result<Body<'a>, Malformed> {
    let text = text(bytes)?;
    depth(text.as_bytes(), limits.json_depth)?;
    let opened = Body(text);
    if opened.text().is_empty() { Err(Malformed::Empty) } else { Ok(opened) }
}

/// Refuses JSON that is nested deeper than the limit, in one pass and without recursion.
pub fn depth(json: &[u8], limit: usize) -> Result<(), Malformed> {
    let mut rest = json;
    let mut open = 0_usize;
    while let Some((first, behind)) = rest.split_first() {
        rest = behind;
        match first {
            b'"' => rest = behind_text(behind),
            b'{' | b'[' => {
                open += 1;
                if open > limit {
                    return Err(Malformed::TooDeep { limit });
                }
            }
            b'}' | b']' => open = open.saturating_sub(1),
            _ => {}
        }
    }
    Ok(())
}

/// What stands behind the quote that ends a text.
fn behind_text(mut rest: &[u8]) -> &[u8] {
    while let Some(place) = memchr2(b'"', b'\\', rest) {
        let is_end = rest.get(place) == Some(&b'"');
        let step = if is_end { place + 1 } else { place + 2 };
        rest = rest.get(step..).unwrap_or_default();
        if is_end {
            return rest;
        }
    }
    &[]
}

/// Decompresses what is compressed, by its first bytes or by what its sender says.
pub(super) fn unpack<'a>(
    body: Cow<'a, [u8]>,
    encoding: Option<&str>,
    bounds: Bounds,
) -> Result<Cow<'a, [u8]>, Malformed> {
    let inflated = match packing(&body, encoding)? {
        Packing::Plain => return Ok(body),
        Packing::Gzip => inflate(MultiGzDecoder::new(&*body), body.len(), bounds),
        Packing::Deflate if is_zlib(&body) => inflate(ZlibDecoder::new(&*body), body.len(), bounds),
        Packing::Deflate => inflate(DeflateDecoder::new(&*body), body.len(), bounds),
        Packing::Brotli => {
            inflate(brotli_decompressor::Decompressor::new(&*body, PIECE_BYTES), body.len(), bounds)
        }
        Packing::Zstd => inflate(zstd_reader(&body)?, body.len(), bounds),
    };
    inflated.map(Cow::Owned)
}

/// The first bytes decide; a header is believed only where they say nothing.
fn packing(body: &[u8], encoding: Option<&str>) -> Result<Packing, Malformed> {
    if body.starts_with(MAGIC_GZIP) {
        return Ok(Packing::Gzip);
    }
    if body.starts_with(MAGIC_ZSTD) {
        return Ok(Packing::Zstd);
    }
    match encoding.map(|name| name.trim().to_ascii_lowercase()).as_deref() {
        None | Some("" | "identity") => Ok(Packing::Plain),
        // A proxy that unpacked the body may have left the header.
        Some("gzip" | "x-gzip" | "zstd" | "br") if is_json(body) || body.is_empty() => {
            Ok(Packing::Plain)
        }
        Some("gzip" | "x-gzip") => Ok(Packing::Gzip),
        Some("zstd") => Ok(Packing::Zstd),
        Some("deflate") => Ok(Packing::Deflate),
        Some("br") => Ok(Packing::Brotli),
        Some(_) => Err(Malformed::Encoding),
    }
}

/// The two bytes in front of a zlib stream are a multiple of 31; a bare deflate has none such.
fn is_zlib(body: &[u8]) -> bool {
    let [first, second, ..] = body else { return false };
    first & 0x0f == 8 && u16::from_be_bytes([*first, *second]) % 31 == 0
}

/// The window that every reader of zstd is asked to support: 8 MiB. A frame that claims more is
/// refused.
const ZSTD_WINDOW_LOG_MAX: u32 = 23;

fn zstd_reader(body: &[u8]) -> Result<impl Read + use<'_>, Malformed> {
    let mut reader = zstd::stream::read::Decoder::with_buffer(body).map_err(broken)?;
    reader.window_log_max(ZSTD_WINDOW_LOG_MAX).map_err(broken)?;
    Ok(reader)
}

fn inflate(reader: impl Read, packed: usize, bounds: Bounds) -> Result<Vec<u8>, Malformed> {
    let limit = bounds.grown(packed);
    let mut plain = Vec::with_capacity(packed.saturating_mul(4).min(limit));
    let past = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    reader.take(past).read_to_end(&mut plain).map_err(broken)?;
    if plain.len() <= limit { Ok(plain) } else { Err(bounds.past(packed)) }
}

fn broken(error: std::io::Error) -> Malformed {
    Malformed::Compression { problem: error.to_string() }
}

fn is_form(content_type: Option<&str>) -> bool {
    let kind = content_type.and_then(|text| text.split(';').next()).unwrap_or_default();
    kind.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded")
}

pub(super) fn is_json(bytes: &[u8]) -> bool {
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes).trim_ascii_start();
    matches!(bytes.first(), Some(b'{' | b'['))
}

/// The content of a form's `data`: JSON as it is, or base64 in either alphabet.
fn form(bytes: &[u8]) -> Result<Vec<u8>, Malformed> {
    let Some(plain) = field(bytes, b"data=") else {
        return Err(Malformed::Syntax {
            offset: 0,
            problem: "a form carries its JSON in `data`".into(),
        });
    };
    if is_json(&plain) {
        return Ok(plain);
    }
    base64(plain).ok_or_else(|| Malformed::Syntax {
        offset: 5,
        problem: "`data` is neither JSON nor base64".into(),
    })
}

/// A field of a form, by its name with the sign behind it.
pub(super) fn field(form: &[u8], name: &[u8]) -> Option<Vec<u8>> {
    let mut pairs = form.split(|byte| *byte == b'&');
    Some(percent_decode(pairs.find_map(|pair| pair.strip_prefix(name))?).collect())
}

/// What base64 in either alphabet stands for, also where its `+` was sent as a space.
pub(super) fn base64(mut encoded: Vec<u8>) -> Option<Vec<u8>> {
    // A sender that did not escape the `+` of base64 meant a plus, not a space.
    for byte in &mut encoded {
        if *byte == b' ' {
            *byte = b'+';
        }
    }
    let is_url_safe = encoded.iter().any(|byte| matches!(byte, b'-' | b'_'));
    let alphabet = if is_url_safe { &URL_SAFE } else { &STANDARD };
    GeneralPurpose::new(alphabet, TOLERANT).decode(&encoded).ok()
}

fn text(bytes: Cow<'_, [u8]>) -> Result<Cow<'_, str>, Malformed> {
    let wrong = |offset| Malformed::Syntax { offset, problem: "the text is not UTF-8".into() };
    match bytes {
        Cow::Borrowed(bytes) => std::str::from_utf8(bytes)
            .map(Cow::Borrowed)
            .map_err(|error| wrong(error.valid_up_to())),
        Cow::Owned(bytes) => String::from_utf8(bytes)
            .map(Cow::Owned)
            .map_err(|error| wrong(error.utf8_error().valid_up_to())),
    }
}

/// What the JSON reader stumbled over, told without repeating what the body held.
pub(super) fn syntax(text: &str, error: &serde_json::Error) -> Malformed {
    let line_start = match error.line().checked_sub(2) {
        None => 0,
        Some(index) => memchr_iter(b'\n', text.as_bytes()).nth(index).map_or(0, |place| place + 1),
    };
    let problem = match error.classify() {
        serde_json::error::Category::Io | serde_json::error::Category::Syntax => {
            "the JSON is broken"
        }
        serde_json::error::Category::Data => "a part of it is not of the shape that this call has",
        serde_json::error::Category::Eof => "it ends too early",
    };
    Malformed::Syntax { offset: line_start + error.column(), problem: problem.into() }
}

#[cfg(test)]
mod tests;
