//! How a body was packed: every way in which a client of PostHog's sends its JSON.
//!
//! What it is packed in is seen from the bytes; what the sender says about it is believed only
//! where they say nothing.

use std::borrow::Cow;

use url::form_urlencoded;
use vocabulary::Limits;

use super::lz;
use crate::arrive::body::{Body, base64, field, is_json, opened, unpack};
use crate::arrive::{Malformed, Parcel};

/// Opens a body: JSON, compressed JSON, or a form (also in the query) whose `data` is one of the
/// two, as it is or as base64.
pub fn open<'a>(parcel: &Parcel<'a>, limits: &Limits) -> Result<Body<'a>, Malformed> {
    let sent = parcel.body.len().max(parcel.query.len());
    if sent > limits.body_bytes {
        return Err(Malformed::TooLarge { bytes: sent, limit: limits.body_bytes });
    }
    let mut bytes = if parcel.body.is_empty() {
        Cow::Owned(said(parcel.query, "data").unwrap_or_default().into_bytes())
    } else {
        unpack(Cow::Borrowed(parcel.body), parcel.content_encoding, limits)?
    };
    let mut compression = said(parcel.query, "compression");
    if !is_json(&bytes)
        && let Some(data) = field(&bytes, b"data=")
    {
        let named = field(&bytes, b"compression=");
        compression = named.and_then(|name| String::from_utf8(name).ok()).or(compression);
        bytes = unpack(Cow::Owned(data), None, limits)?;
    }
    if !is_json(&bytes) && !bytes.trim_ascii().is_empty() {
        bytes = Cow::Owned(plain(bytes.trim_ascii(), compression.as_deref(), limits)?);
    }
    opened(bytes, limits)
}

/// What is written in signs of base64: compressed text, or bytes that may be compressed.
fn plain(written: &[u8], compression: Option<&str>, limits: &Limits) -> Result<Vec<u8>, Malformed> {
    if compression == Some("lz64") {
        let units_max = written.len().saturating_mul(limits.inflate_ratio);
        let text = lz::text(written, units_max.min(limits.inflated_bytes));
        return text.map(String::into_bytes).ok_or_else(|| Malformed::Compression {
            problem: "this is no text of lz-string, or a very long one".into(),
        });
    }
    let bytes = base64(written.to_vec()).ok_or_else(|| Malformed::Syntax {
        offset: 0,
        problem: "the body is neither JSON nor base64 of it".into(),
    })?;
    Ok(unpack(Cow::Owned(bytes), None, limits)?.into_owned())
}

/// A parameter of a query.
#[must_use]
pub fn said(query: &str, wanted: &str) -> Option<String> {
    let mut pairs = form_urlencoded::parse(query.as_bytes());
    pairs.find(|(name, _)| name == wanted).map(|(_, value)| value.into_owned())
}
