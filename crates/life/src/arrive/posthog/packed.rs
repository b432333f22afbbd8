//! How a body was packed: every way in which a client of PostHog's sends its JSON.
//!
//! What it is packed in is seen from the bytes; what the sender says about it is believed only
//! where they say nothing.

use std::borrow::Cow;

use url::form_urlencoded;
use vocabulary::Limits;

use super::lz::{self, Unreadable};
use crate::arrive::body::{Body, Bounds, base64, field, is_json, opened, unpack};
use crate::arrive::{Malformed, Parcel};

/// Opens a body: JSON, compressed JSON, or a form (also in the query) whose `data` is one of the
/// two, as it is or as base64.
pub fn open<'a>(parcel: &Parcel<'a>, limits: &Limits) -> Result<Body<'a>, Malformed> {
    let bounds = Bounds::large(limits);
    bounds.check(parcel.body.len().max(parcel.query.len()))?;
    let mut bytes = if parcel.body.is_empty() {
        Cow::Owned(said(parcel.query, "data").unwrap_or_default().into_bytes())
    } else {
        unpack(Cow::Borrowed(parcel.body), parcel.content_encoding, bounds)?
    };
    let mut compression = said(parcel.query, "compression");
    if !is_json(&bytes)
        && let Some(data) = field(&bytes, b"data=")
    {
        let named = field(&bytes, b"compression=");
        compression = named.and_then(|name| String::from_utf8(name).ok()).or(compression);
        bytes = unpack(Cow::Owned(data), None, bounds)?;
    }
    if !is_json(&bytes) && !bytes.trim_ascii().is_empty() {
        bytes = Cow::Owned(plain(bytes.trim_ascii(), compression.as_deref(), limits)?);
    }
    opened(bytes, limits)
}

/// What is written in signs of base64: compressed text, or bytes that may be compressed.
fn plain(written: &[u8], compression: Option<&str>, limits: &Limits) -> Result<Vec<u8>, Malformed> {
    if compression == Some("lz64") {
        // Only old clients write it, and none of them large batches.
        let bounds = Bounds::of(limits);
        bounds.check(written.len())?;
        let text = lz::text(written, bounds.grown(written.len()));
        return text.map(String::into_bytes).map_err(|why| match why {
            Unreadable::TooLong => bounds.past(written.len()),
            Unreadable::NoText => {
                Malformed::Compression { problem: "this is no text of lz-string".into() }
            }
        });
    }
    let bytes = base64(written.to_vec()).ok_or_else(|| Malformed::Syntax {
        offset: 0,
        problem: "the body is neither JSON nor base64 of it".into(),
    })?;
    Ok(unpack(Cow::Owned(bytes), None, Bounds::large(limits))?.into_owned())
}

/// A parameter of a query.
#[must_use]
pub fn said(query: &str, wanted: &str) -> Option<String> {
    let mut pairs = form_urlencoded::parse(query.as_bytes());
    pairs.find(|(name, _)| name == wanted).map(|(_, value)| value.into_owned())
}
