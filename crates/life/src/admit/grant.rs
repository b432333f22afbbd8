//! Grants: nothing leaves without one. A grant is for one purpose, one actor, one verb, and runs
//! out.
//!
//! A grant is asked for, and then it can be shown:
//!
//! ```
//! use life::admit::{Authority, Catalogue, Grant, Verb};
//! fn ask(catalogue: &Catalogue, authority: &Authority, now: vocabulary::Time) -> Option<Grant> {
//!     Grant::issue(catalogue, authority, vocabulary::Purpose::MEASURE, Verb::Ask, now).ok()
//! }
//! ```
//! It cannot be put together or changed elsewhere, copied, or read back from storage:
//!
//! ```compile_fail,E0451
//! fn forge(grant: life::admit::Grant) -> life::admit::Grant {
//!     life::admit::Grant { purpose: vocabulary::Purpose::SELL, ..grant }
//! }
//! ```
//! ```compile_fail,E0616
//! fn widen(grant: &mut life::admit::Grant) { grant.purpose = vocabulary::Purpose::SELL; }
//! ```
//! ```compile_fail,E0599
//! fn twice(grant: life::admit::Grant) -> [life::admit::Grant; 2] { [grant.clone(), grant] }
//! ```
//! ```compile_fail,E0277
//! fn read(text: &str) -> life::admit::Grant { serde_json::from_str(text).unwrap() }
//! ```

use serde::{Deserialize, Serialize};
use vocabulary::{Categories, Purpose, Purposes, Refusal, Span, Time};

use super::catalogue::Catalogue;

/// What is done with data under a grant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verb {
    /// A question whose answer is numbers.
    Ask,
    /// Rows of people are shown.
    Read,
    /// A person's data is handed out.
    Export,
}

impl Verb {
    /// The stable word of this verb.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Verb::Ask => "ask",
            Verb::Read => "read",
            Verb::Export => "export",
        }
    }
}

/// Who acts: an opaque id. Names live in the vault.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Actor(pub String);

/// What an actor may do at all, as decided by the server's access rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authority {
    pub actor: Actor,
    pub purposes: Purposes,
    pub verbs: Vec<Verb>,
    pub categories: Categories,
    pub until: Time,
}

/// The permission for one use of people's data.
///
/// INVARIANT(gate): private fields; `Grant::issue` is the only maker; neither `Clone` nor
/// deserialisable.
#[derive(Debug)]
pub struct Grant {
    purpose: Purpose,
    actor: Actor,
    verb: Verb,
    categories: Categories,
    until: Time,
}

impl Grant {
    /// How long a grant holds when the authority does not end earlier.
    const LIFE: Span = Span::HOUR;

    /// Judges the request of an actor and issues the grant, or says why not.
    ///
    /// It covers the categories that the actor may see and that the purpose may read.
    pub fn issue(
        catalogue: &Catalogue,
        authority: &Authority,
        purpose: Purpose,
        verb: Verb,
        now: Time,
    ) -> Result<Grant, Refusal> {
        if authority.until <= now {
            return Err(Refusal::Expired);
        }
        if !authority.purposes.has(purpose) || !authority.verbs.contains(&verb) {
            return Err(Refusal::ActorNotAllowed);
        }
        Ok(Grant {
            purpose,
            actor: authority.actor.clone(),
            verb,
            categories: Categories(authority.categories.0 & catalogue.readable_for(purpose).0),
            until: authority.until.min(now + Self::LIFE),
        })
    }

    #[must_use]
    pub fn purpose(&self) -> Purpose {
        self.purpose
    }

    #[must_use]
    pub fn actor(&self) -> &Actor {
        &self.actor
    }

    #[must_use]
    pub fn verb(&self) -> Verb {
        self.verb
    }

    #[must_use]
    pub fn categories(&self) -> Categories {
        self.categories
    }

    /// Whether the grant still holds.
    #[must_use]
    pub fn holds(&self, now: Time) -> bool {
        now < self.until
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grant_covers_what_actor_and_purpose_have_in_common_and_runs_out() {
        let catalogue = Catalogue::shipped().unwrap();
        let authority = |until| Authority {
            actor: Actor("local".to_owned()),
            purposes: Purposes::only(Purpose::ANALYSE),
            verbs: vec![Verb::Ask],
            categories: Categories::ALL,
            until,
        };
        let ask = |until, purpose, verb| {
            Grant::issue(&catalogue, &authority(Time(until)), purpose, verb, Time(10))
        };
        let grant = ask(20, Purpose::ANALYSE, Verb::Ask).unwrap();
        assert!(grant.holds(Time(19)));
        assert!(!grant.holds(Time(20)));
        let email = catalogue.property("traits.email").unwrap().category;
        let country = catalogue.property("country").unwrap().category;
        assert!(grant.categories().has(country));
        assert!(!grant.categories().has(email));
        let long = ask(i64::MAX, Purpose::ANALYSE, Verb::Ask).unwrap();
        assert!(!long.holds(Time(10) + Span::HOUR));
        assert_eq!(ask(10, Purpose::ANALYSE, Verb::Ask).unwrap_err(), Refusal::Expired);
        assert_eq!(ask(20, Purpose::SELL, Verb::Ask).unwrap_err(), Refusal::ActorNotAllowed);
        assert_eq!(ask(20, Purpose::ANALYSE, Verb::Export).unwrap_err(), Refusal::ActorNotAllowed);
    }
}
