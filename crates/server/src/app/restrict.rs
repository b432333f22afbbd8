//! Restricting the use of what is known of somebody: it is kept, and serves a legal duty alone
//! until that is lifted.

use life::admit::Actor;
use vocabulary::{Digest, Fact, Leaf};

use super::App;
use super::reading::Whose;
use crate::http::erase::restrict::Restriction;
use crate::problem::Problem;

impl App {
    /// Restricts a person's data, or lifts that; durable when it answers. What is linked to the
    /// person later is restricted with the rest.
    pub async fn restrict(
        &self,
        actor: &Actor,
        whose: &Whose,
        is_lifted: bool,
    ) -> Result<Restriction, Problem> {
        // An erasure must not find a person half restricted.
        let _one = self.inner().erasing.lock().await;
        let (person, _) = self.find(whose)?;
        let at = self.now();
        let since = self.region().truth(|truth| truth.restricted_since(person));
        let wanted = if is_lifted { None } else { since.or(Some(at)) };
        if since != wanted {
            let keeper = self.keeper().map_err(|error| Problem::unavailable(&error))?;
            let done = keeper.restrict(Leaf(person.0), wanted).await;
            done.map_err(|error| Problem::unavailable(&error))?;
            let digest = Digest(self.commitment(&[person], &at.to_string()));
            let fact =
                Fact::Restricted { at, actor: actor.0.clone(), person: digest, lifted: is_lifted };
            self.record(&[fact]).await.map_err(|error| Problem::internal(&error))?;
        }
        Ok(Restriction { person: format!("p{}", person.0), restricted_since: wanted })
    }
}
