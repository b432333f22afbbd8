//! A source of events and what is declared about it. The declaration decides what may be collected.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use vocabulary::{Purpose, SourceId};

use super::plan::Basis;

/// What kind of thing sends events; the kind decides which key it may hold and what its ids mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SourceKind {
    /// A web site: reads and stores on the visitor's device.
    Site,
    /// A mobile or desktop app: the same.
    App,
    /// The operator's own server.
    Server,
    /// A sender of mail.
    Mailer,
    /// A file or a feed of another party.
    Feed,
}

/// To whom a source speaks, which decides what an unknown age means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Audience {
    /// Unknown age = adult.
    General,
    /// Unknown age = child until screened.
    Mixed,
    /// Everybody is a child.
    Child,
}

/// A declared source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    pub id: SourceId,
    pub name: String,
    pub kind: SourceKind,
    pub audience: Audience,
    /// Where it is offered: country codes, or `EU`. Empty = unknown, the most protective rules hold.
    pub markets: Vec<String>,
    /// The one declared basis of each purpose; a purpose that is not listed needs consent.
    pub bases: BTreeMap<Purpose, Basis>,
    /// Whether values of undeclared properties are kept, sealed, as `unclassified`.
    pub keeps_unclassified: bool,
    /// Query parameters of URLs that may be kept beside the standard ones.
    pub url_parameters: Vec<String>,
    /// Event names that are dropped before they are judged.
    pub filtered_events: Vec<String>,
    /// Events a second past which requests are answered as limited; zero = no limit.
    pub events_per_second_max: u32,
    /// Traffic of demo, drill and test: never counted as evidence.
    pub is_test: bool,
}
