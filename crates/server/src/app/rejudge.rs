//! What is stored is judged again whenever the rules change: at each start, as catalogue, sources
//! or law may be others, and when a rule begins or ends to hold.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use life::admit::{AdmissionPlan, Basis, Gate, Source, VerdictKey};
use life::keep::truth::Narrowed;
use vocabulary::{Fact, Purposes, SourceId, Time};

use super::App;

/// Rules that verdicts can be judged by: a gate, and the sources that it knows.
#[derive(Debug)]
pub struct Ruled<'a> {
    pub gate: &'a Gate,
    pub sources: HashMap<SourceId, Arc<Source>>,
    pub at: Time,
}

impl Ruled<'_> {
    fn plan(&self, key: &VerdictKey) -> Option<Arc<AdmissionPlan>> {
        let source = self.sources.get(&key.source)?;
        Some(self.gate.plan_again(key, source, self.at))
    }
}

impl App {
    /// The rules in force, as they will be at an instant.
    #[must_use]
    pub fn ruled(&self, at: Time) -> Ruled<'_> {
        let sources = self.sources().map(|source| (source.id, Arc::clone(source))).collect();
        Ruled { gate: self.gate(), sources, at }
    }

    /// What rules leave closed of all that was ever admitted.
    #[must_use]
    pub fn effect(&self, rules: &Ruled<'_>) -> BTreeMap<SourceId, Narrowed> {
        self.region().truth(|truth| truth.effect(&|key| rules.plan(key)))
    }

    /// Judges what is stored again by the rules of now. Every question that starts later sees it,
    /// and those that run stop where it has narrowed.
    pub async fn rejudge(&self) -> Result<(), vault::VaultError> {
        let at = self.now();
        self.tell_of_bases(at);
        let rules = self.ruled(at);
        let narrowed = self.region().rejudge(&|key| rules.plan(key));
        let law = hex::encode(self.gate().law().digest());
        let mut facts = Vec::new();
        for (source, one) in narrowed.into_iter().filter(|(_, one)| !one.closed.is_empty()) {
            let name = self.source_name(source);
            let closed = self.purpose_names(one.closed).join(", ");
            tracing::warn!(
                source = name,
                closed,
                verdicts = one.verdicts_narrowed,
                "the rules of now close purposes of what is stored; `candor law effect` shows which"
            );
            let purposes = one.closed.iter().collect();
            facts.push(Fact::Rejudged { at, source, purposes, law: law.clone() });
        }
        self.record(&facts).await
    }

    /// Warns of bases that a source declares and no law lets hold there: the purpose rests on
    /// consent instead, or is closed.
    fn tell_of_bases(&self, at: Time) {
        for source in self.sources() {
            let terms = self.gate().terms(source, (at, at));
            let nothing = (Purposes::NONE, Purposes::NONE);
            let footing = self.gate().footing(terms.key(nothing, false), terms);
            for (purpose, declared) in &source.bases {
                let ground = footing.of(*purpose);
                if ground.basis == Some(*declared) {
                    continue;
                }
                tracing::warn!(
                    source = source.name,
                    purpose = self.catalogue().purpose_name(*purpose).unwrap_or_default(),
                    declared = declared.code(),
                    rests_on = ground.basis.map_or("nothing", Basis::code),
                    rules = ground.rules.join(", "),
                    "a declared basis does not hold here; `candor law show` tells a rule"
                );
            }
        }
    }
}
