//! Events that leave under a grant: all of a span that a purpose may see, in a form that other
//! programs read. Nothing leaves before it is in the read log.

use std::io::Write;

use axum::http::StatusCode;
use lake::keep::file::FileError;
use lake::know::table::Table;
use lake::share::{COLUMNS, ShareError, Shared, Sheet};
use life::admit::{Grant, Verb};
use life::keep::Row;
use life::know::tabled::harmless;
use thiserror::Error;
use vocabulary::{Refusal, Time};

use super::App;
use super::reading::PersonEvent;
use crate::problem::Problem;

#[cfg(test)]
mod tests;

/// The form in which events leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    Lines,
    Csv,
    Parquet,
}

impl Form {
    pub const EVERY: [Form; 3] = [Form::Lines, Form::Csv, Form::Parquet];

    /// The content type of this form.
    #[must_use]
    pub const fn content_type(self) -> &'static str {
        match self {
            Form::Lines => "application/x-ndjson",
            Form::Csv => "text/csv",
            Form::Parquet => "application/vnd.apache.parquet",
        }
    }
}

/// What is to leave.
#[derive(Debug)]
pub struct Wanted {
    pub form: Form,
    pub span: (Time, Time),
    /// The events, by name; every event where none is named.
    pub events: Vec<String>,
}

#[derive(Debug, Error)]
enum ExportError {
    #[error(transparent)]
    Read(#[from] FileError),
    #[error(transparent)]
    Columns(#[from] ShareError),
    #[error("the table could not be written: {0}")]
    Table(#[from] csv::Error),
    #[error("a line could not be written: {0}")]
    Line(#[from] serde_json::Error),
    #[error("the bytes could not be written: {0}")]
    Bytes(#[from] std::io::Error),
    #[error("less may be seen than when the export began: ask again")]
    Narrowed,
    #[error("the export has more than {limit} bytes: ask for less time or fewer events at once")]
    TooLarge { limit: usize },
}

impl App {
    /// The events as one file in memory.
    pub async fn export(&self, wanted: Wanted, grant: Grant) -> Result<Vec<u8>, Problem> {
        if grant.verb() != Verb::Export || !grant.holds(self.now()) {
            return Err(Problem::refused(Refusal::ActorNotAllowed));
        }
        let app = self.clone();
        let worked = tokio::task::spawn_blocking(move || {
            let written = app.with_table(|_| true, |table| app.written(table, &wanted, &grant));
            (written, grant)
        });
        let (written, grant) = worked.await.map_err(|error| Problem::internal(&error))?;
        let (bytes, rows) = written.map_err(|error: ExportError| match error {
            ExportError::TooLarge { .. } => {
                let status = StatusCode::UNPROCESSABLE_ENTITY;
                Problem::new(status, "export-too-large", error.to_string()).at("/from")
            }
            ExportError::Narrowed => {
                Problem::new(StatusCode::CONFLICT, "mask-narrowed", error.to_string())
            }
            ExportError::Read(_)
            | ExportError::Columns(_)
            | ExportError::Table(_)
            | ExportError::Line(_)
            | ExportError::Bytes(_) => Problem::internal(&error),
        })?;
        self.read_log(&grant, grant.verb().code(), rows).await?;
        Ok(bytes)
    }

    /// The events of one snapshot, and how many there are.
    ///
    /// INVARIANT(forgotten): who was seen when it began and may not be seen when it ends is not in
    /// what leaves.
    fn written(
        &self,
        table: &Table<'_>,
        wanted: &Wanted,
        grant: &Grant,
    ) -> Result<(Vec<u8>, usize), ExportError> {
        let (mut sink, mut rows) = (Sink::new(wanted.form)?, 0);
        table.rows_between::<ExportError>(grant, wanted.span, &mut |row| {
            rows += usize::from(self.put(grant, wanted, &row, &mut sink)?);
            let limit = self.limits().export_bytes;
            if sink.bytes() > limit { Err(ExportError::TooLarge { limit }) } else { Ok(()) }
        })?;
        if self.region().truth(|truth| truth.epoch()) != table.mask().epoch {
            return Err(ExportError::Narrowed);
        }
        Ok((sink.finish()?, rows))
    }

    /// Puts a row into what leaves, if it is wanted; answers whether it was.
    fn put(
        &self,
        grant: &Grant,
        wanted: &Wanted,
        row: &Row,
        sink: &mut Sink,
    ) -> Result<bool, ExportError> {
        let Some(event) = self.person_event(grant, row) else { return Ok(false) };
        if !wanted.events.is_empty() && !wanted.events.contains(&event.event) {
            return Ok(false);
        }
        let person = self.region().truth(|truth| truth.identity.person(row.leaf));
        sink.put(&format!("p{}", person.0), &event).map(|()| true)
    }
}

/// Where rows go, by form.
enum Sink {
    Lines(Vec<u8>),
    Csv(Box<csv::Writer<Vec<u8>>>, usize),
    Parquet(Box<Sheet>),
}

impl Sink {
    fn new(form: Form) -> Result<Self, ExportError> {
        Ok(match form {
            Form::Lines => Self::Lines(Vec::new()),
            Form::Csv => {
                let mut table = csv::Writer::from_writer(Vec::new());
                table.write_record(COLUMNS)?;
                Self::Csv(Box::new(table), 0)
            }
            Form::Parquet => Self::Parquet(Box::new(Sheet::new()?)),
        })
    }

    fn put(&mut self, person: &str, event: &PersonEvent) -> Result<(), ExportError> {
        let properties = || serde_json::to_string(&event.properties);
        match self {
            Sink::Lines(lines) => {
                let line = serde_json::json!({
                    "time": event.time, "event": event.event, "person": person,
                    "source": event.source, "properties": event.properties,
                });
                serde_json::to_writer(&mut *lines, &line)?;
                lines.write_all(b"\n")?;
            }
            Sink::Csv(table, bytes) => {
                let (time, properties) = (event.time.to_string(), properties()?);
                let texts = [&time, &event.event, person, &event.source, &properties].map(harmless);
                *bytes += texts.iter().map(|text| text.len() + 3).sum::<usize>();
                table.write_record(texts.iter().map(|text| text.as_bytes()))?;
            }
            Sink::Parquet(sheet) => {
                let properties = properties()?;
                sheet.add(Shared {
                    time: event.time,
                    event: &event.event,
                    person,
                    source: &event.source,
                    properties: &properties,
                })?;
            }
        }
        Ok(())
    }

    fn bytes(&self) -> usize {
        match self {
            Sink::Lines(lines) => lines.len(),
            Sink::Csv(_, bytes) => *bytes,
            Sink::Parquet(sheet) => sheet.bytes(),
        }
    }

    fn finish(self) -> Result<Vec<u8>, ExportError> {
        match self {
            Sink::Lines(lines) => Ok(lines),
            Sink::Csv(table, _) => {
                table.into_inner().map_err(|error| ExportError::Bytes(error.into_error()))
            }
            Sink::Parquet(sheet) => Ok(sheet.finish()?),
        }
    }
}
