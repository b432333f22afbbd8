//! Undoing a link. What was recorded of a person's choices stays with each id.

use axum::http::StatusCode;
use life::admit::Subject;
use vocabulary::{Leaf, Person};

use super::App;
use crate::http::keep::unlink::{UnlinkRequest, Unlinked};
use crate::problem::Problem;

impl App {
    /// Takes an id out of its person; durable when it answers, and goes on to its end when whoever
    /// asked goes away.
    pub async fn unlink(&self, wanted: UnlinkRequest) -> Result<Unlinked, Problem> {
        let app = self.clone();
        let unlinking = tokio::spawn(async move { app.unlink_now(wanted).await });
        unlinking.await.map_err(|error| Problem::internal(&error))?
    }

    async fn unlink_now(&self, wanted: UnlinkRequest) -> Result<Unlinked, Problem> {
        let (subject, id) = match (wanted.user_id, wanted.device_id) {
            (Some(id), None) => (Subject::User, id),
            (None, Some(id)) => (Subject::Device, id),
            (Some(_), Some(_)) | (None, None) => {
                let detail = "name the id by exactly one of `user_id` and `device_id`";
                let problem = Problem::new(StatusCode::BAD_REQUEST, "person-unclear", detail);
                return Err(problem.at("/user_id"));
            }
        };
        // An erasure must not find a person half apart.
        let _one = self.inner().erasing.lock().await;
        let index = self.blinder().index(subject, &id);
        let (leaf, person, others) = self
            .region()
            .truth(|truth| {
                let leaf = truth.identity.leaf(&index)?;
                let person = truth.identity.person(leaf);
                let others = truth.identity.others_of(person, leaf).copied().collect();
                (!truth.hidden().contains(&leaf)).then_some((leaf, person, others))
            })
            .ok_or_else(|| Problem::not_found("person"))?;
        let others: Vec<Leaf> = others;
        let Some(oldest) = others.iter().min().copied() else {
            let detail = "nothing is linked to this id: there is nothing to undo";
            return Err(Problem::new(StatusCode::CONFLICT, "not-linked", detail));
        };
        // A person bears the name of the oldest id. Where that one is to go, the others leave it.
        let leaving = if person == Person::from(leaf) { others } else { vec![leaf] };
        let keeper = self.keeper().map_err(|error| Problem::unavailable(&error))?;
        keeper.unlink(leaving).await.map_err(|error| Problem::unavailable(&error))?;
        let name = |leaf: Leaf| format!("p{}", Person::from(leaf).0);
        Ok(Unlinked { person: name(leaf), others: name(oldest) })
    }
}
