//! Why a datum may be used. A purpose is a permanent number; its meaning is data in the catalogue.

use std::fmt;
use std::ops::{BitAnd, BitOr};

use serde::{Deserialize, Serialize};

/// One purpose, as its permanent number below 64. Names and meanings stand in
/// `catalog/purposes.toml`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Purpose(u8);

impl Purpose {
    pub const COUNT_MAX: u8 = 64;

    // Only the purposes that a rule of ours has to name; a test holds them against the catalogue.
    pub const OPERATE: Purpose = Purpose(0);
    pub const SECURE: Purpose = Purpose(1);
    pub const DUTY: Purpose = Purpose(2);
    pub const MEASURE: Purpose = Purpose(3);
    pub const ANALYSE: Purpose = Purpose(4);
    pub const LINK_DEVICES: Purpose = Purpose(6);
    pub const ADVERTISE: Purpose = Purpose(15);
    pub const SELL: Purpose = Purpose(16);

    /// The purpose with this number; `None` past the last possible one.
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

/// A set of purposes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct Purposes(pub u64);

impl Purposes {
    pub const NONE: Purposes = Purposes(0);
    pub const ALL: Purposes = Purposes(u64::MAX);

    #[must_use]
    pub const fn only(purpose: Purpose) -> Self {
        Self(1 << purpose.0)
    }

    #[must_use]
    pub const fn has(self, purpose: Purpose) -> bool {
        self.0 >> purpose.0 & 1 == 1
    }

    #[must_use]
    pub const fn with(self, purpose: Purpose) -> Self {
        Self(self.0 | 1 << purpose.0)
    }

    #[must_use]
    pub const fn without(self, others: Purposes) -> Self {
        Self(self.0 & !others.0)
    }

    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The purposes in this set, lowest number first.
    pub fn iter(self) -> impl Iterator<Item = Purpose> {
        (0..Purpose::COUNT_MAX).map(Purpose).filter(move |purpose| self.has(*purpose))
    }
}

impl BitAnd for Purposes {
    type Output = Purposes;

    fn bitand(self, other: Purposes) -> Purposes {
        Purposes(self.0 & other.0)
    }
}

impl BitOr for Purposes {
    type Output = Purposes;

    fn bitor(self, other: Purposes) -> Purposes {
        Purposes(self.0 | other.0)
    }
}

impl FromIterator<Purpose> for Purposes {
    fn from_iter<I: IntoIterator<Item = Purpose>>(purposes: I) -> Self {
        purposes.into_iter().fold(Purposes::NONE, Purposes::with)
    }
}

impl fmt::Debug for Purposes {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_set().entries(self.iter().map(|purpose| purpose.0)).finish()
    }
}
