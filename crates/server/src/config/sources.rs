//! `[sources.<name>]`: what is declared about each source of events.

use std::collections::BTreeMap;

use life::admit::{Audience, Basis, Catalogue, Law, Source, SourceKind};
use serde::Deserialize;
use vocabulary::{Manner, SourceId};

/// What is declared about a source.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceRules {
    pub kind: SourceKind,
    #[serde(default = "general")]
    pub audience: Audience,
    #[serde(default)]
    pub markets: Vec<String>,
    /// Whether what it offers is sensitive by nature, as a pharmacy, a dating service or a faith.
    #[serde(default)]
    pub is_sensitive: bool,
    /// How people are asked there, for choices that do not say it: `choice` where they choose, with
    /// nothing set before; `pre-set`, `bundled` or `implied` open nothing.
    #[serde(default)]
    pub asks: Manner,
    /// By purpose name: its basis. A purpose that is not listed needs consent.
    #[serde(default)]
    pub bases: BTreeMap<String, Basis>,
    /// The app ids that Snowplow's trackers send for it, where they show no key.
    #[serde(default)]
    pub app_ids: Vec<String>,
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

/// The union, and the countries of ISO 3166-1.
const MARKETS: &str = "\
    EU AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO \
    BQ BR BS BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK \
    DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR \
    GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM \
    KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP \
    MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL \
    PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST \
    SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG \
    VI VN VU WF WS YE YT ZA ZM ZW";

const fn general() -> Audience {
    Audience::General
}

/// An app id leads to one source only.
pub fn check_apps(sources: &BTreeMap<String, SourceRules>) -> Result<(), String> {
    let mut apps = BTreeMap::new();
    for (name, rules) in sources {
        for app in &rules.app_ids {
            if app.is_empty() || app.starts_with("cnd_") {
                return Err(format!(
                    "`{name}` has an app id in `app_ids` that is none: name the app"
                ));
            }
            if let Some(other) = apps.insert(app, name) {
                return Err(format!(
                    "`{app}` in `app_ids` is an app of `{other}` and of `{name}`: give it to one"
                ));
            }
        }
    }
    Ok(())
}

impl SourceRules {
    /// What can be checked without the catalogue.
    pub fn check(&self) -> Result<(), String> {
        // Of a state, `US-CA`, the country counts here; whether there is such a state, the law
        // knows.
        let is_known = |market: &String| {
            let country = market.split_once('-').map_or(market.as_str(), |(country, _)| country);
            MARKETS.split(' ').any(|known| known == country)
        };
        match self.markets.iter().find(|market| !is_known(market)) {
            Some(market) => Err(format!(
                "`{market}` in `markets` is no market: write `EU`, a country such as `DE`, or a \
                 state such as `US-CA`"
            )),
            None => Ok(()),
        }
    }

    /// The source as the gate knows it.
    pub fn declare(
        &self,
        id: SourceId,
        name: &str,
        (catalogue, law): (&Catalogue, &Law),
    ) -> Result<Source, String> {
        let unknown = |market: &&String| market.contains('-') && !law.is_market(market);
        if let Some(market) = self.markets.iter().find(unknown) {
            return Err(format!("`{market}` in `markets` is no state that is known: correct it"));
        }
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
            regimes: law.regimes_of(&self.markets),
            is_sensitive: self.is_sensitive,
            asks: self.asks,
            bases,
            keeps_unclassified: self.keeps_unclassified,
            url_parameters: self.url_parameters.clone(),
            filtered_events: self.filtered_events.clone(),
            events_per_second_max: self.events_per_second_max,
            is_test: self.is_test,
        })
    }
}
