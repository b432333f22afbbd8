//! The job of alerts: each is looked at when it is due, under a grant of whoever made it, and its
//! messages are tried until they arrive or have been tried often enough.

#[cfg(test)]
mod tests;

use std::sync::atomic::Ordering;

use life::admit::{Actor, Verb};
use life::know::saved::alert::{Intervals, Look, Standing, Turn};
use life::know::saved::notice::{Delivery, Notice, Tried};
use life::know::saved::{Alert, Saveable};
use tokio::task::JoinSet;
use vocabulary::{Purpose, Span, Time};

use crate::app::App;
use crate::http::caller::Known;
use crate::http::know::dashboard::written_out;
use crate::http::know::query;
use crate::http::know::running::QueryId;
use crate::problem::Problem;

/// How often the job looks whether it shall stop.
const LOOK: Span = Span(250_000);
/// How often it looks for alerts that are due.
const ROUND: Span = Span::seconds(20);
/// Alerts that are seen to at one time: a slow receiver must not hold up all others.
const AT_ONCE: usize = 4;
/// Messages of one alert that wait; past that the oldest is given up.
const WAITING_MAX: usize = 40;

/// Looks at alerts while a server runs, until the installation stops.
pub async fn watch(app: App) {
    let mut last = Time(i64::MIN);
    while !app.inner().stopping.load(Ordering::Relaxed) {
        crate::clock::pause(LOOK).await;
        let now = app.now();
        if !app.is_serving() || (last.0 != i64::MIN && now < last + ROUND) {
            continue;
        }
        last = now;
        if let Some(Err(problem)) = unless_stopping(&app, round(&app, now)).await {
            tracing::error!(code = problem.code, "alerts could not be looked at; tried again");
        }
    }
}

/// Works until it is done or the installation stops: a slow receiver must not hold that up. A
/// message that was on its way is sent again, with its id, after the next start.
async fn unless_stopping<T>(app: &App, work: impl Future<Output = T>) -> Option<T> {
    let mut work = std::pin::pin!(work);
    loop {
        tokio::select! {
            done = &mut work => return Some(done),
            () = crate::clock::pause(LOOK) => {
                if app.inner().stopping.load(Ordering::Relaxed) {
                    return None;
                }
            }
        }
    }
}

/// Looks at every alert that is due, and tries every message that is.
pub async fn round(app: &App, now: Time) -> Result<(), Problem> {
    let every = app.inner().vault.every_saved(Alert::KIND).await;
    let every = every.map_err(|error| Problem::internal(&error))?;
    let mut busy = JoinSet::new();
    for held in every {
        if busy.len() >= AT_ONCE {
            // A panic in one was logged; the others go on.
            let _ = busy.join_next().await;
        }
        let app = app.clone();
        busy.spawn(async move { see_to(&app, &held, now).await });
    }
    while busy.join_next().await.is_some() {}
    Ok(())
}

/// Sees to one alert.
async fn see_to(app: &App, held: &vault::Saved, now: Time) {
    let Ok(alert) = serde_json::from_str::<Alert>(&held.body) else {
        tracing::error!(alert = held.id, "an alert cannot be read: save it again");
        return;
    };
    let mut standing = standing(held);
    let intervals = intervals(app, &alert).await;
    let noted = if alert.is_due(&standing, intervals.as_ref(), now) {
        look_at(app, held, &alert, &mut standing, now).await;
        // What has turned must not turn again because a message hung and the program stopped.
        note(app, held, &standing).await
    } else {
        Some(held.clone())
    };
    let Some(held) = noted else { return };
    if deliver(app, &held, &mut standing, now).await {
        note(app, &held, &standing).await;
    }
}

/// The intervals of an alert's question; none when it cannot be asked.
async fn intervals(app: &App, alert: &Alert) -> Option<Intervals> {
    let written = written_out(app, &alert.question).await.ok()?;
    let time = &app.config().time;
    Intervals::of(&written.question, &time.zone, time.week_start.word())
}

/// Looks at an alert, and takes in what was found or why nothing was.
async fn look_at(
    app: &App,
    held: &vault::Saved,
    alert: &Alert,
    standing: &mut Standing,
    now: Time,
) {
    match look(app, held, alert, now).await {
        Ok(seen) => {
            standing.purpose = Some(seen.purpose);
            if let Some(turn) = standing.take(alert, seen.found, now) {
                tell(standing, &notice(held, alert, turn, seen.question, now), alert);
            }
        }
        Err(problem) => standing.fail(&problem.code, now),
    }
}

/// What is known of an alert so far; one whose state cannot be read begins anew.
#[must_use]
pub fn standing(held: &vault::Saved) -> Standing {
    held.state.as_deref().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
}

/// What is known of an alert as a text; what cannot be written begins anew as well.
#[must_use]
pub fn written(standing: &Standing) -> String {
    serde_json::to_string(standing).unwrap_or_default()
}

/// Notes what became of an alert; answers it as it is then. None when it was changed, removed or
/// made to forget meanwhile: what was found is out of date, and is dropped.
async fn note(app: &App, held: &vault::Saved, standing: &Standing) -> Option<vault::Saved> {
    let noted = app.inner().vault.note_saved(Alert::KIND, held, &written(standing)).await;
    noted.unwrap_or_else(|error| {
        tracing::error!(%error, alert = held.id, "the state of an alert could not be noted");
        None
    })
}

/// What a look has seen.
struct Seen {
    found: Option<Look>,
    purpose: Purpose,
    /// The name of the question, where it is a saved one.
    question: Option<String>,
}

/// Asks the alert's question for its last whole intervals. Whoever made it has to be allowed to ask
/// it and to hand its answer out, now.
async fn look(app: &App, held: &vault::Saved, alert: &Alert, now: Time) -> Result<Seen, Problem> {
    let written = written_out(app, &alert.question).await?;
    let (kind, question) = (&written.kind, &written.question);
    let recent = alert.recent(kind, question, now).map_err(|amiss| {
        Problem::new(axum::http::StatusCode::BAD_REQUEST, amiss.code(), amiss.to_string())
    })?;
    let known = Known::of(app, &held.actor);
    let known = known.ok_or_else(|| Problem::refused(vocabulary::Refusal::ActorNotAllowed))?;
    let running = app.begin_query(&Actor(held.actor.0.clone()), QueryId(None), kind)?;
    let purpose = query::resolve(app, kind, &recent).await?.scope().purpose;
    let leaves = known.grant(app, purpose, Verb::Export).await?;
    let reply = query::pose(app, &known, kind, &recent, &running).await?;
    app.read_log(&leaves, "alert", 1).await?;
    let answer = serde_json::to_value(&reply).map_err(|error| Problem::internal(&error))?;
    Ok(Seen { found: Look::read(&answer, alert.series), purpose, question: written.name })
}

fn notice(
    held: &vault::Saved,
    alert: &Alert,
    turn: Turn,
    question: Option<String>,
    now: Time,
) -> Notice {
    let id = format!("msg_{}_{}", held.id, now.micros());
    Notice { turn, question, ..Notice::test(id, held.id.clone(), alert, now) }
}

/// Puts a message for every receiver on its way.
fn tell(standing: &mut Standing, notice: &Notice, alert: &Alert) {
    let notice = Notice { look: standing.last, ..notice.clone() };
    let new = alert.to.iter().map(|to| Delivery::new(notice.clone(), to.clone()));
    standing.waiting.extend(new);
    let over = standing.waiting.len().saturating_sub(WAITING_MAX);
    standing.lost += over as u64;
    standing.waiting.drain(..over);
}

/// Tries every message that is due, each once. Answers whether any was.
async fn deliver(app: &App, held: &vault::Saved, standing: &mut Standing, now: Time) -> bool {
    let mut left = Vec::new();
    let mut is_changed = false;
    for mut delivery in std::mem::take(&mut standing.waiting) {
        // A receiver before may have been slow, and the numbers be forgotten since.
        if !delivery.is_due(now) || !is_current(app, held).await {
            left.push(delivery);
            continue;
        }
        is_changed = true;
        let Err(why) = app.deliver(&delivery.notice, &delivery.to).await else { continue };
        tracing::warn!(
            alert = delivery.notice.alert,
            code = why.code(),
            "a message did not arrive"
        );
        match delivery.failed(now) {
            Tried::Later => left.push(delivery),
            Tried::GivenUp => standing.lost += 1,
        }
    }
    standing.waiting = left;
    is_changed
}

/// Whether an alert still is what was read or noted.
async fn is_current(app: &App, held: &vault::Saved) -> bool {
    app.inner().vault.saved(Alert::KIND, &held.id).await.is_ok_and(|now| now == *held)
}
