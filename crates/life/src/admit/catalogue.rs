//! The catalogue: which purposes, categories, events and properties there are. It is data from
//! `catalog/*.toml`.
//!
//! It never decides about a person: it only says what the words mean. Plans are compiled from it.

use std::collections::HashMap;

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};
use vocabulary::{Categories, Category, Class, Code, Purpose, Purposes};

use super::plan::{Action, Basis};

mod error;
mod read;
#[cfg(test)]
mod tests;

pub use error::CatalogueError;

/// A purpose as declared.
#[derive(Debug, Clone, PartialEq)]
pub struct DeclaredPurpose {
    pub purpose: Purpose,
    /// Short kebab-case name, used in answers and questions.
    pub name: String,
    pub title: String,
    pub description: String,
    /// The fideslang data use.
    pub key: String,
    /// The purposes of the Transparency and Consent Framework that it corresponds to.
    pub tcf: Vec<u8>,
    /// The fields of a section of the Global Privacy Platform that speak about it.
    pub gpp: Vec<String>,
    /// The bases that may open it.
    pub bases: Vec<Basis>,
    /// Whether it reads or stores on the device, so that its consent stays with the device at a
    /// merge.
    pub on_device: bool,
    /// Whether `Sec-GPC` closes it.
    pub closed_by_signal: bool,
}

impl DeclaredPurpose {
    /// Whether it may rest on a basis. What may rest on consent may rest on explicit consent, which
    /// asks for more.
    #[must_use]
    pub fn may_rest_on(&self, basis: Basis) -> bool {
        let is_explicit = basis == Basis::ExplicitConsent && self.bases.contains(&Basis::Consent);
        is_explicit || self.bases.contains(&basis)
    }
}

/// A category as declared: its class, and what happens to its fields for which purposes.
#[derive(Debug, Clone, PartialEq)]
pub struct DeclaredCategory {
    pub category: Category,
    /// The fideslang data category.
    pub key: String,
    pub title: String,
    pub class: Class,
    /// Whether it names a person directly; then it is never promoted to a column.
    pub is_identifying: bool,
    /// The purposes, any of which lets a field be kept whole and read.
    pub kept_for: Purposes,
    /// The purposes, any of which lets the form that `otherwise` leaves be kept and read.
    pub coarse_for: Purposes,
    /// What happens when no purpose of `kept_for` is open.
    pub otherwise: Action,
}

/// The type of a property's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PropertyType {
    Text,
    Integer,
    Number,
    Flag,
    Time,
    Json,
    /// A URL: loses credentials and unlisted query parameters.
    Url,
    /// An IP address: truncated or dropped.
    Address,
}

impl PropertyType {
    /// Whether a value may be a number. What a JSON value is, is not known before it comes.
    #[must_use]
    pub const fn has_numbers(self) -> bool {
        match self {
            PropertyType::Integer
            | PropertyType::Number
            | PropertyType::Time
            | PropertyType::Json => true,
            PropertyType::Text | PropertyType::Flag | PropertyType::Url | PropertyType::Address => {
                false
            }
        }
    }

    /// The word for it, as the catalogue writes it.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            PropertyType::Text => "text",
            PropertyType::Integer => "integer",
            PropertyType::Number => "number",
            PropertyType::Flag => "flag",
            PropertyType::Time => "time",
            PropertyType::Json => "json",
            PropertyType::Url => "url",
            PropertyType::Address => "address",
        }
    }
}

/// A property as declared.
#[derive(Debug, Clone, PartialEq)]
pub struct DeclaredProperty {
    pub name: String,
    pub kind: PropertyType,
    pub category: Category,
    /// Promoted to a column of its own; never for an identifying category.
    pub is_column: bool,
    /// Whether its value names the page, or the screen, that a person is on.
    pub is_page: bool,
    pub description: String,
    /// The number that stands for its name, once bound.
    pub code: Code,
}

/// The whole catalogue, checked.
#[derive(Debug, Clone, Default)]
pub struct Catalogue {
    pub(super) version: u32,
    pub(super) purposes: Vec<DeclaredPurpose>,
    pub(super) categories: Vec<DeclaredCategory>,
    pub(super) properties: Vec<DeclaredProperty>,
    /// By the name that a client uses, other spellings included: the place in `properties`.
    pub(super) places: FxHashMap<String, usize>,
    pub(super) events: HashMap<String, String>,
    /// By a client's name of a consent category, lower-case: the purposes that it stands for.
    pub(super) choices: HashMap<String, Purposes>,
    /// Query parameters of URLs that are kept: campaign names and the like.
    pub(super) url_parameters: Vec<String>,
    /// Ids that name nobody, lower-case.
    pub(super) bad_identifiers: Vec<String>,
    /// The property that holds the address of a request.
    pub(super) address: Option<usize>,
    /// The property that holds, as one object, the values of properties that nobody declared.
    pub(super) unclassified: Option<usize>,
}

impl Catalogue {
    /// The first bits of a digest of all its files: part of every verdict's key.
    #[must_use]
    pub fn version(&self) -> u32 {
        self.version
    }

    #[must_use]
    pub fn purposes(&self) -> &[DeclaredPurpose] {
        &self.purposes
    }

    #[must_use]
    pub fn categories(&self) -> &[DeclaredCategory] {
        &self.categories
    }

    /// All declared properties, sorted by name.
    pub fn properties(&self) -> impl Iterator<Item = &DeclaredProperty> {
        self.properties.iter()
    }

    /// A declared property by its flat name.
    #[must_use]
    pub fn property(&self, name: &str) -> Option<&DeclaredProperty> {
        self.properties.get(self.place(name)?)
    }

    /// The names of all declared events, in no order.
    pub fn events(&self) -> impl Iterator<Item = &str> {
        self.events.keys().map(String::as_str)
    }

    /// The description of a declared event.
    #[must_use]
    pub fn event(&self, name: &str) -> Option<&str> {
        self.events.get(name).map(String::as_str)
    }

    /// A declared purpose.
    #[must_use]
    pub fn declared(&self, purpose: Purpose) -> Option<&DeclaredPurpose> {
        self.purposes.iter().find(|declared| declared.purpose == purpose)
    }

    /// A purpose by its short name.
    #[must_use]
    pub fn purpose(&self, name: &str) -> Option<Purpose> {
        self.purposes.iter().find(|declared| declared.name == name).map(|declared| declared.purpose)
    }

    /// The short name of a purpose.
    #[must_use]
    pub fn purpose_name(&self, purpose: Purpose) -> Option<&str> {
        self.declared(purpose).map(|declared| declared.name.as_str())
    }

    /// The purposes that read or store on the device: what is said about them stays with the
    /// device.
    #[must_use]
    pub fn on_device(&self) -> Purposes {
        let there = self.purposes.iter().filter(|declared| declared.on_device);
        there.map(|declared| declared.purpose).collect()
    }

    /// A declared category.
    #[must_use]
    pub fn category(&self, category: Category) -> Option<&DeclaredCategory> {
        let place = self.categories.binary_search_by_key(&category, |declared| declared.category);
        self.categories.get(place.ok()?)
    }

    /// The purposes that a client's name of a choice stands for; none when nobody knows the name.
    #[must_use]
    pub fn choice(&self, name: &str) -> Purposes {
        let known = self.choices.get(name).or_else(|| self.choices.get(&name.to_lowercase()));
        known.copied().unwrap_or(Purposes::NONE)
    }

    /// The categories whose fields a reader for this purpose may see whole.
    #[must_use]
    pub fn readable_for(&self, purpose: Purpose) -> Categories {
        let readable = self.categories.iter().filter(|declared| declared.kept_for.has(purpose));
        readable.map(|declared| declared.category).collect()
    }

    /// Gives every declared property the number that stands for its name.
    pub fn bind(&mut self, mut code: impl FnMut(&str) -> Code) {
        for property in &mut self.properties {
            property.code = code(&property.name);
        }
    }

    /// Whether an id is one of those that programs send when they have none.
    #[must_use]
    pub fn is_bad_identifier(&self, id: &str) -> bool {
        let id = id.trim();
        let is_zero = id.bytes().all(|byte| byte == b'0' || byte == b'-');
        is_zero || self.bad_identifiers.iter().any(|bad| bad.eq_ignore_ascii_case(id))
    }

    pub(super) fn place(&self, name: &str) -> Option<usize> {
        self.places.get(name).copied()
    }
}
