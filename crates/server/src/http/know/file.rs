//! Answers as files: whoever accepts CSV or Parquet is handed the table of the answer. That takes a
//! grant to export beside the one to ask, and both leave a fact.

use std::convert::Infallible;

use axum::Json;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use life::admit::{Grant, Verb};
use life::know::Tabled;
use serde::Serialize;
use vocabulary::Purpose;

use crate::app::App;
use crate::http::caller::Known;
use crate::problem::Problem;

/// The form in which an answer is wanted: the first that `Accept` names and that there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    Json,
    Csv,
    Parquet,
}

impl<S: Send + Sync> FromRequestParts<S> for Form {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::accepted(&parts.headers))
    }
}

impl Form {
    const EVERY: [Form; 3] = [Form::Json, Form::Csv, Form::Parquet];

    /// The type of its content.
    #[must_use]
    pub const fn content_type(self) -> &'static str {
        match self {
            Form::Json => "application/json",
            Form::Csv => "text/csv",
            Form::Parquet => "application/vnd.apache.parquet",
        }
    }

    const fn ending(self) -> &'static str {
        match self {
            Form::Json => "json",
            Form::Csv => "csv",
            Form::Parquet => "parquet",
        }
    }

    fn accepted(headers: &HeaderMap) -> Self {
        let values = headers.get_all(header::ACCEPT).iter().filter_map(|one| one.to_str().ok());
        let names = values.flat_map(|value| value.split(','));
        let mut names = names.filter_map(|name| name.split(';').next()).map(str::trim);
        let of = |name: &str| Self::EVERY.into_iter().find(|form| form.content_type() == name);
        names.find_map(of).unwrap_or(Form::Json)
    }

    /// The grant that this form needs beside the one to ask.
    pub async fn grant(
        self,
        app: &App,
        known: &Known,
        purpose: Purpose,
    ) -> Result<Option<Grant>, Problem> {
        match self {
            Form::Json => Ok(None),
            Form::Csv | Form::Parquet => known.grant(app, purpose, Verb::Export).await.map(Some),
        }
    }

    /// Hands an answer out in this form. That it was handed out is durable before it leaves.
    pub async fn hand_out(
        self,
        app: &App,
        grant: Option<Grant>,
        kind: &str,
        answer: impl Tabled + Serialize,
    ) -> Result<Response, Problem> {
        let Some(grant) = grant else { return Ok(Json(answer).into_response()) };
        let table = answer.table();
        let ending = self.ending();
        app.read_log(&grant, &format!("{kind} as {ending}"), table.rows.len()).await?;
        let bytes = match self {
            Form::Json => return Ok(Json(answer).into_response()),
            Form::Csv => table.csv().into_bytes(),
            Form::Parquet => {
                lake::know::export::parquet(&table).map_err(|error| Problem::internal(&error))?
            }
        };
        let name = format!("attachment; filename=\"{kind}.{ending}\"");
        let headers = [
            (header::CONTENT_TYPE, self.content_type()),
            (header::CONTENT_DISPOSITION, name.as_str()),
            (header::CACHE_CONTROL, "no-store"),
        ];
        Ok((headers, bytes).into_response())
    }
}

#[cfg(test)]
mod tests;
