//! The catalogue of what arrived: volumes come from a question for the reader's purpose, not from a
//! counter.

use std::collections::BTreeMap;
use std::sync::PoisonError;

use life::admit::Grant;
use life::keep::names::Named;
use vocabulary::Purposes;

use super::App;
use crate::http::know::catalogue::{EventLine, PropertyLine};
use crate::problem::Problem;

impl App {
    /// Every event that the grant's purpose can see rows of, most frequent first.
    pub async fn event_catalogue(&self, grant: Grant) -> Result<Vec<EventLine>, Problem> {
        let app = self.clone();
        let counted = tokio::task::spawn_blocking(move || {
            let still = |epoch| app.region().truth(|truth| truth.epoch()) == epoch;
            let threads = app.config().server.question_threads.max(1);
            let counted = app
                .with_table(|table| lake::know::volumes(table, &grant, &still, threads, app.now()));
            (counted, grant)
        });
        let (counted, grant) = counted.await.map_err(|error| Problem::internal(&error))?;
        let counted = counted.map_err(|error| Problem::internal(&error))?;
        self.read_log(&grant, "catalogue", counted.len()).await?;
        let mut lines: Vec<EventLine> = self.region().truth(|truth| {
            let lines = counted.iter().filter_map(|(code, volume)| {
                let event = truth.names.text(Named::Event, *code)?.to_owned();
                Some(EventLine {
                    declared: self.catalogue().event(&event).is_some(),
                    event,
                    count: volume.rows,
                    first: Some(volume.first.to_string()),
                    last: Some(volume.last.to_string()),
                    purposes: self.purpose_names(volume.purposes),
                })
            });
            lines.collect()
        });
        lines.sort_by(|one, other| {
            other.count.cmp(&one.count).then_with(|| one.event.cmp(&other.event))
        });
        Ok(lines)
    }

    /// Every property that is declared or was met since the start.
    #[must_use]
    pub fn property_catalogue(&self) -> Vec<PropertyLine> {
        let mut lines: BTreeMap<String, PropertyLine> = BTreeMap::new();
        for property in self.catalogue().properties() {
            let category = self.catalogue().category(property.category);
            let purposes = category.map_or(Purposes::NONE, |one| one.kept_for);
            lines.insert(
                property.name.clone(),
                PropertyLine {
                    property: property.name.clone(),
                    kind: property.kind.code().to_owned(),
                    category: category.map(|one| one.key.clone()),
                    purposes: self.purpose_names(purposes),
                    declared: true,
                    column: property.is_column,
                    seen: 0,
                    conflicts: 0,
                },
            );
        }
        let seen = self.inner().seen.lock().unwrap_or_else(PoisonError::into_inner);
        for (name, met) in seen.properties() {
            let line = lines.entry(name.to_owned()).or_insert_with(|| PropertyLine {
                property: name.to_owned(),
                kind: met.kind.code().to_owned(),
                category: None,
                purposes: Vec::new(),
                declared: false,
                column: false,
                seen: 0,
                conflicts: 0,
            });
            line.seen = met.count;
            line.conflicts = met.conflicts;
        }
        lines.into_values().collect()
    }
}
