//! arrive: bytes become `Raw` events, one file for each protocol. Nothing is judged or kept here.

use std::borrow::Cow;
use std::fmt;
use std::net::IpAddr;

use serde_json::value::RawValue;
use thiserror::Error;
use vocabulary::{Limits, Manner, NoticeShown, Time};

pub mod archive;
pub mod body;
#[cfg(test)]
mod check;
pub mod json;
pub mod key;
pub mod native;
pub mod pixel;
pub mod posthog;
pub mod segment;
pub mod skew;
pub mod snowplow;

/// What an HTTP request brought, before any protocol has looked at it.
#[derive(Clone, Copy)]
pub struct Parcel<'a> {
    pub body: &'a [u8],
    pub content_type: Option<&'a str>,
    pub content_encoding: Option<&'a str>,
    pub authorization: Option<&'a str>,
    /// `X-Write-Key` or the like.
    pub write_key: Option<&'a str>,
    pub query: &'a str,
    pub user_agent: Option<&'a str>,
    pub address: Option<IpAddr>,
    pub signals: Signals,
    pub received: Time,
}

/// Signals that a browser sends beside every request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Signals {
    /// `Sec-GPC: 1`: no sale, no sharing for advertising.
    pub global_privacy_control: bool,
}

/// What an event does beside being counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// It happened; nothing else.
    Event,
    /// It says that the device and the user are one person.
    Identify,
    /// It says that two ids are one person.
    Alias,
    /// It says that the person belongs to a group.
    Group,
}

/// Where in the protocol's event a group of fields stood; it becomes the front of their names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scope {
    /// `revenue` stays `revenue`.
    Properties,
    /// `plan` becomes `traits.plan`.
    Traits,
    /// `page.url` becomes `context.page.url`.
    Context,
    /// `industry` becomes `group.industry`.
    Group,
}

impl Scope {
    /// What stands before a field's own name.
    #[must_use]
    pub const fn prefix(self) -> &'static str {
        match self {
            Scope::Properties => "",
            Scope::Traits => "traits.",
            Scope::Context => "context.",
            Scope::Group => "group.",
        }
    }
}

/// What a client's word on when something happened is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dated {
    /// It said when.
    Told,
    /// It said nothing, so it speaks of now.
    Untold,
    /// It said what cannot be: before 1970, or far ahead. So it may have happened at any time.
    Doubted,
}

/// The name of a choice that a client makes about everything to which no other choice of the event
/// says yes. It only ever closes.
pub const REST: &str = "*";

/// An unparsed JSON object of an event; later ones overwrite fields of earlier ones.
#[derive(Clone)]
pub struct Fields<'a> {
    pub scope: Scope,
    pub json: Cow<'a, RawValue>,
}

/// An event as it arrived, read but neither judged nor copied further than needed.
#[derive(Clone)]
pub struct Raw<'a> {
    pub kind: Kind,
    /// The event's name: the client's, or the protocol's own for calls without one.
    pub name: Cow<'a, str>,
    /// The client's key of this event, the same on every retry.
    pub message: Option<Cow<'a, str>>,
    /// The id of a user whom the client knows.
    pub user: Option<Cow<'a, str>>,
    /// The id of a device or an anonymous visitor.
    pub device: Option<Cow<'a, str>>,
    /// The other id of an alias.
    pub previous: Option<Cow<'a, str>>,
    pub session: Option<Cow<'a, str>>,
    /// When it happened, corrected for the client's clock; where that is not known, its arrival.
    pub time: Time,
    pub dated: Dated,
    pub received: Time,
    /// The client's order among events of one instant.
    pub sequence: u32,
    pub fields: Vec<Fields<'a>>,
    /// What the person chose, by the client's own names of categories or purposes.
    pub choices: Vec<(Cow<'a, str>, bool)>,
    /// How a choice was made that is told for itself; of one on an event its source says that.
    pub told: Option<Box<Told>>,
    pub signals: Signals,
    pub address: Option<IpAddr>,
}

/// How a choice was made.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Told {
    /// By which act, where the record says so.
    pub manner: Option<Manner>,
    /// What the person was shown.
    pub notice: Option<NoticeShown>,
}

/// An event that broke its protocol; it harms only itself. It says what and how to repair, but not
/// what the event held.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{pointer}: {problem}")]
pub struct Invalid {
    /// Stable kebab-case code.
    pub code: &'static str,
    /// JSON pointer to the field.
    pub pointer: String,
    /// What is wrong and how to put it right.
    pub problem: String,
}

/// A request that could not be read at all.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Malformed {
    #[error("the body has {bytes} bytes and may have {limit}: send smaller batches")]
    TooLarge { bytes: usize, limit: usize },
    #[error("the body grows more than {ratio} times when decompressed: send it uncompressed")]
    TooDense { ratio: usize },
    #[error("the body is nested deeper than {limit}: flatten it")]
    TooDeep { limit: usize },
    #[error("the batch holds {events} events and may hold {limit}: send smaller batches")]
    TooMany { events: usize, limit: usize },
    #[error("the body could not be decompressed: {problem}")]
    Compression { problem: String },
    #[error("the body's content encoding is not known: use gzip, deflate, br, zstd or none")]
    Encoding,
    #[error("the body is no JSON of this call at byte {offset}: {problem}")]
    Syntax { offset: usize, problem: String },
    #[error("`{field}` stands in the body twice: say it once")]
    Twice { field: &'static str },
    #[error("the body is empty: send a JSON object")]
    Empty,
}

impl Malformed {
    /// The stable code of this problem.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Malformed::TooLarge { .. } => "body-too-large",
            Malformed::TooDense { .. } => "body-too-dense",
            Malformed::TooDeep { .. } => "body-too-deep",
            Malformed::TooMany { .. } => "batch-too-large",
            Malformed::Compression { .. } => "compression-broken",
            Malformed::Encoding => "encoding-unknown",
            Malformed::Syntax { .. } => "json-broken",
            Malformed::Twice { .. } => "field-twice",
            Malformed::Empty => "body-empty",
        }
    }
}

/// A request, read: the key it showed and its events in the client's order.
#[derive(Debug)]
pub struct Arrival<'a> {
    /// The key as presented; whether it is known is the vault's word.
    pub key: Option<Cow<'a, str>>,
    pub events: Vec<Result<Raw<'a>, Invalid>>,
}

impl Raw<'_> {
    /// The earliest instant at which this may have happened.
    ///
    /// What has neither a time nor a key of its own may be a repetition of what was sent before, as
    /// old as anything that is still recognised as one.
    #[must_use]
    pub fn earliest(&self, limits: &Limits) -> Time {
        match self.dated {
            Dated::Doubted => Time::EPOCH,
            Dated::Untold if self.message.is_none() => self.received - limits.duplicate_window,
            Dated::Told | Dated::Untold => self.time.min(self.received),
        }
    }

    /// The instant whose law and consents count beside those of now. Nothing was ever agreed to
    /// when nobody knows when something happened.
    #[must_use]
    pub fn happened(&self) -> Time {
        match self.dated {
            Dated::Told | Dated::Untold => self.time,
            Dated::Doubted => Time::EPOCH,
        }
    }
}

impl fmt::Debug for Raw<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = out.debug_struct("Raw");
        out.field("kind", &self.kind).field("time", &self.time).finish_non_exhaustive()
    }
}

impl fmt::Debug for Parcel<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Parcel").field("body_bytes", &self.body.len()).finish_non_exhaustive()
    }
}

impl fmt::Debug for Fields<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Fields").field("scope", &self.scope).finish_non_exhaustive()
    }
}
