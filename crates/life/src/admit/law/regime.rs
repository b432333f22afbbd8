//! Regimes: which places they cover, and which lies within which.

use vocabulary::{Regime, Regimes};

use super::Law;

/// A regime as declared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeclaredRegime {
    pub regime: Regime,
    /// Kebab-case: `eu`, `fr`, `us-ca`.
    pub name: String,
    pub title: String,
    /// The regime of which it is a part.
    pub within: Option<Regime>,
    /// Codes of ISO 3166-1 or 3166-2.
    pub places: Vec<String>,
    /// The zone in which a legal day starts first.
    pub day: String,
}

impl Law {
    /// The regime with this name.
    #[must_use]
    pub fn regime_named(&self, name: &str) -> Option<&DeclaredRegime> {
        self.regimes.iter().find(|declared| declared.name == name)
    }

    /// Whether a source may name this as a market: a group, or a place that a regime covers.
    #[must_use]
    pub fn is_market(&self, market: &str) -> bool {
        self.groups.contains_key(market)
            || self.regimes.iter().any(|declared| declared.covers(market))
    }

    /// The regimes that hold for whoever may be in any of these markets. None named = anywhere, so
    /// all of them.
    #[must_use]
    pub fn regimes_of(&self, markets: &[String]) -> Regimes {
        if markets.is_empty() {
            return self.regimes.iter().map(|declared| declared.regime).collect();
        }
        let mut regimes = Regimes::NONE;
        for market in markets {
            let single = std::slice::from_ref(market);
            for place in self.groups.get(market).map_or(single, Vec::as_slice) {
                let touched = self.regimes.iter().filter(|declared| declared.touches(place));
                let touched: Regimes = touched.map(|declared| declared.regime).collect();
                let covered =
                    if touched.is_empty() { touched.with(Regime::ELSEWHERE) } else { touched };
                regimes = Regimes(regimes.0 | covered.0);
            }
        }
        regimes
    }

    /// Those of a set that have no other of the set within them: each must permit for itself.
    pub fn innermost(&self, regimes: Regimes) -> impl Iterator<Item = Regime> {
        regimes.iter().filter(move |regime| {
            let within =
                |other: &DeclaredRegime| regimes.has(other.regime) && other.within == Some(*regime);
            !self.regimes.iter().any(within)
        })
    }

    /// A regime and those around it, from the inside out.
    pub fn around(&self, regime: Regime) -> impl Iterator<Item = Regime> {
        std::iter::successors(Some(regime), |inner| self.regime(*inner)?.within)
            .take(usize::from(Regime::COUNT_MAX))
    }
}

impl DeclaredRegime {
    fn covers(&self, place: &str) -> bool {
        self.places.iter().any(|covered| covered == place || is_part(place, covered))
    }

    /// Whether it holds for all of a place, or for a part of it.
    fn touches(&self, place: &str) -> bool {
        self.places
            .iter()
            .any(|covered| covered == place || is_part(place, covered) || is_part(covered, place))
    }
}

/// Whether a place is a part of another: `US-CA` of `US`.
fn is_part(place: &str, whole: &str) -> bool {
    place.strip_prefix(whole).is_some_and(|rest| rest.starts_with('-'))
}
