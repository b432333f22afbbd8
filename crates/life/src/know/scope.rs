//! What every plan has: its purpose and its time, the columns it reads, and whose rows count.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Weekday;
use jiff::tz::TimeZone;
use vocabulary::{Categories, Class, Code, Person, Purpose, Time};

use super::CohortPlan;
use super::period::{day, minute};
use super::phrase::{count, people};
use super::row::{PersonRow, within};

/// What every plan has: for what, over which time, with which columns, about whom.
#[derive(Debug, Clone, PartialEq)]
pub struct Scope {
    pub purpose: Purpose,
    pub from: Time,
    /// The first instant that is left out.
    pub until: Time,
    /// Whether rows from before `from` are looked at, too: whether somebody is new is told by them.
    pub looks_back: bool,
    pub zone: TimeZone,
    pub week_start: Weekday,
    /// The properties that the plan names by their place here.
    pub columns: Vec<Column>,
    /// The categories of those columns; the grant must cover them.
    pub categories: Categories,
    /// Cohorts that everyone who counts is in, or is not in.
    pub people: Vec<Restriction>,
    /// The column whose value stands for the person; rows without one do not count.
    pub per: Option<usize>,
    /// Whether the plan looks at the leaf and the client's session of each row.
    pub reads_sessions: bool,
}

/// A property that a plan reads, and what for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    pub code: Code,
    /// Its name, for sentences.
    pub property: String,
    /// The class of keys that its values are sealed under, when it has no column of its own. Asking
    /// about it is slower: what a person's key seals is opened.
    pub sealed: Option<Class>,
    pub texts: Told,
    /// Whether its values are read as numbers.
    pub is_number: bool,
}

/// The texts of a property that a plan tells apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// They are not read.
    Nothing,
    /// These, and whether there is one at all.
    These(BTreeSet<String>),
    Each,
}

/// A cohort that restricts who counts.
#[derive(Debug, Clone, PartialEq)]
pub struct Restriction {
    pub members: Members,
    /// Whether those inside count, or those outside.
    pub is_in: bool,
}

/// Who is in a cohort.
#[derive(Debug, Clone, PartialEq)]
pub enum Members {
    /// Whoever did what it says.
    Rule(Box<CohortPlan>),
    /// These.
    List(BTreeSet<Person>),
}

/// Somebody who counts once.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Who {
    Person(Person),
    /// Everyone who shares a value.
    Group(String),
}

impl Told {
    /// Tells these texts apart, too.
    pub(super) fn tell(&mut self, texts: impl Iterator<Item = String>) {
        match self {
            Told::Nothing => *self = Told::These(texts.collect()),
            Told::These(told) => told.extend(texts),
            Told::Each => {}
        }
    }
}

impl Scope {
    /// The first instant whose rows are looked at.
    #[must_use]
    pub const fn first(&self) -> Time {
        if self.looks_back { Time(i64::MIN) } else { self.from }
    }

    /// The properties that are read, in their places.
    #[must_use]
    pub fn codes(&self) -> Vec<Code> {
        self.columns.iter().map(|column| column.code).collect()
    }

    /// Those of them that lie sealed, with the class of their keys.
    #[must_use]
    pub fn sealed(&self) -> BTreeMap<Code, Class> {
        let sealed = self.columns.iter();
        sealed.filter_map(|column| Some((column.code, column.sealed?))).collect()
    }

    /// The time of the question in words.
    #[must_use]
    pub fn time(&self) -> String {
        let (from, until) = (day(&self.zone, self.from), day(&self.zone, self.until));
        match minute(&self.zone, self.until) {
            Some(minute) if minute != "00:00" => format!("from {from} until {until} {minute}"),
            Some(_) | None => format!("from {from} to before {until}"),
        }
    }

    /// So many of those who count once, in words.
    #[must_use]
    pub fn who(&self, number: u64) -> String {
        match self.group() {
            None => people(number),
            Some(group) if number == 1 => format!("1 value of {group}"),
            Some(group) => format!("{} values of {group}", count(number)),
        }
    }

    /// One of them in words, whichever it is.
    #[must_use]
    pub fn somebody(&self) -> String {
        self.group().map_or_else(|| "somebody".to_owned(), |group| format!("a value of {group}"))
    }

    /// All of them in words, one by one.
    #[must_use]
    pub fn each(&self) -> String {
        self.group()
            .map_or_else(|| "each person".to_owned(), |group| format!("each value of {group}"))
    }

    /// The property whose value stands for the person.
    fn group(&self) -> Option<String> {
        let column = self.columns.get(self.per?)?;
        Some(format!("`{}`", column.property))
    }

    /// The rows of the scope, of each who counts in their order; for the reference answers.
    #[must_use]
    pub fn rows<'r>(&self, rows: &'r [PersonRow]) -> Vec<(Who, Vec<&'r PersonRow>)> {
        let sets = self.people.iter().map(|one| (one.is_in, one.members.among(rows)));
        let sets: Vec<_> = sets.collect();
        let counts = |row: &PersonRow| {
            sets.iter().all(|(is_in, persons)| persons.contains(&row.person) == *is_in)
        };
        let mut of = BTreeMap::<Who, Vec<&PersonRow>>::new();
        for row in within(rows, self.first(), self.until).into_iter().filter(|row| counts(row)) {
            let who = match self.per {
                None => Some(Who::Person(row.person)),
                Some(column) => row.value(column).map(|text| Who::Group(text.to_owned())),
            };
            if let Some(who) = who {
                of.entry(who).or_default().push(row);
            }
        }
        of.into_iter().collect()
    }
}

impl Members {
    /// Those of the people of these rows who belong; for the reference answers.
    fn among(&self, rows: &[PersonRow]) -> BTreeSet<Person> {
        match self {
            Members::List(persons) => persons.clone(),
            Members::Rule(plan) => {
                let persons = plan.scope.rows(rows).into_iter();
                let inside = persons.filter(|(_, rows)| plan.belongs(rows));
                let person = |(who, _)| match who {
                    Who::Person(person) => Some(person),
                    Who::Group(_) => None,
                };
                inside.filter_map(person).collect()
            }
        }
    }
}
