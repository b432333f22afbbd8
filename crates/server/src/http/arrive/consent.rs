//! A person's choice, told for itself. It is durable when it is answered; no pace holds it back.

use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Json, Response};
use axum::routing::post;
use life::admit::{Judged, KeyKind, Subject};
use life::arrive::Invalid;
use life::arrive::native::read_consent;
use serde::Serialize;
use utoipa::ToSchema;
use vocabulary::Refusal;

use super::super::document::Route;
use super::native::status_of;
use super::request::{Declined, Received, caller};
use crate::app::App;
use crate::problem::Problem;

const PROTOCOL: &str = "consent";

/// That a choice is recorded.
#[derive(Debug, Serialize, ToSchema)]
pub struct Recorded {
    recorded: bool,
}

/// What the document says of choices.
pub const DESCRIBED: &[Route] =
    &[Route::post("/v1/consent", "A person's choice, told for itself.")];

/// The route of choices.
pub fn routes() -> Router<App> {
    Router::new().route("/v1/consent", post(consent))
}

async fn consent(State(app): State<App>, request: Request) -> Response {
    match take(&app, request).await {
        Ok(recorded) => Json(recorded).into_response(),
        Err(declined) => declined.into_response(),
    }
}

async fn take(app: &App, request: Request) -> Result<Recorded, Declined> {
    let received = Received::take_anyway(app, request).await?;
    let body = received.open(app, PROTOCOL).await?;
    let mut arrival = match read_consent(&body, &received.parcel(), app.limits()) {
        Ok(arrival) => arrival,
        Err(malformed) => {
            let status = status_of(&malformed);
            return Err(received.malformed(app, PROTOCOL, &malformed, status).await);
        }
    };
    let caller = caller(app, arrival.key.as_deref())?;
    let Some(read) = arrival.events.pop() else { return Ok(Recorded { recorded: false }) };
    let raw = read.map_err(invalid)?;
    let grants = raw.choices.iter().any(|(_, is_yes)| *is_yes);
    let identified = app
        .gate()
        .identify(raw, &caller.source, caller.kind, app.blinder())
        .map_err(|ended| stopped(&ended))?;
    let heard = identified.act();
    let partly = match (caller.kind, identified.whose().subject) {
        (KeyKind::Site, Subject::User) => PARTLY_OF_USER,
        (KeyKind::Site, Subject::Device) | (KeyKind::Server, Subject::User | Subject::Device) => {
            PARTLY
        }
    };
    if let Some(act) = heard
        && (app.forgets(&identified) || !app.consent(identified.whose().clone(), act).await?)
    {
        return Err(Problem::refused(Refusal::Forgotten).into());
    }
    match heard {
        None => Err(unheard("choice-unknown", UNKNOWN).into()),
        Some(act) if grants && act.yes.is_empty() => Err(unheard("choice-partly", partly).into()),
        Some(_) => Ok(Recorded { recorded: true }),
    }
}

const UNKNOWN: &str = "nothing of this can be recorded: name purposes or categories that the \
    catalogue knows; a user's yes needs a server key, a device's any key";

const PARTLY_OF_USER: &str =
    "the no was recorded, the yes was not: a user's yes needs a server key";

const PARTLY: &str = "the no was recorded, the yes was not: what it names is unknown to the \
    catalogue, or refused in the same choice; name each purpose once";

/// A yes that the gate may not hear is said, not swallowed.
fn unheard(code: &'static str, detail: &str) -> Problem {
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, code, detail).at("/purposes")
}

fn invalid(invalid: Invalid) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, invalid.code, invalid.problem).at(invalid.pointer)
}

fn stopped(ended: &Judged) -> Problem {
    match ended {
        Judged::Invalid(wrong) => invalid(wrong.clone()),
        Judged::Filtered | Judged::Limited | Judged::Refused { .. } | Judged::Admitted(_) => {
            let detail =
                "the source filters what is named `consent`: remove it from `filtered_events`";
            Problem::new(StatusCode::CONFLICT, "choice-filtered", detail)
        }
    }
}
