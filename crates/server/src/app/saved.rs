//! What people have saved: made, changed and removed here, the same way for every kind.

use axum::http::StatusCode;
use life::admit::Actor;
use life::know::saved::{Complaints, Saveable, reach};
use serde::Serialize;
use serde::de::DeserializeOwned;
use utoipa::ToSchema;
use vault::{Text, VaultError};

use super::App;
use crate::http::know::query;
use crate::problem::{FieldProblem, Problem};

/// Something saved, with its history.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Saved<T> {
    pub id: String,
    /// Grows with each change; `?version=` of a change names the one that it replaces.
    pub version: u32,
    pub created: String,
    pub changed: String,
    /// Who saved it first.
    pub by: String,
    #[serde(flatten)]
    pub saved: T,
}

/// What can be saved and read back.
pub trait Keepsake: Saveable + Serialize + DeserializeOwned + Send + Sync {}

impl<T: Saveable + Serialize + DeserializeOwned + Send + Sync> Keepsake for T {}

impl App {
    /// Saves something new.
    pub async fn save<T: Keepsake>(&self, by: &Actor, thing: &T) -> Result<Saved<T>, Problem> {
        check(self, thing).await?;
        self.own_name(thing, None).await?;
        let body = to_text(thing)?;
        let text = Text { kind: T::KIND, name: thing.name(), body: &body };
        let max = self.limits().saved;
        read(self.inner().vault.save(text, by, max, self.now()).await.map_err(failed)?)
    }

    /// Replaces something saved.
    pub async fn change<T: Keepsake>(
        &self,
        id: &str,
        version: Option<u32>,
        thing: &T,
    ) -> Result<Saved<T>, Problem> {
        check(self, thing).await?;
        self.own_name(thing, Some(id)).await?;
        self.unnamed::<T>(id, Some(thing.name())).await?;
        let body = to_text(thing)?;
        let text = Text { kind: T::KIND, name: thing.name(), body: &body };
        let changed = self.inner().vault.change_saved(id, text, version, self.now()).await;
        read(changed.map_err(failed)?)
    }

    /// Refuses a name that another of its kind has, where questions go by names.
    async fn own_name<T: Keepsake>(&self, thing: &T, id: Option<&str>) -> Result<(), Problem> {
        if !T::IS_UNIQUE {
            return Ok(());
        }
        let every = self.inner().vault.every_saved(T::KIND).await.map_err(failed)?;
        let is_taken = |one: &vault::Saved| one.name == thing.name() && Some(&*one.id) != id;
        if !every.iter().any(is_taken) {
            return Ok(());
        }
        let detail = format!("another {} has this name: give it one of its own", T::KIND);
        Err(Problem::new(StatusCode::CONFLICT, "saved-name-taken", detail).at("/name"))
    }

    /// Something saved.
    pub async fn saved<T: Keepsake>(&self, id: &str) -> Result<Saved<T>, Problem> {
        read(self.inner().vault.saved(T::KIND, id).await.map_err(failed)?)
    }

    /// Everything saved of a kind, by name.
    pub async fn every_saved<T: Keepsake>(&self) -> Result<Vec<Saved<T>>, Problem> {
        let every = self.inner().vault.every_saved(T::KIND).await.map_err(failed)?;
        every.into_iter().map(read).collect()
    }

    /// Takes something away, unless questions name it.
    pub async fn remove_saved<T: Keepsake>(&self, id: &str) -> Result<(), Problem> {
        self.unnamed::<T>(id, None).await?;
        self.inner().vault.remove_saved(T::KIND, id).await.map_err(failed)
    }
}

impl App {
    /// Notes the program's own state beside something, over whatever it is by then. What was
    /// removed meanwhile is passed over.
    pub(crate) async fn note_over<T: Saveable>(
        &self,
        id: &str,
        state: impl Fn(&vault::Saved) -> String,
    ) -> Result<(), VaultError> {
        let vault = &self.inner().vault;
        loop {
            let held = match vault.saved(T::KIND, id).await {
                Err(VaultError::NotFound { .. }) => return Ok(()),
                held => held?,
            };
            if vault.note_saved(T::KIND, &held, &state(&held)).await?.is_some() {
                return Ok(());
            }
        }
    }
}

/// Refuses what is wrong with something before it is saved. The names in its questions may be
/// unknown yet: whoever asks them hears of that.
async fn check<T: Saveable + Sync>(app: &App, thing: &T) -> Result<(), Problem> {
    let mut complaints = Complaints::default();
    thing.check(&mut complaints);
    let allowed = &app.config().alerts.private_addresses;
    for (pointer, hook) in thing.hooks() {
        let is_amiss = complaints.0.iter().any(|(place, _)| *place == pointer);
        let admitted = hook.parse::<reqwest::Url>().map(|url| reach::admit(&url, allowed));
        if let (false, Ok(Err(barred))) = (is_amiss, admitted) {
            complaints.add(pointer, barred.into());
        }
    }
    if let Some(problem) = complain(complaints) {
        return Err(problem);
    }
    for (pointer, kind, question) in thing.posed() {
        query::shaped(app, &pointer, kind, question).await?;
        if T::IS_UNIQUE {
            app.leads_nowhere_back(&pointer, thing.name(), question).await?;
        }
    }
    Ok(())
}

/// The problem that says what is wrong, when something is.
pub(crate) fn complain(complaints: Complaints) -> Option<Problem> {
    let (pointer, first) = complaints.0.first()?;
    let detail = format!("{pointer}: {first}");
    let mut problem = Problem::new(StatusCode::BAD_REQUEST, first.code(), detail);
    let field = |(pointer, amiss): (String, life::know::saved::Amiss)| FieldProblem {
        pointer,
        detail: amiss.to_string(),
    };
    problem.errors = complaints.0.into_iter().map(field).collect();
    Some(problem)
}

fn to_text(thing: &impl Serialize) -> Result<String, Problem> {
    serde_json::to_string(thing).map_err(|error| Problem::internal(&error))
}

fn read<T: Keepsake>(held: vault::Saved) -> Result<Saved<T>, Problem> {
    let saved = serde_json::from_str(&held.body).map_err(|error| Problem::internal(&error))?;
    Ok(Saved {
        id: held.id,
        version: held.version,
        created: held.created.to_string(),
        changed: held.changed.to_string(),
        by: held.actor.0,
        saved,
    })
}

/// What the vault says to somebody who saves.
pub(crate) fn failed(error: VaultError) -> Problem {
    match error {
        VaultError::NotFound { what, .. } => Problem::not_found(what),
        VaultError::Conflict { .. } => {
            let detail = "somebody changed it since: read it again, then change what it is now";
            Problem::new(StatusCode::CONFLICT, "saved-changed", detail)
        }
        VaultError::Full { .. } => {
            Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "saved-full", error.to_string())
        }
        other => Problem::internal(&other),
    }
}
