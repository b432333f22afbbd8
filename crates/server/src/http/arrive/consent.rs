//! A person's choice, told for itself. It is durable when it is answered; no pace holds it back.

use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Json, Response};
use axum::routing::post;
use lake::keep::keeper::Heard;
use life::admit::{Basis, Blinded, Judged, KeyKind, Source, Statement, Subject};
use life::arrive::Invalid;
use life::arrive::native::read_consent;
use serde::Serialize;
use utoipa::ToSchema;
use vocabulary::{Manner, Refusal, Time};

use super::super::document::Route;
use super::native::status_of;
use super::request::{Declined, Received, caller};
use crate::app::App;
use crate::problem::Problem;

const PROTOCOL: &str = "consent";

/// That a choice is recorded, with a receipt for whoever made it.
#[derive(Debug, Serialize, ToSchema)]
pub struct Recorded {
    recorded: bool,
    receipt: Option<Receipt>,
}

/// The receipt of a choice, with the fields of ISO/IEC TS 27560 that are known here.
#[derive(Debug, Serialize, ToSchema)]
pub struct Receipt {
    /// The profile whose fields these are.
    schema: &'static str,
    /// Names this record; the same choice told again has the same.
    record_id: String,
    controller: String,
    source: String,
    /// When the choice was made, by corrected time, and when it was heard.
    #[schema(value_type = String, format = DateTime)]
    time: Time,
    #[schema(value_type = String, format = DateTime)]
    heard: Time,
    /// By which act: `choice` or `proved`.
    given: &'static str,
    /// What the person was shown, where the record says so.
    notice: Option<NoticeView>,
    /// The names of the regimes whose law was weighed.
    jurisdictions: Vec<String>,
    purposes: Vec<PurposeReceipt>,
    /// How to take it back: as it was given.
    withdrawal: &'static str,
}

/// The text that a person was shown.
#[derive(Debug, Serialize, ToSchema)]
pub struct NoticeView {
    version: String,
    language: String,
    sha256: String,
}

/// What was said about a purpose, and what it rests on at this source.
#[derive(Debug, Serialize, ToSchema)]
pub struct PurposeReceipt {
    name: String,
    /// The data use in fideslang.
    key: String,
    /// `yes` or `no`.
    answer: &'static str,
    legal_basis: Option<&'static str>,
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
    let Some(read) = arrival.events.pop() else {
        return Ok(Recorded { recorded: false, receipt: None });
    };
    let raw = read.map_err(invalid)?;
    let grants = raw.choices.iter().any(|(_, is_yes)| *is_yes);
    let identified = app
        .gate()
        .identify(raw, &caller.source, caller.kind, app.blinder())
        .map_err(|ended| stopped(&ended))?;
    let doubted = grants && identified.is_doubted();
    let (act, statement) = (identified.act(), identified.statement().cloned());
    let partly = match (caller.kind, identified.whose().subject) {
        (KeyKind::Site, Subject::User) => PARTLY_OF_USER,
        (KeyKind::Site, Subject::Device) | (KeyKind::Server, Subject::User | Subject::Device) => {
            PARTLY
        }
    };
    let Some(stated) = statement.clone() else {
        if doubted {
            return Err(undatable().into());
        }
        return Err(unheard("choice-unknown", UNKNOWN).into());
    };
    let whose = identified.whose().clone();
    let record_id = receipt_id(app, &whose, &stated);
    if app.forgets(&identified) || !app.consent(whose, Heard { act, statement }).await? {
        return Err(Problem::refused(Refusal::Forgotten).into());
    }
    if let Some((code, why)) = unclear(stated.manner).filter(|_| !stated.yes.is_empty()) {
        return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, code, why).at("/given").into());
    }
    if doubted {
        return Err(undatable().into());
    }
    if grants && stated.yes.is_empty() {
        return Err(unheard("choice-partly", partly).into());
    }
    let receipt = Some(receipt(app, &caller.source, &stated, record_id));
    Ok(Recorded { recorded: true, receipt })
}

/// The number of a record: keyed, so that it tells nothing of whose it is.
fn receipt_id(app: &App, whose: &Blinded, stated: &Statement) -> String {
    let named = format!("{}:{:x}:{:x}", stated.time, stated.yes.0, stated.no.0);
    hex::encode(app.blinder().duplicate(stated.source.0, &whose.index, &named))
}

fn receipt(app: &App, source: &Source, stated: &Statement, record_id: String) -> Receipt {
    let terms = app.gate().terms(source, (stated.time, stated.heard));
    let footing = app.gate().footing(terms.key((stated.yes, stated.no), false), terms);
    let answered = [(stated.yes, "yes"), (stated.no, "no")];
    let declared = app.catalogue().purposes();
    let purposes = answered.into_iter().flat_map(|(said, answer)| {
        let footing = &footing;
        declared.iter().filter(move |one| said.has(one.purpose)).map(move |one| PurposeReceipt {
            name: one.name.clone(),
            key: one.key.clone(),
            answer,
            legal_basis: footing.of(one.purpose).basis.map(Basis::code),
        })
    });
    let law = app.gate().law();
    let regimes = source.regimes.iter().filter_map(|regime| law.regime(regime));
    Receipt {
        schema: "https://w3id.org/dpv/schema/dpv-27560",
        record_id,
        controller: app.config().server.controller.clone(),
        source: source.name.clone(),
        time: stated.time,
        heard: stated.heard,
        given: stated.manner.code(),
        notice: stated.notice.as_ref().map(|notice| NoticeView {
            version: notice.version.to_string(),
            language: notice.language.to_string(),
            sha256: notice.sha256.to_string(),
        }),
        jurisdictions: regimes.map(|declared| declared.name.clone()).collect(),
        purposes: purposes.collect(),
        withdrawal: "POST /v1/consent with false for the purpose, for the same id",
    }
}

/// Why a yes that was given so opens nothing.
const fn unclear(manner: Manner) -> Option<(&'static str, &'static str)> {
    match manner {
        Manner::Choice | Manner::Proved => None,
        Manner::PreSet => Some((
            "consent-pre-set",
            "the yes is kept as history and opens nothing: a box that was ticked beforehand is no \
             choice; ask with nothing set",
        )),
        Manner::Bundled => Some((
            "consent-bundled",
            "the yes is kept as history and opens nothing: it was part of accepting something \
             else; ask for it alone",
        )),
        Manner::Implied => Some((
            "consent-implied",
            "the yes is kept as history and opens nothing: going on using a service is no choice; \
             ask",
        )),
        Manner::Inactive => Some((
            "consent-inactive",
            "the yes is kept as history and opens nothing: it was not used for as long as it may \
             live; ask again",
        )),
        Manner::Unproved => Some((
            "consent-unproved",
            "the yes is kept as history and opens nothing: nothing proves it; import it with its \
             record, as `proved`, or ask again",
        )),
    }
}

const UNKNOWN: &str = "nothing of this can be recorded: name purposes or categories that the \
    catalogue knows; a user's yes needs a server key, a device's any key";

const PARTLY_OF_USER: &str =
    "the no was recorded, the yes was not: a user's yes needs a server key";

const PARTLY: &str = "the no was recorded, the yes was not: what it names is unknown to the \
    catalogue, or refused in the same choice; name each purpose once";

/// A yes of nobody knows when may be older than any no.
fn undatable() -> Problem {
    let detail = "a no is recorded, a yes is not: `time` with `sent_at` lies before 1970 or more \
                  than an hour ahead; send when the person chose, or no time if that is now";
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "choice-undatable", detail).at("/time")
}

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
