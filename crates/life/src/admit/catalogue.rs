//! The catalogue: which purposes, categories, events and properties there are. It is data from `catalog/*.toml`.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use vocabulary::{Categories, Category, Class, Code, Purpose, Purposes};

use super::plan::{Action, Basis};

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
    /// The bases that may open it.
    pub bases: Vec<Basis>,
    /// Whether it reads or stores on the device, so that its consent stays with the device at a merge.
    pub on_device: bool,
    /// Whether `Sec-GPC` closes it.
    pub closed_by_signal: bool,
}

/// A category as declared: its class, and what happens to its fields for which purposes.
#[derive(Debug, Clone, PartialEq)]
pub struct DeclaredCategory {
    pub category: Category,
    /// The fideslang data category.
    pub key: String,
    pub class: Class,
    /// Whether it names a person directly; then it is never promoted to a column.
    pub is_identifying: bool,
    /// The purposes, any of which lets a field be kept whole and read.
    pub kept_for: Purposes,
    /// What happens when none of them is open.
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

/// A property as declared.
#[derive(Debug, Clone, PartialEq)]
pub struct DeclaredProperty {
    pub name: String,
    pub kind: PropertyType,
    pub category: Category,
    /// Promoted to a column of its own; never for an identifying category.
    pub is_column: bool,
    pub description: String,
    /// The number that stands for its name, once bound.
    pub code: Code,
}

/// The whole catalogue, checked.
#[derive(Debug, Clone, Default)]
pub struct Catalogue {
    pub(super) purposes: Vec<DeclaredPurpose>,
    pub(super) categories: Vec<DeclaredCategory>,
    pub(super) properties: HashMap<String, DeclaredProperty>,
    pub(super) events: HashMap<String, String>,
    /// By a client's name of a consent category, lower-case: the purposes that it stands for.
    pub(super) choices: HashMap<String, Purposes>,
    /// Query parameters of URLs that are kept: campaign names and the like.
    pub(super) url_parameters: Vec<String>,
}

impl Catalogue {
    #[must_use]
    pub fn purposes(&self) -> &[DeclaredPurpose] {
        &self.purposes
    }

    #[must_use]
    pub fn categories(&self) -> &[DeclaredCategory] {
        &self.categories
    }

    /// All declared properties, in no order.
    pub fn properties(&self) -> impl Iterator<Item = &DeclaredProperty> {
        self.properties.values()
    }

    /// A declared property by its flat name.
    #[must_use]
    pub fn property(&self, name: &str) -> Option<&DeclaredProperty> {
        self.properties.get(name)
    }

    /// The description of a declared event.
    #[must_use]
    pub fn event(&self, name: &str) -> Option<&str> {
        self.events.get(name).map(String::as_str)
    }

    /// A purpose by its short name.
    #[must_use]
    pub fn purpose(&self, name: &str) -> Option<Purpose> {
        self.purposes.iter().find(|declared| declared.name == name).map(|declared| declared.purpose)
    }

    /// The short name of a purpose.
    #[must_use]
    pub fn purpose_name(&self, purpose: Purpose) -> Option<&str> {
        self.purposes.iter().find(|declared| declared.purpose == purpose).map(|declared| declared.name.as_str())
    }

    /// The purposes that a client's name of a choice stands for; none when nobody knows the name.
    #[must_use]
    pub fn choice(&self, name: &str) -> Purposes {
        self.choices.get(&name.to_lowercase()).copied().unwrap_or(Purposes::NONE)
    }

    /// The categories whose fields a reader for this purpose may see.
    #[must_use]
    pub fn readable_for(&self, purpose: Purpose) -> Categories {
        let readable = self.categories.iter().filter(|declared| declared.kept_for.has(purpose));
        readable.map(|declared| declared.category).collect()
    }

    /// Gives every declared property the number that stands for its name.
    pub fn bind(&mut self, mut code: impl FnMut(&str) -> Code) {
        let mut names: Vec<String> = self.properties.keys().cloned().collect();
        names.sort_unstable();
        for name in names {
            let number = code(&name);
            if let Some(property) = self.properties.get_mut(&name) {
                property.code = number;
            }
        }
    }
}
