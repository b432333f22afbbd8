//! The catalogue of what arrived: volumes come from a question for the reader's purpose, not from a
//! counter.

use std::collections::{BTreeMap, HashMap};
use std::sync::PoisonError;

use lake::know::{Met, Properties, Watch};
use life::admit::Grant;
use life::keep::names::{Named, Names};
use life::know::words::Word;
use vocabulary::{Code, Purposes, Span, Time};

use super::App;
use super::asking::refused;
use crate::http::know::catalogue::{EventLine, PropertyLine};
use crate::problem::Problem;

impl App {
    /// Every event that the grant's purpose can see rows of, most frequent first.
    pub async fn event_catalogue(&self, grant: Grant) -> Result<Vec<EventLine>, Problem> {
        let app = self.clone();
        let counted = tokio::task::spawn_blocking(move || {
            let watch = Watch::default();
            let counted =
                app.asking(&watch, |asking| lake::know::volumes(asking, &grant, app.now()));
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

    /// The same with what the grant's purpose can see of the last days: of this event's rows, or of
    /// all.
    pub async fn property_catalogue(
        &self,
        grant: Grant,
        event: Option<&str>,
    ) -> Result<Vec<PropertyLine>, Problem> {
        let met = self.properties_met(grant, event).await?;
        let mut lines = self.property_lines();
        if event.is_some() {
            lines.retain(|line| met.get(&line.property).is_some_and(|met| met.rows > 0));
        }
        for line in &mut lines {
            if let Some(met) = met.get(&line.property) {
                line.seen = Some(met.rows);
                line.last = (met.rows > 0).then(|| met.last.to_string());
            }
        }
        Ok(lines)
    }

    /// How often each property that the grant may read and that has a column was met.
    async fn properties_met(
        &self,
        grant: Grant,
        event: Option<&str>,
    ) -> Result<HashMap<String, Met>, Problem> {
        let words = self.inner().words.properties.iter();
        let readable = words
            .filter(|(_, word)| word.sealed.is_none() && grant.categories().has(word.category));
        let readable: Vec<(String, Word)> =
            readable.map(|(name, word)| (name.clone(), *word)).collect();
        let now = self.now();
        let wanted = Properties {
            columns: readable.iter().map(|(_, word)| word.code).collect(),
            categories: readable.iter().map(|(_, word)| word.category).collect(),
            // A name that was never given a code has no rows.
            event: event.map(|event| {
                let code = |names: &Names| names.code(Named::Event, event);
                self.region().truth(|truth| code(&truth.names)).unwrap_or(Code(0))
            }),
            from: now - Self::LOOKED_BACK,
            until: now + Span::HOUR,
        };
        let app = self.clone();
        let counted = tokio::task::spawn_blocking(move || {
            let watch = Watch::default();
            let counted = app.asking(&watch, |asking| {
                lake::know::properties(asking, &wanted, &grant, app.now())
            });
            (counted, grant)
        });
        let (counted, grant) = counted.await.map_err(|error| Problem::internal(&error))?;
        let counted = counted.map_err(|error| refused(&error))?;
        self.read_log(&grant, "properties", counted.len()).await?;
        let none = Met { rows: 0, last: Time(0) };
        let met = readable
            .into_iter()
            .map(|(name, word)| (name, counted.get(&word.code).copied().unwrap_or(none)));
        Ok(met.collect())
    }

    /// How far back the catalogue counts properties.
    const LOOKED_BACK: Span = Span(30 * Span::DAY.0);

    /// Every property that is declared or was met since the start, uncounted.
    #[must_use]
    pub fn property_lines(&self) -> Vec<PropertyLine> {
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
                    seen: None,
                    last: None,
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
                seen: None,
                last: None,
                conflicts: 0,
            });
            line.conflicts = met.conflicts;
        }
        lines.into_values().collect()
    }
}
