//! When a rule applies: all, any and not over circumstances, in three values.
//!
//! INVARIANT(protective): what is unknown makes a predicate unknown, never true; whoever asks
//! decides what an unknown closes.

use std::ops::Not;

use super::circumstance::{Circumstance, Circumstances, Given};

/// Kleene's three values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Truth {
    No,
    Unknown,
    Yes,
}

impl Not for Truth {
    type Output = Truth;

    fn not(self) -> Truth {
        match self {
            Truth::No => Truth::Yes,
            Truth::Unknown => Truth::Unknown,
            Truth::Yes => Truth::No,
        }
    }
}

impl From<bool> for Truth {
    fn from(is_so: bool) -> Truth {
        if is_so { Truth::Yes } else { Truth::No }
    }
}

/// A condition over circumstances. There is no other language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Predicate {
    All(Vec<Predicate>),
    Any(Vec<Predicate>),
    Not(Box<Predicate>),
    /// The word is one of these.
    In(Circumstance, Vec<String>),
    /// The flag is so.
    Is(Circumstance, bool),
    /// The set holds one of these, or what lies below one of these.
    Has(Circumstance, Vec<String>),
    /// The number is smaller.
    Before(Circumstance, i64),
}

impl Predicate {
    /// Whether it asks about this circumstance anywhere.
    #[must_use]
    pub fn asks(&self, wanted: Circumstance) -> bool {
        match self {
            Predicate::All(parts) | Predicate::Any(parts) => {
                parts.iter().any(|part| part.asks(wanted))
            }
            Predicate::Not(part) => part.asks(wanted),
            Predicate::In(circumstance, _)
            | Predicate::Is(circumstance, _)
            | Predicate::Has(circumstance, _)
            | Predicate::Before(circumstance, _) => *circumstance == wanted,
        }
    }

    /// Whether it is so under these circumstances.
    #[must_use]
    pub fn truth(&self, circumstances: &Circumstances<'_>) -> Truth {
        match self {
            Predicate::All(parts) => {
                let truths = parts.iter().map(|part| part.truth(circumstances));
                truths.min().unwrap_or(Truth::Yes)
            }
            Predicate::Any(parts) => {
                let truths = parts.iter().map(|part| part.truth(circumstances));
                truths.max().unwrap_or(Truth::No)
            }
            Predicate::Not(part) => !part.truth(circumstances),
            Predicate::In(circumstance, words) => match circumstances.get(*circumstance) {
                Some(Given::Word(word)) => words.iter().any(|one| one == word).into(),
                _ => Truth::Unknown,
            },
            Predicate::Is(circumstance, flag) => match circumstances.get(*circumstance) {
                Some(Given::Flag(given)) => (given == flag).into(),
                _ => Truth::Unknown,
            },
            Predicate::Has(circumstance, words) => match circumstances.get(*circumstance) {
                Some(Given::Words(given)) => {
                    given.iter().any(|one| words.iter().any(|word| lies_in(one, word))).into()
                }
                _ => Truth::Unknown,
            },
            Predicate::Before(circumstance, limit) => match circumstances.get(*circumstance) {
                Some(Given::Number(number)) => (number < limit).into(),
                _ => Truth::Unknown,
            },
        }
    }
}

/// Whether a key of categories is this one or lies below it: `user.location.precise` lies in
/// `user.location`.
pub(super) fn lies_in(key: &str, above: &str) -> bool {
    key.strip_prefix(above).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_decides_only_where_the_rest_does_not() {
        let adult = Predicate::Not(Box::new(Predicate::Before(Circumstance::Age, 18)));
        let site = Predicate::In(Circumstance::SourceKind, vec!["site".to_owned()]);
        let all = Predicate::All(vec![adult.clone(), site.clone()]);
        let any = Predicate::Any(vec![adult, site]);
        let on = |kind| Circumstances::default().with(Circumstance::SourceKind, Given::Word(kind));
        assert_eq!(all.truth(&on("site")), Truth::Unknown);
        assert_eq!(all.truth(&on("app")), Truth::No);
        assert_eq!(any.truth(&on("site")), Truth::Yes);
        assert_eq!(any.truth(&on("app")), Truth::Unknown);
        let known = on("site").with(Circumstance::Age, Given::Number(18));
        assert_eq!(all.truth(&known), Truth::Yes);
        let young = on("site").with(Circumstance::Age, Given::Number(17));
        assert_eq!(all.truth(&young), Truth::No);
        assert_eq!(Predicate::All(Vec::new()).truth(&on("site")), Truth::Yes);
        assert_eq!(Predicate::Any(Vec::new()).truth(&on("site")), Truth::No);
    }

    #[test]
    fn a_category_lies_in_those_above_it() {
        assert!(lies_in("user.location.precise", "user.location"));
        assert!(lies_in("user.location", "user.location"));
        assert!(!lies_in("user.locations", "user.location"));
        assert!(!lies_in("user", "user.location"));
    }
}
