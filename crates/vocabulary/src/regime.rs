//! Bodies of law that hold for a person or a source. Which there are is data in `law/regimes.toml`.

use serde::{Deserialize, Serialize};

/// One regime, as its permanent number below 128.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Regime(u8);

impl Regime {
    pub const COUNT_MAX: u8 = 128;

    /// Where no law is loaded.
    pub const ELSEWHERE: Regime = Regime(0);

    /// The regime with this number; `None` past the last possible one.
    #[must_use]
    pub const fn new(number: u8) -> Option<Self> {
        if number < Self::COUNT_MAX { Some(Self(number)) } else { None }
    }

    /// Its permanent number.
    #[must_use]
    pub const fn number(self) -> u8 {
        self.0
    }
}

/// A set of regimes: all of them hold at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct Regimes(pub u128);

impl Regimes {
    pub const NONE: Regimes = Regimes(0);

    #[must_use]
    pub const fn has(self, regime: Regime) -> bool {
        self.0 >> regime.0 & 1 == 1
    }

    #[must_use]
    pub const fn with(self, regime: Regime) -> Self {
        Self(self.0 | 1 << regime.0)
    }

    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The regimes in this set, lowest number first.
    pub fn iter(self) -> impl Iterator<Item = Regime> {
        (0..Regime::COUNT_MAX).map(Regime).filter(move |regime| self.has(*regime))
    }
}

impl FromIterator<Regime> for Regimes {
    fn from_iter<I: IntoIterator<Item = Regime>>(regimes: I) -> Self {
        regimes.into_iter().fold(Regimes::NONE, Regimes::with)
    }
}
