//! Forgetting: planned, invisible, keys destroyed here and now; the files are written anew by a
//! job.

use std::collections::HashSet;

use life::admit::Actor;
use life::erase::Plan;
use life::know::saved::{Alert, Saveable as _};
use vault::VaultError;
use vault::erase::{Buried, Erasure, ErasureState, Progress, Tombstone};
use vocabulary::{Digest, Fact, Leaf, Person};

use super::App;
use super::reading::Whose;
use crate::http::erase::forget::ErasureView;
use crate::job::alerts::{standing, written};
use crate::problem::Problem;

impl App {
    /// Makes a person invisible and destroys the keys. Everything here is durable when it answers,
    /// and goes on to its end when whoever asked goes away.
    pub async fn forget(&self, actor: &Actor, whose: &Whose) -> Result<ErasureView, Problem> {
        let (app, actor, whose) = (self.clone(), actor.clone(), whose.clone());
        let forgetting = tokio::spawn(async move { app.forget_now(&actor, &whose).await });
        forgetting.await.map_err(|error| Problem::internal(&error))?
    }

    async fn forget_now(&self, actor: &Actor, whose: &Whose) -> Result<ErasureView, Problem> {
        // The job takes up what is not carried out yet: it must not find this one half way.
        let _one = self.inner().erasing.lock().await;
        let (person, _) = self.find(whose)?;
        let plan = self.region().truth(|truth| Plan::of(&truth.identity, person, &[]));
        let vault = &self.inner().vault;
        let now = self.now();
        let planned = vault.plan_erasure(&actor.0, &plan.leaves, &[], now).await.map_err(failed)?;
        // The tombstones come first: a stop from here on ends in forgetting, never in remembering.
        let act = Buried::Erasure;
        let tombstones = plan.graves().map(|(leaf, class)| Tombstone {
            region: leaf.region(),
            leaf,
            class,
            act,
            at: now,
        });
        let tombstones: Vec<Tombstone> = tombstones.collect();
        vault.bury(&tombstones).await.map_err(failed)?;
        let keeper = self.keeper().map_err(|error| Problem::unavailable(&error))?;
        keeper
            .erase(plan.leaves.clone(), now)
            .await
            .map_err(|error| Problem::unavailable(&error))?;
        let gone: HashSet<Leaf> = plan.leaves.iter().copied().collect();
        self.streams().rows.retain(|row| !gone.contains(&row.leaf));
        self.unlist(&gone).await?;
        let progress = Progress::default();
        vault
            .advance_erasure(&planned.id, ErasureState::Invisible, &progress, &[], now)
            .await
            .map_err(failed)?;
        let erasure = self.destroy_keys(&planned).await.map_err(failed)?;
        self.inner().jobs.wake_erase();
        Ok(view(&erasure))
    }

    /// Destroys the keys of every name under which rows of the person may be sealed.
    pub(crate) async fn destroy_keys(&self, erasure: &Erasure) -> Result<Erasure, VaultError> {
        self.forget_looks().await?;
        let vault = &self.inner().vault;
        let persons = Plan::for_leaves(erasure.leaves.clone(), &[]).persons();
        let destroyed = vault.custody().destroy_persons(&persons, &[]).await?;
        let keys = u32::try_from(destroyed.len()).unwrap_or(u32::MAX);
        let at = self.now();
        let fact = Fact::Forgotten {
            at,
            erasure: erasure.id.clone(),
            person: Digest(self.commitment(&persons, &erasure.id)),
            keys,
        };
        let progress = Progress { keys_destroyed: keys, ..Progress::default() };
        let state = ErasureState::KeysDestroyed;
        let erasure = vault.advance_erasure(&erasure.id, state, &progress, &[fact], at).await?;
        self.inner().jobs.wake_ledger();
        Ok(erasure)
    }

    /// Forgets every number that alerts have found: each may count somebody who is forgotten now.
    ///
    /// A look that still goes on over what was there before is not noted: its alert was noted anew.
    async fn forget_looks(&self) -> Result<(), VaultError> {
        let vault = &self.inner().vault;
        for alert in vault.every_saved(Alert::KIND).await? {
            let forgot = |held: &vault::Saved| {
                let mut standing = standing(held);
                standing.forget();
                written(&standing)
            };
            self.note_over::<Alert>(&alert.id, forgot).await?;
        }
        vault.shred_notes().await
    }

    /// A commitment to a person that only somebody with the erasure's id and the installation's key
    /// can open.
    pub(super) fn commitment(&self, persons: &[Person], salt: &str) -> String {
        let oldest = persons.iter().min().map_or(0, |person| person.0);
        let text = format!("{salt}/{oldest}");
        hex::encode(self.blinder().index(life::admit::Subject::User, &text).0)
    }

    /// Every erasure, newest first.
    pub async fn erasures(&self) -> Result<Vec<ErasureView>, Problem> {
        let limit = u32::try_from(self.limits().page_rows).unwrap_or(u32::MAX);
        let erasures = self.inner().vault.erasures(limit).await.map_err(failed)?;
        Ok(erasures.iter().map(view).collect())
    }
}

fn view(erasure: &Erasure) -> ErasureView {
    ErasureView {
        erasure: erasure.id.clone(),
        state: erasure.state.code().to_owned(),
        asked: erasure.requested.to_string(),
        leaves: erasure.leaves.len() as u64,
        keys_destroyed: u64::from(erasure.keys_destroyed),
        files_to_rewrite: erasure.files.len() as u64,
        rows_removed: erasure.rows_removed,
    }
}

fn failed(error: VaultError) -> Problem {
    Problem::internal(&error)
}
