//! The words that a question may use, and what they stand for. It looks names up and makes none.

use std::collections::{BTreeMap, HashMap};

use vocabulary::{Category, Class, Code, Limits, Purpose, Time};

use super::fault::Flaw;
use super::resolve::Cohorted;
use crate::admit::Catalogue;
use crate::admit::catalogue::PropertyType;
use crate::keep::Names;
use crate::keep::names::Named;

/// What a declared property is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Word {
    pub code: Code,
    pub category: Category,
    /// The class of keys that its values are sealed under; `None` when it has a typed column.
    pub sealed: Option<Class>,
    /// Whether its value names the page, or the screen, that a person is on.
    pub is_page: bool,
    /// The type that its values are declared to be of.
    pub kind: PropertyType,
}

/// Purposes and declared properties by name.
#[derive(Debug, Clone, Default)]
pub struct Words {
    pub purposes: BTreeMap<String, Purpose>,
    pub properties: HashMap<String, Word>,
}

impl Words {
    /// The words of a bound catalogue.
    #[must_use]
    pub fn of(catalogue: &Catalogue) -> Self {
        let purposes = catalogue.purposes().iter();
        let properties = catalogue.properties();
        Self {
            purposes: purposes.map(|known| (known.name.clone(), known.purpose)).collect(),
            properties: properties
                .map(|known| {
                    let (code, category) = (known.code, known.category);
                    let class = catalogue.category(category).map(|declared| declared.class);
                    let sealed = class.filter(|_| !known.is_column);
                    let (is_page, kind) = (known.is_page, known.kind);
                    (known.name.clone(), Word { code, category, sealed, is_page, kind })
                })
                .collect(),
        }
    }
}

/// What a question is resolved against.
#[derive(Debug, Clone, Copy)]
pub struct Setting<'a> {
    pub words: &'a Words,
    pub names: &'a Names,
    /// The installation's time zone, for questions that name none.
    pub zone: &'a str,
    /// The installation's first day of the week, for questions that name none.
    pub week_start: &'a str,
    pub limits: &'a Limits,
    /// When it is asked.
    pub now: Time,
    /// The saved cohorts by name.
    pub cohorts: &'a BTreeMap<String, Cohorted>,
}

impl Setting<'_> {
    /// The purpose of this name.
    pub fn purpose(&self, name: &str) -> Result<Purpose, Flaw> {
        self.words.purposes.get(name).copied().ok_or_else(|| Flaw::UnknownPurpose {
            name: name.to_owned(),
            known: self.words.purposes.keys().cloned().collect(),
        })
    }

    /// The event of this name.
    pub fn event(&self, name: &str) -> Result<Code, Flaw> {
        self.names.code(Named::Event, name).ok_or_else(|| Flaw::UnknownEvent {
            name: name.to_owned(),
            near: near(name, self.names.all(Named::Event).map(|(_, known)| known)),
        })
    }

    /// The names of all events that have arrived.
    #[must_use]
    pub fn events(&self) -> BTreeMap<Code, String> {
        let all = self.names.all(Named::Event);
        all.map(|(code, name)| (code, name.to_owned())).collect()
    }

    /// The declared property of this name.
    pub fn property(&self, name: &str) -> Result<Word, Flaw> {
        let known = || self.words.properties.keys().map(String::as_str);
        self.words.properties.get(name).copied().ok_or_else(|| Flaw::UnknownProperty {
            name: name.to_owned(),
            near: near(name, known()),
        })
    }

    /// The declared properties that name the page that a person is on, in the order of their names.
    #[must_use]
    pub fn pages(&self) -> Vec<&str> {
        let properties = self.words.properties.iter().filter(|(_, word)| word.is_page);
        let mut pages: Vec<&str> = properties.map(|(name, _)| name.as_str()).collect();
        pages.sort_unstable();
        pages
    }
}

/// Up to three known names that a misspelt one may have meant, nearest first.
fn near<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Vec<String> {
    let wanted: Vec<char> = fold(name);
    let allowed = 1 + wanted.len() / 4;
    let mut found: Vec<(usize, &str)> = known
        .filter_map(|candidate| {
            let distance = distance(&wanted, &fold(candidate));
            (distance <= allowed).then_some((distance, candidate))
        })
        .collect();
    found.sort_unstable();
    found.into_iter().take(3).map(|(_, candidate)| candidate.to_owned()).collect()
}

/// Case and the signs between words are what people get wrong first, so they do not count.
fn fold(name: &str) -> Vec<char> {
    name.chars().filter(|sign| sign.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// How many signs have to be put in, taken out or changed to get from one text to the other.
fn distance(one: &[char], two: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=two.len()).collect();
    for (line, sign) in one.iter().enumerate() {
        let mut diagonal = line;
        let mut left = line + 1;
        let mut next = vec![left];
        for (other, above) in two.iter().zip(row.iter().skip(1)) {
            let changed = diagonal + usize::from(sign != other);
            left = changed.min(left + 1).min(above + 1);
            diagonal = *above;
            next.push(left);
        }
        row = next;
    }
    row.last().copied().unwrap_or(one.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_name_finds_what_was_meant() {
        let known = ["Door Opened", "Door Locked", "bell_rung"];
        assert_eq!(near("door_opened", known.into_iter()), ["Door Opened"]);
        assert_eq!(near("bell_rugn", known.into_iter()), ["bell_rung"]);
        assert_eq!(near("window", known.into_iter()), Vec::<String>::new());
        assert_eq!(distance(&fold("kitten"), &fold("sitting")), 3);
    }
}
