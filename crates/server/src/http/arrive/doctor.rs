//! Why no event arrives: each finding names what was seen and what to do.

use axum::Json;
use axum::extract::State;
use life::admit::{Source, SourceKind};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use vocabulary::Counts;

use super::keys::KeyView;
use crate::app::App;
use crate::http::address::Query;
use crate::http::caller::Manager;
use crate::problem::Problem;

/// The source to look at; without it all are looked at.
#[derive(Debug, Deserialize, IntoParams)]
pub struct Which {
    source: Option<String>,
}

/// What the doctor found.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Examination)]
pub struct Report {
    findings: Vec<Finding>,
}

/// One thing that was looked at.
#[derive(Debug, Serialize, ToSchema)]
pub struct Finding {
    source: Option<String>,
    code: &'static str,
    /// `ok`, `warning` or `problem`.
    state: &'static str,
    title: String,
    detail: String,
    remedy: String,
}

/// Look at a source and say why no event arrives or is kept.
#[utoipa::path(
    get,
    path = "/api/doctor",
    params(Which),
    responses((status = 200, body = Report), (status = 404, body = Problem)),
)]
pub async fn examine(
    State(app): State<App>,
    _: Manager,
    Query(which): Query<Which>,
) -> Result<Json<Report>, Problem> {
    let keys = app.keys().await?;
    let counts = app.region().truth(|truth| truth.counts().clone());
    let mut findings = vec![storage(&app)];
    if !app.is_serving() {
        findings.insert(0, stopped());
    }
    findings.extend(quarantined(&app));
    if let Some(unknown) = app.unknown_keys() {
        findings.push(unknown_key(unknown));
    }
    let mut met = false;
    for source in
        app.sources().filter(|source| which.source.as_ref().is_none_or(|name| *name == source.name))
    {
        met = true;
        let counts = counts.get(&source.id).cloned().unwrap_or_default();
        findings.extend(look(source, &keys, &counts));
    }
    if met { Ok(Json(Report { findings })) } else { Err(Problem::not_found("source")) }
}

fn storage(app: &App) -> Finding {
    let ready = app.ready();
    let is_ready = ready.is_ok();
    Finding {
        source: None,
        code: "storage",
        state: if is_ready { "ok" } else { "problem" },
        title: "storage".to_owned(),
        detail: ready.err().unwrap_or_else(|| "the journal takes events".to_owned()),
        remedy: if is_ready {
            String::new()
        } else {
            "wait for the fold, or free disk space".to_owned()
        },
    }
}

fn stopped() -> Finding {
    Finding {
        source: None,
        code: "not-serving",
        state: "problem",
        title: "nobody listens".to_owned(),
        detail: "no server runs on this directory, so no event can arrive".to_owned(),
        remedy: "start it: candor serve".to_owned(),
    }
}

fn quarantined(app: &App) -> Option<Finding> {
    let concerns = app.concerns();
    let first = concerns.first()?;
    Some(Finding {
        source: None,
        code: first.code,
        state: "problem",
        title: format!("{} files set aside", concerns.len()),
        detail: format!("the first is `{}`, {} bytes", first.file, first.bytes),
        remedy: first.remedy.to_owned(),
    })
}

fn unknown_key(requests: u64) -> Finding {
    Finding {
        source: None,
        code: "key-unknown",
        state: "problem",
        title: "requests with an unknown key".to_owned(),
        detail: format!(
            "{requests} requests since the start showed a key that was never made or was revoked"
        ),
        remedy: "compare the key in the snippet with `candor keys list`, or make one: \
                 `candor keys create`"
            .to_owned(),
    }
}

/// What there is to say about one source.
struct Look<'s> {
    source: &'s Source,
    findings: Vec<Finding>,
}

impl Look<'_> {
    fn find(
        &mut self,
        code: &'static str,
        state: &'static str,
        title: &str,
        detail: String,
        remedy: &str,
    ) {
        let name = &self.source.name;
        self.findings.push(Finding {
            source: Some(name.clone()),
            code,
            state,
            title: format!("{name}: {title}"),
            detail,
            remedy: remedy.to_owned(),
        });
    }
}

fn look(source: &Source, keys: &[KeyView], counts: &Counts) -> Vec<Finding> {
    let mut look = Look { source, findings: Vec::new() };
    let is_live = |key: &&KeyView| key.source.as_deref() == Some(&source.name) && !key.revoked;
    let live: Vec<&KeyView> = keys.iter().filter(is_live).collect();
    if live.is_empty() {
        let kind = if source.kind == SourceKind::Server { "server" } else { "site" };
        let remedy = format!("candor keys create --kind {kind} --source {}", source.name);
        let detail = "no key writes to this source".to_owned();
        look.find("key-missing", "problem", "no key", detail, &remedy);
    }
    if counts.received == 0 {
        let is_used = live.iter().any(|key| key.last_used.is_some());
        nothing_received(&mut look, is_used);
    } else {
        endings(&mut look, counts);
    }
    look.findings
}

fn nothing_received(look: &mut Look<'_>, is_used: bool) {
    let detail = if is_used {
        "requests came with a key of this source, but without any event"
    } else {
        "no request has shown a key of this source: the client does not reach this server, or \
         sends another key"
    };
    let remedy = "check host and key in the snippet, the page's Content-Security-Policy \
                  (connect-src), ad blockers, and robots that the SDK filters (headless browsers)";
    look.find("nothing-received", "problem", "nothing received", detail.to_owned(), remedy);
}

fn endings(look: &mut Look<'_>, counts: &Counts) {
    for (why, number) in &counts.refused {
        let state = if counts.accepted == 0 { "problem" } else { "warning" };
        let title = format!("{number} refused: {}", why.code());
        look.find(why.code(), state, &title, share(*number, counts.received), why.remedy());
    }
    if counts.invalid > 0 {
        let remedy = "see Sources for the field and the remedy of each invalid event";
        let title = format!("{} invalid", counts.invalid);
        look.find("invalid", "warning", &title, share(counts.invalid, counts.received), remedy);
    }
    if counts.accepted > 0 {
        let detail = format!("{} of {} events were kept", counts.accepted, counts.received);
        look.find("accepted", "ok", "events arrive", detail, "");
    } else if counts.refused.is_empty() && counts.invalid == 0 {
        let detail = format!("{} filtered, {} duplicates", counts.filtered, counts.duplicate);
        let remedy =
            "check `filtered_events` of the source, and that each event has a key of its own";
        look.find("nothing-kept", "problem", "nothing kept", detail, remedy);
    }
}

fn share(part: u64, whole: u64) -> String {
    format!("{part} of {whole} events")
}
