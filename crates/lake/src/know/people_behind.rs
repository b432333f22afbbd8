//! The people behind a number, collected while the rows are walked.

use std::sync::Arc;

use life::know::{NONE, Scope, Who};
use vocabulary::{Person, Time};

use super::operator::Rows;
use crate::keep::chunk::Texts;

/// Somebody who was picked, with what is seen of them within the time of the question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    pub who: Who,
    pub first: Time,
    pub last: Time,
    pub events: u64,
}

/// Somebody as the walk knows them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry {
    /// A person, or the number of a group's text.
    pub(super) who: u64,
    first: i64,
    last: i64,
    events: u64,
}

/// Everyone who was picked so far.
#[derive(Debug, Default)]
pub(super) struct Roll(Vec<Entry>);

impl Roll {
    /// Adds somebody by their rows.
    pub(super) fn add(&mut self, who: u64, rows: &Rows<'_>) {
        let first = rows.time.first().copied().unwrap_or(i64::MAX);
        let last = rows.time.last().copied().unwrap_or(i64::MIN);
        self.0.push(Entry { who, first, last, events: rows.time.len() as u64 });
    }

    pub(super) fn merge(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    pub(super) fn entries(&self) -> &[Entry] {
        &self.0
    }

    /// Everyone, as the scope of the question calls them.
    pub(super) fn members(&self, scope: &Scope, texts: &Arc<Texts>) -> Vec<Member> {
        let who = |number: u64| match scope.per {
            None => Who::Person(Person(number)),
            Some(_) => {
                let text = u32::try_from(number).ok().and_then(|number| texts.text(number));
                Who::Group(text.map_or_else(|| NONE.to_owned(), String::from))
            }
        };
        let member = |entry: &Entry| Member {
            who: who(entry.who),
            first: Time(entry.first),
            last: Time(entry.last),
            events: entry.events,
        };
        self.0.iter().map(member).collect()
    }
}
