//! What kind of datum a field is. Categories are fideslang keys, listed in
//! `catalog/categories.toml`.

use serde::{Deserialize, Serialize};

/// One category, as its permanent number below 64 in the catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Category(u8);

impl Category {
    pub const COUNT_MAX: u8 = 64;

    /// The category with this number; `None` past the last possible one.
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

/// A set of categories.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct Categories(pub u64);

impl Categories {
    pub const NONE: Categories = Categories(0);
    pub const ALL: Categories = Categories(u64::MAX);

    #[must_use]
    pub const fn has(self, category: Category) -> bool {
        self.0 >> category.0 & 1 == 1
    }

    #[must_use]
    pub const fn with(self, category: Category) -> Self {
        Self(self.0 | 1 << category.0)
    }
}

impl FromIterator<Category> for Categories {
    fn from_iter<I: IntoIterator<Item = Category>>(categories: I) -> Self {
        categories.into_iter().fold(Categories::NONE, Categories::with)
    }
}
