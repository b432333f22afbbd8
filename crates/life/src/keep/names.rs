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
    texts: Vec<Box<str>>,
    codes: HashMap<Box<str>, Code>,
}

impl Register {
    fn insert(&mut self, text: &str) -> Code {
        if let Some(code) = self.codes.get(text) {
            return *code;
        }
        self.texts.push(text.into());
        let code = Code(u32::try_from(self.texts.len()).unwrap_or(u32::MAX));
        self.codes.insert(text.into(), code);
        code
    }

    fn text(&self, code: Code) -> Option<&str> {
        let place = usize::try_from(code.0.checked_sub(1)?).ok()?;
        self.texts.get(place).map(|text| &**text)
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
        match named {
            Named::Event => self.events.insert(text),
            Named::Property => self.properties.insert(text),
        }
    }

    /// The name behind a code.
    #[must_use]
    pub fn text(&self, named: Named, code: Code) -> Option<&str> {
        self.register(named).text(code)
    }

    /// All names of a kind with their codes, in the order of codes.
    pub fn all(&self, named: Named) -> impl Iterator<Item = (Code, &str)> {
        let texts = self.register(named).texts.iter();
        texts.zip(1u32..).map(|(text, number)| (Code(number), &**text))
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
}
