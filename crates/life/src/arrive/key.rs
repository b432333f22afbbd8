//! The key that a request shows, in every place where clients put it. Nobody asks if it is known.

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use url::form_urlencoded;

use super::Parcel;
use super::json::Scalar;

/// The user of Basic authorization; its password is empty, and some clients leave out the colon.
#[must_use]
pub fn basic<'a>(parcel: &Parcel<'a>) -> Option<Cow<'a, str>> {
    let encoded = scheme(parcel.authorization?, "basic")?;
    let decoded = String::from_utf8(STANDARD.decode(encoded).ok()?).ok()?;
    let user = decoded.split(':').next().unwrap_or_default();
    shown(Cow::Owned(user.to_owned()))
}

/// The token of Bearer authorization.
#[must_use]
pub fn bearer<'a>(parcel: &Parcel<'a>) -> Option<Cow<'a, str>> {
    shown(Cow::Borrowed(scheme(parcel.authorization?, "bearer")?))
}

/// The key in a header of its own.
#[must_use]
pub fn header<'a>(parcel: &Parcel<'a>) -> Option<Cow<'a, str>> {
    shown(Cow::Borrowed(parcel.write_key?))
}

/// The key in the query, under either name.
#[must_use]
pub fn query<'a>(parcel: &Parcel<'a>) -> Option<Cow<'a, str>> {
    let mut pairs = form_urlencoded::parse(parcel.query.as_bytes());
    let (_, value) = pairs.find(|(name, _)| matches!(&**name, "writeKey" | "key"))?;
    shown(value)
}

/// The key in a field of the body.
#[must_use]
pub fn written<'a>(field: &Scalar<'a>) -> Option<Cow<'a, str>> {
    match field {
        Scalar::Text(text) => shown(text.clone()),
        Scalar::Absent
        | Scalar::Integer(_)
        | Scalar::Number(_)
        | Scalar::Flag(_)
        | Scalar::Nested => None,
    }
}

fn shown(key: Cow<'_, str>) -> Option<Cow<'_, str>> {
    let key = match key {
        Cow::Borrowed(text) => Cow::Borrowed(text.trim()),
        Cow::Owned(text) => Cow::Owned(text.trim().to_owned()),
    };
    if key.is_empty() { None } else { Some(key) }
}

fn scheme<'a>(authorization: &'a str, name: &str) -> Option<&'a str> {
    let (given, rest) = authorization.trim().split_once(' ')?;
    given.eq_ignore_ascii_case(name).then(|| rest.trim())
}
