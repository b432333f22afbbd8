//! A source of events and what is declared about it. The declaration decides what may be collected.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use vocabulary::{Manner, Purpose, Regimes, SourceId};

use super::catalogue::{Catalogue, CatalogueError};
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
    /// Where it is offered: country codes, or `EU`. Empty = unknown, the most protective rules
    /// hold.
    pub markets: Vec<String>,
    /// The law of those markets.
    pub regimes: Regimes,
    /// Whether what it offers is sensitive by nature: a pharmacy, a dating service, a faith.
    pub is_sensitive: bool,
    /// How people are asked there, for choices that do not say it themselves.
    pub asks: Manner,
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

impl SourceKind {
    /// The stable word of this kind.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            SourceKind::Site => "site",
            SourceKind::App => "app",
            SourceKind::Server => "server",
            SourceKind::Mailer => "mailer",
            SourceKind::Feed => "feed",
        }
    }

    /// Whether what it sends was read from, or needs something stored on, a person's device.
    #[must_use]
    pub const fn reads_device(self) -> bool {
        match self {
            SourceKind::Site | SourceKind::App => true,
            SourceKind::Server | SourceKind::Mailer | SourceKind::Feed => false,
        }
    }

    /// How what it sends came to be; what another party's feed holds is not known.
    #[must_use]
    pub const fn origin(self) -> Option<&'static str> {
        match self {
            SourceKind::Site | SourceKind::App | SourceKind::Mailer => Some("observed"),
            SourceKind::Server => Some("declared"),
            SourceKind::Feed => None,
        }
    }
}

impl Audience {
    /// The stable word of this audience.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Audience::General => "general",
            Audience::Mixed => "mixed",
            Audience::Child => "child",
        }
    }
}

impl Source {
    /// Holds the declaration against the catalogue: a basis must be one that the purpose allows.
    pub fn check(&self, catalogue: &Catalogue) -> Result<(), CatalogueError> {
        for (purpose, basis) in &self.bases {
            let source_name = self.name.clone();
            let Some(declared) = catalogue.declared(*purpose) else {
                return Err(CatalogueError::Purpose { source_name, number: purpose.number() });
            };
            if !declared.may_rest_on(*basis) {
                let allowed: Vec<&str> = declared.bases.iter().map(|basis| basis.code()).collect();
                return Err(CatalogueError::Basis {
                    source_name,
                    purpose: declared.name.clone(),
                    basis: basis.code(),
                    allowed: allowed.join(", "),
                });
            }
        }
        Ok(())
    }

    /// The versions of catalogue and law with this declaration worked in, so that changing any
    /// makes new verdicts.
    pub(super) fn version(&self, catalogue: u32, law: u32, editions: [(u32, u32); 2]) -> u32 {
        let start = (catalogue ^ 0x811c_9dc5, self.kind as u32, self.audience as u32);
        let mut hash =
            Fold(start.0).number(start.1).number(start.2).number(self.keeps_unclassified.into());
        for (purpose, basis) in &self.bases {
            hash = hash.number(u32::from(purpose.number()) << 8 | *basis as u32);
        }
        for market in &self.markets {
            hash = market.bytes().fold(hash.number(0xff), |hash, byte| hash.number(byte.into()));
        }
        hash = hash.number(law).number(self.is_sensitive.into()).number(self.asks as u32);
        for (valid, known) in editions {
            hash = hash.number(valid).number(known);
        }
        hash.0
    }
}

/// FNV-1a: small, and the same in every build.
struct Fold(u32);

impl Fold {
    const PRIME: u32 = 0x0100_0193;

    fn number(self, number: u32) -> Self {
        number.to_be_bytes().iter().fold(self, |Fold(hash), byte| {
            Fold((hash ^ u32::from(*byte)).wrapping_mul(Self::PRIME))
        })
    }
}
