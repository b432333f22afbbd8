//! erase: a person is forgotten, as a plan that is carried out.

use life::erase::Plan;
use life::keep::Draft;
use vocabulary::{Class, Digest, Fact};

use super::stage::{Stage, Taken, equal, told};

impl Stage {
    /// Forgets the person of an id; classes that a duty needs are held back, as in `holding duty`.
    pub(super) fn forget(&mut self, subject: &str, id: &str, held: &[&str]) -> Taken {
        let held = match *held {
            [] => Vec::new(),
            ["holding", ref names @ ..] => {
                names.iter().map(|name| class(name)).collect::<Result<Vec<_>, _>>()?
            }
            _ => return Err(format!("`{}` is no way to forget", held.join(" "))),
        };
        let person = self.truth.identity.person(self.leaf(subject, id)?);
        let plan = Plan::of(&self.truth.identity, person, &held);
        Draft::new(&mut self.truth, &self.limits).erase(plan.leaves.clone(), self.now);
        let erasure = format!("e{}", self.book.facts.len());
        let salted = format!("{erasure}/{}", person.0);
        let blind = self.blinder.index(life::admit::Subject::User, &salted);
        let person = Digest(blind.0.iter().map(|byte| format!("{byte:02x}")).collect());
        let keys = u32::try_from(plan.graves().count()).expect("a scenario has few keys");
        self.book.note(&Fact::Forgotten { at: self.now, erasure, person, keys })?;
        self.erasure = Some(plan);
        Ok(())
    }

    /// What the last erasure takes, and whether anybody is still there.
    pub(super) fn expect_erased(&self, words: &[&str]) -> Option<Taken> {
        let plan = || self.erasure.as_ref().ok_or_else(|| "nobody was forgotten yet".to_owned());
        let taken = match *words {
            ["nobody", subject, id] => {
                let found = self.leaf(subject, id).is_ok();
                told(!found, || format!("expected nobody to be {subject} {id}, but somebody is"))
            }
            ["leaves", number] => {
                plan().and_then(|plan| equal("leaves", number, &plan.leaves.len().to_string()))
            }
            ["destroyed", ref names @ ..] => plan().and_then(|plan| {
                let found: Vec<String> = plan.classes.iter().map(name).collect();
                equal("destroyed", &names.join(" "), &found.join(" "))
            }),
            ["graves", number] => {
                plan().and_then(|plan| equal("graves", number, &plan.graves().count().to_string()))
            }
            _ => return None,
        };
        Some(taken)
    }
}

fn name(class: &Class) -> String {
    format!("{class:?}").to_lowercase()
}

fn class(word: &str) -> Result<Class, String> {
    let found = Class::EVERY.into_iter().find(|class| name(class) == word);
    found.ok_or_else(|| format!("`{word}` is no class of keys"))
}
