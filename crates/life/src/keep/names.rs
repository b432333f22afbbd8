//! Names of events and properties as numbers that stand for them everywhere, for good.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use vocabulary::Code;

/// What a name names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Named {
    Event,
    Property,
}

/// All names of one kind. Codes count from one; zero stands for no name.
#[derive(Debug, Clone, Default)]
struct Register {
    /// By code; nothing where a name was lost, whose code must never mean another one.
    texts: Vec<Option<Box<str>>>,
    codes: HashMap<Box<str>, Code>,
}

impl Register {
    fn insert(&mut self, text: &str) -> Code {
        if let Some(code) = self.codes.get(text) {
            return *code;
        }
        let code = Code(u32::try_from(self.texts.len() + 1).unwrap_or(u32::MAX));
        self.enter(code, text);
        code
    }

    fn enter(&mut self, code: Code, text: &str) {
        self.reserve(code);
        let place = (code.0 as usize).checked_sub(1);
        if let Some(held) = place.and_then(|place| self.texts.get_mut(place)) {
            *held = Some(text.into());
            self.codes.insert(text.into(), code);
        }
    }

    fn reserve(&mut self, code: Code) {
        let count = self.texts.len().max(code.0 as usize);
        self.texts.resize(count, None);
    }

    fn text(&self, code: Code) -> Option<&str> {
        let place = usize::try_from(code.0.checked_sub(1)?).ok()?;
        self.texts.get(place)?.as_deref()
    }
}

/// The names of events and of properties.
#[derive(Debug, Clone, Default)]
pub struct Names {
    events: Register,
    properties: Register,
}

impl Names {
    /// The code of a name, if it has one.
    #[must_use]
    pub fn code(&self, named: Named, text: &str) -> Option<Code> {
        self.register(named).codes.get(text).copied()
    }

    /// The code of a name, giving it the next one when it is new.
    pub fn insert(&mut self, named: Named, text: &str) -> Code {
        self.register_mut(named).insert(text)
    }

    /// Restores a name under the code that it has.
    pub fn enter(&mut self, named: Named, code: Code, text: &str) {
        self.register_mut(named).enter(code, text);
    }

    /// Keeps a code from being given again.
    pub fn reserve(&mut self, named: Named, code: Code) {
        self.register_mut(named).reserve(code);
    }

    /// The name behind a code.
    #[must_use]
    pub fn text(&self, named: Named, code: Code) -> Option<&str> {
        self.register(named).text(code)
    }

    /// All names of a kind with their codes, in the order of codes.
    pub fn all(&self, named: Named) -> impl Iterator<Item = (Code, &str)> {
        let texts = self.register(named).texts.iter();
        texts.zip(1u32..).filter_map(|(text, number)| Some((Code(number), text.as_deref()?)))
    }

    /// How many names of a kind there are.
    #[must_use]
    pub fn count(&self, named: Named) -> usize {
        self.register(named).texts.len()
    }

    fn register(&self, named: Named) -> &Register {
        match named {
            Named::Event => &self.events,
            Named::Property => &self.properties,
        }
    }

    fn register_mut(&mut self, named: Named) -> &mut Register {
        match named {
            Named::Event => &mut self.events,
            Named::Property => &mut self.properties,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_keeps_its_code() {
        let mut names = Names::default();
        assert_eq!(names.insert(Named::Event, "a"), Code(1));
        assert_eq!(names.insert(Named::Event, "b"), Code(2));
        assert_eq!(names.insert(Named::Event, "a"), Code(1));
        assert_eq!(names.insert(Named::Property, "a"), Code(1));
        assert_eq!(names.text(Named::Event, Code(2)), Some("b"));
        assert_eq!(names.text(Named::Event, Code(0)), None);
        assert_eq!(names.all(Named::Event).count(), 2);
    }

    #[test]
    fn a_lost_name_leaves_its_code_to_nobody() {
        let mut names = Names::default();
        names.enter(Named::Event, Code(3), "c");
        names.reserve(Named::Event, Code(5));
        assert_eq!(names.insert(Named::Event, "a"), Code(6));
        assert_eq!(names.text(Named::Event, Code(2)), None);
        let all: Vec<_> = names.all(Named::Event).collect();
        assert_eq!(all, [(Code(3), "c"), (Code(6), "a")]);
    }
}
