//! The saved cohorts as questions name them, and who is on the lists among them.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use axum::http::StatusCode;
use life::admit::Subject;
use life::know::saved::cohort::{self, CohortRule, SavedCohort};
use life::know::saved::{Alert, Dashboard, Question, Saveable as _};
use life::know::{Cohort, Cohorted};
use serde_json::Value;
use vocabulary::Leaf;

use super::App;
use super::saved::{Keepsake, failed};
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
        self.note_over::<SavedCohort>(id, |_| state.clone()).await.map_err(failed)
    }

    /// Refuses a cohort's question that would lead back to itself under this name: whoever asks
    /// with it later would be refused for good.
    pub(super) async fn leads_nowhere_back(
        &self,
        pointer: &str,
        name: &str,
        question: &Value,
    ) -> Result<(), Problem> {
        let Ok(cohort) = serde_json::from_value::<Cohort>(question.clone()) else { return Ok(()) };
        let mut faults = self.resolve(|setting| Ok(cohort.nested(name, setting))).await?;
        for fault in &mut faults.0 {
            fault.pointer = format!("{pointer}{}", fault.pointer);
        }
        if faults.0.is_empty() { Ok(()) } else { Err(faults.into()) }
    }

    /// Refuses to take away what questions name, or to give it another name than it will have.
    pub(super) async fn unnamed<T: Keepsake>(
        &self,
        id: &str,
        will_be: Option<&str>,
    ) -> Result<(), Problem> {
        if !T::IS_UNIQUE {
            return Ok(());
        }
        let held = self.inner().vault.saved(T::KIND, id).await.map_err(failed)?;
        if will_be == Some(held.name.as_str()) {
            return Ok(());
        }
        let mut who = self.naming::<SavedCohort>(&held.name, id).await?;
        who.extend(self.naming::<Question>(&held.name, id).await?);
        who.extend(self.naming::<Dashboard>(&held.name, id).await?);
        who.extend(self.naming::<Alert>(&held.name, id).await?);
        if who.is_empty() {
            return Ok(());
        }
        let detail = format!("it is named by {}: take it out there first", who.join(", "));
        Err(Problem::new(StatusCode::CONFLICT, "cohort-named", detail))
    }

    /// Those of a kind whose questions name a cohort, but the cohort itself.
    async fn naming<T: Keepsake>(&self, name: &str, id: &str) -> Result<Vec<String>, Problem> {
        let mut every = self.every_saved::<T>().await?;
        every.retain(|one| {
            let posed = one.saved.posed();
            one.id != id && posed.iter().any(|(_, _, question)| cohort::names(question, name))
        });
        Ok(every.iter().map(|one| format!("the {} `{}`", T::KIND, one.saved.name())).collect())
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
