//! The saved cohorts as questions name them, and who is on the lists among them.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use life::admit::Subject;
use life::know::saved::Saveable as _;
use life::know::saved::cohort::{CohortRule, SavedCohort};
use life::know::{Cohort, Cohorted};
use vocabulary::Leaf;

use super::App;
use super::saved::failed;
use crate::problem::Problem;

impl App {
    /// Every saved cohort by its name.
    ///
    /// A list holds leaves; whose they are is looked up now, and who is hidden is on none.
    pub(super) async fn cohorts(&self) -> Result<BTreeMap<String, Cohorted>, Problem> {
        let held = self.inner().vault.every_saved(SavedCohort::KIND).await.map_err(failed)?;
        let mut cohorts = BTreeMap::new();
        for one in held {
            let saved: SavedCohort =
                serde_json::from_str(&one.body).map_err(|error| Problem::internal(&error))?;
            let cohorted = match saved.rule {
                CohortRule::Question { question } => {
                    // It was read once when it was saved; one that no longer can be names nobody.
                    let Ok(rule) = serde_json::from_value::<Cohort>(question) else { continue };
                    Cohorted::Rule(Box::new(rule))
                }
                CohortRule::List {} => {
                    let leaves = listed(one.state.as_deref())?;
                    Cohorted::List(self.region().truth(|truth| {
                        let seen = leaves.iter().filter(|leaf| !truth.hidden().contains(leaf));
                        seen.map(|leaf| truth.identity.person(*leaf)).collect()
                    }))
                }
            };
            cohorts.insert(saved.name, cohorted);
        }
        Ok(cohorts)
    }

    /// Lists these people in a cohort instead of those who were. Whoever never sent anything is
    /// passed over in silence: who is known is no answer that is owed.
    pub async fn list_cohort(&self, id: &str, ids: &[(Subject, String)]) -> Result<(), Problem> {
        self.saved::<SavedCohort>(id).await?;
        let indexes = ids.iter().map(|(subject, id)| self.blinder().index(*subject, id));
        let indexes: Vec<_> = indexes.collect();
        let leaves: BTreeSet<u64> = self.region().truth(|truth| {
            indexes.iter().filter_map(|index| Some(truth.identity.leaf(index)?.0)).collect()
        });
        self.note_list(id, &leaves).await
    }

    /// Takes people who are forgotten off every list.
    pub(super) async fn unlist(&self, gone: &HashSet<Leaf>) -> Result<(), Problem> {
        let held = self.inner().vault.every_saved(SavedCohort::KIND).await.map_err(failed)?;
        for one in held {
            let leaves = listed(one.state.as_deref())?;
            let stays = leaves.iter().filter(|leaf| !gone.contains(leaf)).map(|leaf| leaf.0);
            let stays: BTreeSet<u64> = stays.collect();
            if stays.len() < leaves.len() {
                self.note_list(&one.id, &stays).await?;
            }
        }
        Ok(())
    }

    async fn note_list(&self, id: &str, leaves: &BTreeSet<u64>) -> Result<(), Problem> {
        let state = serde_json::to_string(leaves).map_err(|error| Problem::internal(&error))?;
        self.inner().vault.note_saved(SavedCohort::KIND, id, &state).await.map_err(failed)
    }
}

/// The leaves on a list.
fn listed(state: Option<&str>) -> Result<Vec<Leaf>, Problem> {
    let leaves: Vec<u64> = match state {
        None => Vec::new(),
        Some(text) => serde_json::from_str(text).map_err(|error| Problem::internal(&error))?,
    };
    Ok(leaves.into_iter().map(Leaf).collect())
}
