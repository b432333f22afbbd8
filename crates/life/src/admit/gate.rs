//! The gate itself: it names whose an event is, weighs what stands about that person, and lets
//! through or not.
//!
//! It looks nothing up about people: the standing comes in as an argument, and acts go out as
//! values.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, PoisonError, RwLock};

use vocabulary::{Limits, Purpose, Purposes, Refusal, SourceId, Time};

use super::catalogue::Catalogue;
use super::consent::{Act, Standing, Statement};
use super::fields::{self, Rules};
use super::footing::Footing;
use super::identifier::{Blinder, Index, Sealable, Subject};
use super::judge::{Admitted, Blinded, Identified, Judged};
use super::law::Law;
use super::looks::like_identifier;
use super::plan::{self, AdmissionPlan, AgeBand, Terms, VerdictKey};
use super::seen::Seen;
use super::source::Source;
use crate::arrive::{Dated, Invalid, Kind, REST, Raw};

#[cfg(test)]
mod tests;

/// What kind of key a request showed; it decides what the request may say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeyKind {
    /// Public, write only: may narrow consent for anybody, widen it only for the device that it
    /// shows.
    Site,
    /// Held by a server of the operator: may name users and grant their consent.
    Server,
}

/// The gate, with the catalogue that it judges by.
pub struct Gate {
    catalogue: Arc<Catalogue>,
    law: Arc<Law>,
    limits: Limits,
    plans: RwLock<HashMap<VerdictKey, Arc<AdmissionPlan>>>,
    footings: RwLock<HashMap<(SourceId, u32, AgeBand), Arc<Footing>>>,
}

impl Gate {
    /// Past this many plans the cache starts anew; it is only a cache.
    const PLANS_MAX: usize = 8_192;

    #[must_use]
    pub fn new(catalogue: Arc<Catalogue>, law: Arc<Law>, limits: Limits) -> Self {
        let (plans, footings) = Default::default();
        Self { catalogue, law, limits, plans, footings }
    }

    /// The law that the gate judges by.
    #[must_use]
    pub fn law(&self) -> &Arc<Law> {
        &self.law
    }

    /// The catalogue that the gate judges by.
    #[must_use]
    pub fn catalogue(&self) -> &Arc<Catalogue> {
        &self.catalogue
    }

    /// Says whose an event is. The error is `Invalid` or `Filtered`, never anything else.
    pub fn identify<'a>(
        &self,
        raw: Raw<'a>,
        source: &Source,
        key: KeyKind,
        blinder: &Blinder,
    ) -> Result<Identified<'a>, Judged> {
        self.check_name(&raw).map_err(Judged::Invalid)?;
        if source.filtered_events.iter().any(|filtered| *filtered == raw.name) {
            return Err(Judged::Filtered);
        }
        let (whose, other) = self.ids(&raw, key).map_err(Judged::Invalid)?;
        let said = self.said(&raw, key, whose.0);
        let (act, statement) = heard(&raw, source, said);
        let blind = |(subject, id): (Subject, &str)| Blinded {
            index: blinder.index(subject, id),
            subject,
            clear: Sealable(id.into()),
        };
        let (whose, other) = (blind(whose), other.map(blind));
        let others = self.others(&raw, &whose, blinder);
        Ok(Identified { raw, whose, other, others, act, statement })
    }

    /// Judges an event by what stands about its person. `seen` learns which properties were met.
    pub fn judge(
        &self,
        identified: Identified<'_>,
        source: &Source,
        standing: Standing,
        blinder: &Blinder,
        seen: &mut Seen,
    ) -> Judged {
        let Identified { raw, whose, other, others, act, .. } = identified;
        if standing.forgotten.is_some_and(|until| raw.earliest(&self.limits) <= until) {
            // What a forgotten person once said is forgotten too, whoever else it names.
            return Judged::Refused { why: Refusal::Forgotten, whose, act: None };
        }
        let said = standing.hearing(act);
        let signal = raw.signals.global_privacy_control;
        let happened = raw.happened();
        let terms = self.terms(source, (happened, raw.received));
        let plan = |said| self.plan(terms.key(said, signal), terms);
        let plan = explicitly(said, standing.explicit, plan);
        if plan.purposes.is_empty() {
            let footing = self.footing(plan.key, terms);
            let why = plan::refusal(terms, &footing, &plan);
            return Judged::Refused { why, whose, act };
        }
        let rules = Rules { catalogue: &self.catalogue, source, plan: &plan, limits: &self.limits };
        let taken = match fields::take(&raw, rules, seen) {
            Ok(taken) => taken,
            Err(invalid) => return Judged::Invalid(invalid),
        };
        // Whose it is belongs to the key: a public key must not use up the ids of somebody else's
        // events.
        let message = raw.message.as_deref();
        let duplicate = message.map(|id| blinder.duplicate(source.id.0, &whose.index, id));
        let may_link = plan.purposes.has(Purpose::LINK_DEVICES);
        let earliest = raw.earliest(&self.limits);
        Judged::Admitted(Box::new(Admitted {
            event: raw.name.into(),
            whose,
            link: other.filter(|_| may_link),
            others,
            act,
            time: raw.time,
            happened,
            earliest,
            received: raw.received,
            sequence: raw.sequence,
            source: source.id,
            session: raw.session.as_deref().map_or(0, |session| blinder.session(session)),
            purposes: plan.purposes,
            duplicate,
            plan,
            taken,
        }))
    }

    /// What an event is judged by that happened at the first instant and is judged at the second.
    #[must_use]
    pub fn terms<'a>(&'a self, source: &'a Source, instants: (Time, Time)) -> Terms<'a> {
        Terms::at(&self.catalogue, &self.law, source, instants)
    }

    /// The compiled plan for a verdict's key, from the cache when it is there.
    pub fn plan(&self, key: VerdictKey, terms: Terms<'_>) -> Arc<AdmissionPlan> {
        cached(&self.plans, key, || plan::compile(terms, &self.footing(key, terms), key))
    }

    /// The plan that the rules of now make of a verdict that was given before.
    pub fn plan_again(&self, key: &VerdictKey, source: &Source, now: Time) -> Arc<AdmissionPlan> {
        let terms = self.terms(source, (now, now));
        let said = terms.key((key.yes, key.no), key.global_privacy_control);
        // Of a key that stands for all that was said both sides count, though they overlap.
        self.plan(VerdictKey { age: key.age, yes: key.yes, ..said }, terms)
    }

    /// What each purpose rests on, whatever was said.
    pub fn footing(&self, key: VerdictKey, terms: Terms<'_>) -> Arc<Footing> {
        cached(&self.footings, (key.source, key.version, key.age), || Footing::find(terms, key.age))
    }

    fn check_name(&self, raw: &Raw<'_>) -> Result<(), Invalid> {
        let name = raw.name.trim();
        let problem = if name.is_empty() {
            ("event-name-missing", "the event has no name: send one".to_owned())
        } else if name.chars().count() > self.limits.name_chars {
            let limit = self.limits.name_chars;
            (
                "event-name-too-long",
                format!("the name has more than {limit} characters: send a shorter one"),
            )
        } else if like_identifier(name) {
            let problem =
                "the name looks like an address, a number or a token: put that in a property";
            ("event-name-identifies", problem.to_owned())
        } else {
            return self.check_message(raw);
        };
        let (code, problem) = problem;
        Err(Invalid { code, pointer: "/event".to_owned(), problem })
    }

    fn check_message(&self, raw: &Raw<'_>) -> Result<(), Invalid> {
        let limit = self.limits.message_chars;
        match raw.message.as_deref() {
            Some(id) if id.chars().count() > limit => Err(Invalid {
                code: "message-id-too-long",
                pointer: "/messageId".to_owned(),
                problem: format!(
                    "the event's id has more than {limit} characters: send a shorter one"
                ),
            }),
            Some(_) | None => Ok(()),
        }
    }

    /// The id that the row holds, and the one that it links with, if it links two.
    fn ids<'r>(
        &self,
        raw: &'r Raw<'_>,
        key: KeyKind,
    ) -> Result<(Whose<'r>, Option<Whose<'r>>), Invalid> {
        // The other id of an alias is the one from before the person was known.
        let previous = raw.previous.as_deref().filter(|_| raw.kind == Kind::Alias);
        let named = [raw.user.as_deref(), raw.device.as_deref(), previous];
        if named.iter().flatten().any(|id| id.chars().count() > self.limits.identifier_chars) {
            let limit = self.limits.identifier_chars;
            let problem = format!("an id has more than {limit} characters: send a shorter one");
            return Err(Invalid {
                code: "identifier-too-long",
                pointer: "/userId".to_owned(),
                problem,
            });
        }
        let good = |id: &&str| !self.catalogue.is_bad_identifier(id);
        let user = raw.user.as_deref().filter(good).map(|id| (Subject::User, id));
        let device = previous.filter(good).or(raw.device.as_deref().filter(good));
        let device = device.map(|id| (Subject::Device, id));
        // On a site the device is the leaf and the user only links; a server speaks of its user.
        let (first, second) = match key {
            KeyKind::Site => (device, user),
            KeyKind::Server => (user, device),
        };
        let links = matches!(raw.kind, Kind::Identify | Kind::Alias);
        match (first, second) {
            (Some(whose), other) => Ok((whose, other.filter(|_| links))),
            (None, Some(whose)) => Ok((whose, None)),
            (None, None) => Err(Invalid {
                code: "identifier-missing",
                pointer: "/userId".to_owned(),
                problem: "the event names nobody: send `userId` or `anonymousId`, and a real one"
                    .to_owned(),
            }),
        }
    }

    /// Every id that the event names beside the one that its row holds.
    fn others(&self, raw: &Raw<'_>, whose: &Blinded, blinder: &Blinder) -> Vec<Index> {
        let (user, device) = (raw.user.as_deref(), raw.device.as_deref());
        let previous = raw.previous.as_deref();
        // What an alias leaves behind may have been a visitor's id or a user's.
        let named = [
            (Subject::User, user),
            (Subject::Device, device),
            (Subject::Device, previous),
            (Subject::User, previous),
        ];
        let good = |id: &&str| !self.catalogue.is_bad_identifier(id);
        let named = named.into_iter().filter_map(|(subject, id)| Some((subject, id.filter(good)?)));
        let others =
            named.filter(|(subject, id)| *subject != whose.subject || **id != *whose.clear.0);
        others.map(|(subject, id)| blinder.index(subject, id)).collect()
    }

    /// What the event says about consent, yes and no, as far as its key may say it.
    fn said(&self, raw: &Raw<'_>, key: KeyKind, whose: Subject) -> (Purposes, Purposes) {
        let (mut yes, mut no) = (Purposes::NONE, Purposes::NONE);
        for (name, is_yes) in &raw.choices {
            let purposes = self.catalogue.choice(name);
            if *is_yes { yes = yes | purposes } else { no = no | purposes }
        }
        if raw.choices.iter().any(|(name, is_yes)| name == REST && !is_yes) {
            no = no | Purposes::ALL.without(yes);
        }
        let may_widen = match (key, whose) {
            (KeyKind::Server, Subject::User | Subject::Device)
            | (KeyKind::Site, Subject::Device) => true,
            (KeyKind::Site, Subject::User) => false,
        };
        // A yes from nobody knows when may be older than any no.
        let may_widen = may_widen && raw.dated != Dated::Doubted;
        (if may_widen { yes.without(no) } else { Purposes::NONE }, no)
    }
}

/// The plan for what somebody said, where a yes that is not explicit is none if it has to be.
pub(super) fn explicitly<P: Borrow<AdmissionPlan>>(
    (yes, no): (Purposes, Purposes),
    explicit: Purposes,
    plan: impl Fn((Purposes, Purposes)) -> P,
) -> P {
    let first = plan((yes, no));
    let unproved = first.borrow().explicit.without(explicit);
    if unproved.is_empty() { first } else { plan((yes.without(unproved), no)) }
}

/// The act that something said comes to, and the statement where it is told for itself.
///
/// INVARIANT(protective): a yes that nobody gave by a clear act opens nothing; a no always counts.
fn heard(
    raw: &Raw<'_>,
    source: &Source,
    (yes, no): (Purposes, Purposes),
) -> (Option<Act>, Option<Box<Statement>>) {
    // A choice from the future would hold back a no, so it counts from now at the latest.
    let time = raw.time.min(raw.received);
    let told = raw.told.as_deref();
    let manner = told.and_then(|told| told.manner).unwrap_or(source.asks);
    let opened = if manner.opens() { yes } else { Purposes::NONE };
    let act = Act { time, yes: opened, no };
    let statement = told.filter(|_| !(yes.is_empty() && no.is_empty())).map(|told| {
        let (heard, source, notice) = (raw.received, source.id, told.notice.clone());
        Box::new(Statement { time, heard, source, yes, no, manner, notice })
    });
    ((!(opened.is_empty() && no.is_empty())).then_some(act), statement)
}

/// A value from a cache, made when it is not there.
fn cached<K: Eq + Hash, V>(
    cache: &RwLock<HashMap<K, Arc<V>>>,
    key: K,
    make: impl FnOnce() -> V,
) -> Arc<V> {
    // A poisoned lock holds whole values all the same: each is put in at once.
    if let Some(value) = cache.read().unwrap_or_else(PoisonError::into_inner).get(&key) {
        return Arc::clone(value);
    }
    let value = Arc::new(make());
    let mut cache = cache.write().unwrap_or_else(PoisonError::into_inner);
    if cache.len() >= Gate::PLANS_MAX {
        cache.clear();
    }
    cache.insert(key, Arc::clone(&value));
    value
}

/// A good external id and what it names.
type Whose<'r> = (Subject, &'r str);

impl std::fmt::Debug for Gate {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Gate")
            .field("catalogue", &self.catalogue.version())
            .finish_non_exhaustive()
    }
}
