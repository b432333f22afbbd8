//! What each purpose rests on at a source, as the law has it, before anybody has said anything.
//!
//! It hangs on the source, its regimes, the age and the two editions of the law that count: that of
//! the event's time and that of now. What people say is worked in later, by the plan.

use vocabulary::{Categories, Category, Purpose, Purposes};

use super::catalogue::{Catalogue, DeclaredPurpose};
use super::law::{AsOf, Circumstance, Circumstances, Effect, Form, Given, Law, Rule, Truth};
use super::plan::{AgeBand, Basis, Terms};
use super::source::{Audience, Source};

#[cfg(test)]
mod tests;

/// The instants whose law an event has to satisfy, as one view each.
pub type Views = [AsOf; 2];

/// What holds for one purpose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ground {
    /// The one basis that it rests on; `None` = it is closed for good.
    pub basis: Option<Basis>,
    /// The ids of the rules that closed it, took its declared basis away, or let it open on
    /// silence.
    pub rules: Vec<String>,
    /// Categories that it may not see whole, and those that it may not see at all.
    pub reduced: Categories,
    pub dropped: Categories,
}

/// What holds for all purposes, by number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Footing {
    grounds: Vec<Ground>,
}

/// A purpose that is closed, for no reason that a rule would give.
static CLOSED: Ground =
    Ground { basis: None, rules: Vec::new(), reduced: Categories::NONE, dropped: Categories::NONE };

impl Footing {
    /// What holds for a purpose; an undeclared one is closed.
    #[must_use]
    pub fn of(&self, purpose: Purpose) -> &Ground {
        self.grounds.get(usize::from(purpose.number())).unwrap_or(&CLOSED)
    }

    /// The basis of each purpose, by number.
    #[must_use]
    pub fn bases(&self) -> Vec<Option<Basis>> {
        self.grounds.iter().map(|ground| ground.basis).collect()
    }

    /// The purposes that a law closed although the source declares a basis for them.
    #[must_use]
    pub fn forbidden(&self) -> Purposes {
        let closed = |purpose: &Purpose| {
            let ground = self.of(*purpose);
            ground.basis.is_none() && !ground.rules.is_empty()
        };
        Purposes::ALL.iter().filter(closed).collect()
    }

    /// Works out what holds at a source for somebody of this age.
    #[must_use]
    pub fn find(terms: Terms<'_>, age: AgeBand) -> Footing {
        let Terms { catalogue, law, source, views } = terms;
        let asking = Asking { catalogue, source, age, books: books(law, source, views) };
        let mut grounds = vec![CLOSED.clone(); usize::from(Purpose::COUNT_MAX)];
        for declared in catalogue.purposes() {
            let Some(slot) = grounds.get_mut(usize::from(declared.purpose.number())) else {
                continue;
            };
            *slot = asking.ground(declared);
        }
        Footing { grounds }
    }
}

/// The question what a purpose rests on.
struct Asking<'a> {
    catalogue: &'a Catalogue,
    source: &'a Source,
    age: AgeBand,
    books: Vec<Book<'a>>,
}

/// The rules that hold together in one place at one instant.
type Book<'a> = Vec<&'a Rule>;

/// What the law says in each innermost regime at each instant. Places with the same rules are one.
fn books<'a>(law: &'a Law, source: &Source, views: Views) -> Vec<Book<'a>> {
    let mut books: Vec<Book<'a>> = Vec::new();
    for regime in law.innermost(source.regimes) {
        for as_of in views {
            let book: Book<'a> = law.rules_in(regime, as_of).map(AsRef::as_ref).collect();
            let is_same = |held: &Book<'a>| {
                held.len() == book.len()
                    && held.iter().zip(&book).all(|(one, other)| std::ptr::eq(*one, *other))
            };
            if !books.iter().any(is_same) {
                books.push(book);
            }
        }
    }
    books
}

/// A key of no category: what is said about categories is weighed for each of them, apart.
const NO_CATEGORY: &str = "";

/// The verbs that an event goes through when it is kept and asked about.
const VERBS: [&str; 3] = ["collect", "store", "use"];

impl<'a> Asking<'a> {
    /// INVARIANT(protective): each innermost regime, at each instant, has to allow it; the basis is
    /// the one that asks most of the operator.
    fn ground(&self, declared: &'a DeclaredPurpose) -> Ground {
        let mut ground = CLOSED.clone();
        let named = self.source.bases.get(&declared.purpose).copied();
        if named.is_some_and(|named| !declared.may_rest_on(named)) {
            return ground;
        }
        let mut strongest: Option<Basis> = None;
        for rules in &self.books {
            let Some(basis) = self.basis(declared, rules, &mut ground.rules) else {
                return Ground { rules: ground.rules, ..CLOSED.clone() };
            };
            if strongest.is_none_or(|held| basis.asks() > held.asks()) {
                strongest = Some(basis);
            }
            self.narrow(declared, rules, basis, &mut ground);
        }
        ground.basis = strongest;
        ground
    }

    /// The basis that a purpose has under these rules: the declared one, or else consent.
    fn basis(
        &self,
        declared: &'a DeclaredPurpose,
        rules: &[&Rule],
        decisive: &mut Vec<String>,
    ) -> Option<Basis> {
        let named = self.source.bases.get(&declared.purpose).copied();
        let consent = [Basis::Consent, Basis::ExplicitConsent];
        named.into_iter().chain(consent).filter(|basis| declared.may_rest_on(*basis)).find(
            |basis| {
                VERBS.iter().all(|verb| {
                    let known = self.circumstances(declared, verb, Some(NO_CATEGORY));
                    let decided = weigh(rules, &known, *basis, false);
                    decided.rules.into_iter().for_each(|id| note(decisive, id));
                    decided.allows
                })
            },
        )
    }

    /// Takes away what the rules about categories bar from a purpose.
    fn narrow(
        &self,
        declared: &'a DeclaredPurpose,
        rules: &[&Rule],
        basis: Basis,
        ground: &mut Ground,
    ) {
        for verb in VERBS {
            // Most rules are out of the question whatever the category.
            let open = self.circumstances(declared, verb, None);
            let about = |rule: &&&Rule| {
                let is_about = rule.when.asks(Circumstance::Categories)
                    || matches!(rule.effect, Effect::Hold(..));
                is_about && rule.applies(&open) != Truth::No
            };
            let rules: Vec<&Rule> = rules.iter().filter(about).copied().collect();
            if rules.is_empty() {
                continue;
            }
            for category in self.catalogue.categories() {
                let known = self.circumstances(declared, verb, Some(&category.key));
                let (reduced, dropped) = held(&rules, &known, category.category);
                if dropped || !weigh(&rules, &known, basis, true).allows {
                    ground.dropped = ground.dropped.with(category.category);
                } else if reduced {
                    ground.reduced = ground.reduced.with(category.category);
                }
            }
        }
    }

    fn circumstances(
        &self,
        declared: &'a DeclaredPurpose,
        verb: &'a str,
        category: Option<&'a str>,
    ) -> Circumstances<'a> {
        let source = self.source;
        let known = Circumstances::default()
            .with(Circumstance::Verb, Given::Word(verb))
            .with(Circumstance::Purpose, Given::Word(&declared.name))
            .with(Circumstance::OnDevice, Given::Flag(declared.on_device))
            .with(Circumstance::SourceKind, Given::Word(source.kind.code()))
            .with(Circumstance::Audience, Given::Word(source.audience.code()))
            .with(Circumstance::SensitiveCatalogue, Given::Flag(source.is_sensitive));
        let known = match category {
            Some(category) => known.with(Circumstance::Categories, Given::Words(vec![category])),
            None => known,
        };
        let known = match source.kind.origin() {
            Some(origin) => known.with(Circumstance::Origin, Given::Word(origin)),
            None => known,
        };
        known.with(Circumstance::Age, Given::Number(least_age(source.audience, self.age)))
    }
}

/// What rules come to for one basis.
struct Decided {
    allows: bool,
    rules: Vec<String>,
}

/// Whether the rules let something rest on a basis, and which of them decided. A basis that rests
/// on silence has to be permitted by one of them, unless others that are not here have permitted
/// it.
///
/// INVARIANT(protective): what is unknown forbids and demands, and never permits.
fn weigh(
    rules: &[&Rule],
    circumstances: &Circumstances<'_>,
    basis: Basis,
    is_permitted: bool,
) -> Decided {
    let mut against = Vec::new();
    let mut permitting = None;
    for rule in rules {
        let truth = rule.applies(circumstances);
        match &rule.effect {
            Effect::Forbid if truth != Truth::No => against.push(rule.id.clone()),
            Effect::NeedBasis(bases) if truth != Truth::No && !bases.contains(&basis) => {
                against.push(rule.id.clone());
            }
            Effect::PermitOnSilence(permitted)
                if truth == Truth::Yes && *permitted == basis && rule.may_permit() =>
            {
                permitting = Some(rule.id.clone());
            }
            Effect::Forbid
            | Effect::NeedBasis(_)
            | Effect::PermitOnSilence(_)
            | Effect::Hold(..) => {}
        }
    }
    let may_be_silent = is_permitted || permitting.is_some() || !basis.needs_permission();
    let allows = against.is_empty() && may_be_silent;
    let rules = if allows { permitting.into_iter().collect() } else { against };
    Decided { allows, rules }
}

/// Whether a category may be held reduced only, or not at all.
fn held(rules: &[&Rule], circumstances: &Circumstances<'_>, category: Category) -> (bool, bool) {
    let holds = |form: Form| {
        rules.iter().any(|rule| match &rule.effect {
            Effect::Hold(least, categories) => {
                *least == form
                    && categories.has(category)
                    && rule.applies(circumstances) != Truth::No
            }
            Effect::Forbid | Effect::NeedBasis(_) | Effect::PermitOnSilence(_) => false,
        })
    };
    (holds(Form::Reduced), holds(Form::Dropped))
}

fn note(rules: &mut Vec<String>, id: String) {
    if !rules.contains(&id) {
        rules.push(id);
    }
}

/// The least age that somebody of this band may have, as the audience of the source lets it be
/// read: to a general audience an unknown age is an adult's, to any other a child's.
fn least_age(audience: Audience, age: AgeBand) -> i64 {
    match (age, audience) {
        (AgeBand::Unknown, Audience::General) | (AgeBand::Adult, _) => 18,
        (AgeBand::Unknown, Audience::Mixed | Audience::Child) | (AgeBand::Under13, _) => 0,
        (AgeBand::Thirteen, _) => 13,
        (AgeBand::Fourteen, _) => 14,
        (AgeBand::Fifteen, _) => 15,
        (AgeBand::SixteenToSeventeen, _) => 16,
    }
}
