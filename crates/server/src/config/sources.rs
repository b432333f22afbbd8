//! `[sources.<name>]`: what is declared about each source of events.

use std::collections::BTreeMap;

use life::admit::{Audience, Basis, Catalogue, Source, SourceKind};
use serde::Deserialize;
use vocabulary::SourceId;

/// What is declared about a source.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceRules {
    pub kind: SourceKind,
    #[serde(default = "general")]
    pub audience: Audience,
    #[serde(default)]
    pub markets: Vec<String>,
    /// By purpose name: its basis. A purpose that is not listed needs consent.
    #[serde(default)]
    pub bases: BTreeMap<String, Basis>,
    #[serde(default)]
    pub keeps_unclassified: bool,
    #[serde(default)]
    pub url_parameters: Vec<String>,
    #[serde(default)]
    pub filtered_events: Vec<String>,
    #[serde(default)]
    pub events_per_second_max: u32,
    #[serde(default)]
    pub is_test: bool,
}

const fn general() -> Audience {
    Audience::General
}

impl SourceRules {
    /// What can be checked without the catalogue.
    pub fn check(&self) -> Result<(), String> {
        let wrong = |market: &&String| {
            market.len() != 2 || !market.chars().all(|letter| letter.is_ascii_uppercase())
        };
        match self.markets.iter().find(wrong) {
            Some(market) => {
                Err(format!("`{market}` is no market: write `EU` or a country code such as `DE`"))
            }
            None => Ok(()),
        }
    }

    /// The source as the gate knows it.
    pub fn declare(
        &self,
        id: SourceId,
        name: &str,
        catalogue: &Catalogue,
    ) -> Result<Source, String> {
        let mut bases = BTreeMap::new();
        for (purpose, basis) in &self.bases {
            let known = catalogue.purpose(purpose);
            let known =
                known.ok_or_else(|| format!("`bases.{purpose}`: there is no such purpose"))?;
            bases.insert(known, *basis);
        }
        Ok(Source {
            id,
            name: name.to_owned(),
            kind: self.kind,
            audience: self.audience,
            markets: self.markets.clone(),
            bases,
            keeps_unclassified: self.keeps_unclassified,
            url_parameters: self.url_parameters.clone(),
            filtered_events: self.filtered_events.clone(),
            events_per_second_max: self.events_per_second_max,
            is_test: self.is_test,
        })
    }
}
