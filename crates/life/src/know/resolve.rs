//! Resolving: the parts that questions share go from names to codes. It collects every flaw, not
//! only the first.

use std::collections::BTreeSet;

use vocabulary::{Categories, Person};

use super::Cohort;
use super::about::About;
use super::condition::{Condition, Deed, Demand, Test, Tested, Where};
use super::fault::{Faults, Flaw};
use super::period::{self, Interval, Periods};
use super::scope::{Column, Members, Restriction, Scope, Told};
use super::words::Setting;

/// A saved cohort, as a question may name it.
#[derive(Debug, Clone, PartialEq)]
pub enum Cohorted {
    /// Whoever does what this says, for the purpose of the question that names it.
    Rule(Box<Cohort>),
    /// These.
    List(BTreeSet<Person>),
}

/// Resolves the parts that questions share, and notes what is wrong.
#[derive(Debug)]
pub(super) struct Resolver<'a> {
    pub(super) setting: Setting<'a>,
    pub(super) faults: Faults,
    columns: Vec<Column>,
    categories: Categories,
    /// Cohorts that are being resolved; one that names itself has no end.
    open: Vec<String>,
}

impl<'a> Resolver<'a> {
    pub(super) fn new(setting: Setting<'a>) -> Self {
        Self {
            setting,
            faults: Faults::default(),
            columns: Vec::new(),
            categories: Categories::NONE,
            open: Vec::new(),
        }
    }

    /// Resolves the rule of a cohort as one who names it will.
    pub(super) fn of_cohort(setting: Setting<'a>, name: &str) -> Self {
        Self { open: vec![name.to_owned()], ..Self::new(setting) }
    }

    /// What every question says. Columns are filled in by `finish`.
    pub(super) fn scope(&mut self, about: &About) -> Option<Scope> {
        let purpose = self.faults.keep("/purpose", self.setting.purpose(&about.purpose));
        let start = about.week_start.as_deref().unwrap_or(self.setting.week_start);
        let week_start = self.faults.keep("/week_start", period::weekday(start));
        let people = self.people(about);
        let per = about.per.as_deref().and_then(|property| self.shown("/per", property));
        let zone = about.zone.as_deref().unwrap_or(self.setting.zone);
        let zone = self.faults.keep("/zone", period::zone(zone))?;
        let now = self.setting.now;
        let from = self.faults.keep("/from", period::moment(&zone, now, &about.from));
        let until = self.faults.keep("/to", period::moment(&zone, now, &about.to));
        let (from, until) = (from?, until?);
        if from >= until {
            let (from, to) = (about.from.clone(), about.to.clone());
            self.faults.add("/to", Flaw::EmptyRange { from, to });
            return None;
        }
        Some(Scope {
            purpose: purpose?,
            from,
            until,
            looks_back: false,
            zone,
            week_start: week_start?,
            columns: Vec::new(),
            categories: Categories::NONE,
            people,
            per,
            reads_sessions: false,
        })
    }

    /// The cohorts that restrict who counts.
    fn people(&mut self, about: &About) -> Vec<Restriction> {
        let Some(people) = &about.people else { return Vec::new() };
        let named = |list: &[String], place: &str, is_in| {
            let named = list.iter().enumerate();
            let named =
                named.map(|(n, name)| (format!("/people/{place}/{n}"), name.clone(), is_in));
            named.collect::<Vec<_>>()
        };
        let all = [named(&people.within, "in", true), named(&people.not_in, "not_in", false)];
        let mut restrictions = Vec::new();
        for (pointer, name, is_in) in all.concat() {
            let members = self.members(about, &pointer, &name);
            restrictions.extend(members.map(|members| Restriction { members, is_in }));
        }
        restrictions
    }

    /// A cohort that was saved under this name, for the purpose of this question.
    fn members(&mut self, about: &About, pointer: &str, name: &str) -> Option<Members> {
        if self.open.len() >= NESTED_MAX || self.open.iter().any(|open| open == name) {
            self.faults.add(pointer, Flaw::NestedCohort { name: name.to_owned() });
            return None;
        }
        match self.setting.cohorts.get(name) {
            None => {
                self.faults.add(pointer, Flaw::UnknownCohort { name: name.to_owned() });
                None
            }
            Some(Cohorted::List(persons)) => Some(Members::List(persons.clone())),
            Some(Cohorted::Rule(rule)) => {
                let mut rule = rule.clone();
                rule.about.purpose.clone_from(&about.purpose);
                rule.about.per = None;
                self.open.push(name.to_owned());
                let said = std::mem::take(&mut self.faults);
                let plan = rule.plan(self);
                let wrong = std::mem::replace(&mut self.faults, said);
                self.open.pop();
                // What is wrong with the cohort is said where the question names it.
                self.faults.0.extend(
                    wrong
                        .0
                        .into_iter()
                        .map(|fault| super::Fault { pointer: pointer.to_owned(), ..fault }),
                );
                Some(Members::Rule(Box::new(plan?)))
            }
        }
    }

    /// The intervals of a scope.
    pub(super) fn periods(
        &mut self,
        scope: Option<&Scope>,
        interval: Interval,
        max: usize,
    ) -> Option<Periods> {
        let Scope { zone, week_start, from, until, .. } = scope?;
        let periods = Periods::of(zone, interval, *week_start, *from, *until, max);
        self.faults.keep("/interval", periods)
    }

    /// The place of a property in the plan's columns.
    fn column(&mut self, pointer: &str, property: &str) -> Option<usize> {
        let word = self.faults.keep(pointer, self.setting.property(property))?;
        self.categories = self.categories.with(word.category);
        let known = self.columns.iter().position(|column| column.code == word.code);
        Some(known.unwrap_or_else(|| {
            let (code, sealed, property) = (word.code, word.sealed, property.to_owned());
            let (texts, is_number) = (Told::Nothing, false);
            self.columns.push(Column { code, property, sealed, texts, is_number });
            self.columns.len() - 1
        }))
    }

    /// A column of which every value is told apart.
    pub(super) fn shown(&mut self, pointer: &str, property: &str) -> Option<usize> {
        let place = self.column(pointer, property)?;
        self.columns.iter_mut().skip(place).take(1).for_each(|column| column.texts = Told::Each);
        Some(place)
    }

    /// A column that is read as numbers.
    pub(super) fn number(&mut self, pointer: &str, property: &str) -> Option<usize> {
        let place = self.column(pointer, property)?;
        self.columns.iter_mut().skip(place).take(1).for_each(|column| column.is_number = true);
        Some(place)
    }

    /// A column that is read as numbers for `count`, unless it is declared to have none.
    pub(super) fn reckoned(
        &mut self,
        pointer: &str,
        property: &str,
        count: &'static str,
    ) -> Option<usize> {
        let place = self.number(pointer, property)?;
        let kind = self.setting.property(property).ok()?.kind;
        if kind.has_numbers() {
            return Some(place);
        }
        let (property, kind) = (property.to_owned(), kind.code());
        self.faults.add(pointer, Flaw::NotNumbers { property, kind, count });
        None
    }

    /// A condition from something that people do.
    pub(super) fn deed(&mut self, pointer: &str, deed: &Deed) -> Option<Condition> {
        self.condition(pointer, deed.event.as_deref(), &deed.demands)
    }

    /// A condition from an event's name and demands on its properties.
    pub(super) fn condition(
        &mut self,
        pointer: &str,
        event: Option<&str>,
        demands: &[Where],
    ) -> Option<Condition> {
        let code = match event {
            None => Some(None),
            Some(name) => {
                let code = self.setting.event(name);
                self.faults.keep(&format!("{pointer}/event"), code).map(Some)
            }
        };
        self.count(&format!("{pointer}/where"), demands.len(), 0, WHERE_MAX);
        let mut resolved = Vec::with_capacity(demands.len());
        for (number, demand) in demands.iter().enumerate() {
            resolved.extend(self.demand(&format!("{pointer}/where/{number}"), demand));
        }
        Some(Condition { event: code?, name: event.map(str::to_owned), demands: resolved })
    }

    fn demand(&mut self, pointer: &str, demand: &Where) -> Option<Demand> {
        let test = match &demand.test {
            Tested::Is(values) => self.values(&format!("{pointer}/is"), values, Test::AnyOf),
            Tested::IsNot(values) => {
                self.values(&format!("{pointer}/is_not"), values, Test::NoneOf)
            }
            Tested::Set(true) => Test::NoneOf(vec![None]),
            Tested::Set(false) => Test::AnyOf(vec![None]),
            Tested::Contains(part) => Test::Contains(part.to_lowercase()),
            Tested::Above(bound) => Test::Above(*bound),
            Tested::Below(bound) => Test::Below(*bound),
        };
        let pointer = format!("{pointer}/property");
        let column = match &test {
            Test::AnyOf(values) | Test::NoneOf(values) => {
                let place = self.column(&pointer, &demand.property)?;
                if let Some(column) = self.columns.get_mut(place) {
                    column.texts.tell(values.iter().flatten().cloned());
                }
                place
            }
            Test::Contains(_) => self.shown(&pointer, &demand.property)?,
            Test::Above(_) | Test::Below(_) => self.number(&pointer, &demand.property)?,
        };
        Some(Demand { column, test })
    }

    fn values(
        &mut self,
        pointer: &str,
        values: &[super::Wanted],
        test: fn(Vec<Option<String>>) -> Test,
    ) -> Test {
        self.count(pointer, values.len(), 1, VALUES_MAX);
        test(values.iter().map(super::Wanted::text).collect())
    }

    /// Notes a list that is too short or too long.
    pub(super) fn count(&mut self, pointer: &str, count: usize, least: usize, max: usize) {
        if count < least {
            self.faults.add(pointer, Flaw::TooFew { least });
        } else if count > max {
            self.faults.add(pointer, Flaw::TooMany { count, max });
        }
    }

    /// The scope with its columns, unless something was wrong.
    pub(super) fn finish(self, scope: Option<Scope>) -> Result<Scope, Faults> {
        match scope {
            Some(mut scope) if self.faults.0.is_empty() => {
                fill(&mut scope, &self.columns, self.categories);
                Ok(scope)
            }
            Some(_) | None => Err(self.faults),
        }
    }
}

/// A plan and the cohorts that it names share their columns.
fn fill(scope: &mut Scope, columns: &[Column], categories: Categories) {
    scope.columns = columns.to_vec();
    scope.categories = categories;
    for restriction in &mut scope.people {
        if let Members::Rule(plan) = &mut restriction.members {
            fill(&mut plan.scope, columns, categories);
        }
    }
}

/// Demands of one condition.
const WHERE_MAX: usize = 16;
/// Values of one demand.
const VALUES_MAX: usize = 1_000;
/// Cohorts in cohorts.
const NESTED_MAX: usize = 8;
/// Conditions of one question: operators keep them as bits of one word.
pub(super) const CONDITIONS_MAX: usize = 32;
