//! Whose an event of PostHog's is: which of its ids is a visitor's, and which is a user's.

use std::borrow::Cow;

use crate::arrive::json::{Place, Scalar};
use crate::arrive::{Invalid, Kind};

/// Ids are cut here, as the protocol says.
const ID_CHARS: usize = 200;

/// What a client says about the one whom its event is about.
pub(super) struct Said<'a> {
    /// The one id that every event has.
    pub(super) distinct: Cow<'a, str>,
    /// The id of the browser or the app, which outlives a sign-in.
    pub(super) device: Option<Cow<'a, str>>,
    /// The visitor's id until now, when somebody signs in.
    pub(super) anonymous: Option<Cow<'a, str>>,
    /// The other name of an alias.
    pub(super) alias: Option<Cow<'a, str>>,
    /// Whether the client says that the id names nobody.
    pub(super) is_anonymous: bool,
}

/// The ids of an event in our own terms.
#[derive(Default)]
pub(super) struct Ids<'a> {
    pub(super) user: Option<Cow<'a, str>>,
    pub(super) device: Option<Cow<'a, str>>,
    pub(super) previous: Option<Cow<'a, str>>,
}

impl<'a> Said<'a> {
    /// A visitor's id becomes the device's; any other names a user.
    pub(super) fn ids(self, kind: Kind, place: Place) -> Result<Ids<'a>, Invalid> {
        let is_visitor = self.is_anonymous || self.device.as_ref() == Some(&self.distinct);
        let alias = match (kind, self.alias) {
            (Kind::Alias, None) => {
                let problem = "`alias` is missing: send the other id of the same person";
                return Err(place.invalid("alias-missing", "properties/alias", problem));
            }
            (Kind::Alias, alias) => alias,
            (Kind::Event | Kind::Identify | Kind::Group, _) => None,
        };
        let ids = match alias {
            // A visitor gets a name.
            Some(alias) if is_visitor => {
                Ids { user: Some(alias), device: Some(self.distinct), previous: None }
            }
            // Some clients name the visitor's id first. Only the one that a client drew is a
            // visitor's for sure.
            Some(alias) if is_drawn(&self.distinct) && !is_drawn(&alias) => {
                Ids { user: Some(alias), device: self.device, previous: Some(self.distinct) }
            }
            Some(alias) => {
                Ids { user: Some(self.distinct), device: self.device, previous: Some(alias) }
            }
            None if is_visitor => Ids { device: Some(self.distinct), ..Ids::default() },
            None => {
                let device = self.anonymous.filter(|_| kind == Kind::Identify).or(self.device);
                Ids { user: Some(self.distinct), device, previous: None }
            }
        };
        Ok(ids)
    }
}

/// Whether an id is a UUID of version 7, as clients draw them for visitors.
fn is_drawn(id: &str) -> bool {
    let is_digit = |(place, byte): (usize, u8)| match place {
        8 | 13 | 18 | 23 => byte == b'-',
        14 => byte == b'7',
        _ => byte.is_ascii_hexdigit(),
    };
    id.len() == 36 && id.bytes().enumerate().all(is_digit)
}

/// An id as a text: clients also send numbers and flags.
pub(super) fn id<'a>(
    place: Place,
    field: &'static str,
    written: Scalar<'a>,
) -> Result<Option<Cow<'a, str>>, Invalid> {
    let text = match written {
        Scalar::Absent => return Ok(None),
        Scalar::Text(text) if text.trim().is_empty() => return Ok(None),
        Scalar::Text(text) => text,
        Scalar::Integer(number) => number.to_string().into(),
        Scalar::Number(number) => number.to_string().into(),
        Scalar::Flag(flag) => flag.to_string().into(),
        Scalar::Nested => {
            let problem = format!("`{}` is no text: send it as text", field.replace('/', "."));
            return Err(place.invalid("type-wrong", field, problem));
        }
    };
    Ok(Some(cut(text)))
}

fn cut(text: Cow<'_, str>) -> Cow<'_, str> {
    match text.char_indices().nth(ID_CHARS) {
        None => text,
        Some((end, _)) => Cow::Owned(text.get(..end).unwrap_or_default().to_owned()),
    }
}
