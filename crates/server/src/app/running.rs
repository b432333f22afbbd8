//! The questions that run now: whose they are, how far they have come, and how to stop them.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use axum::http::StatusCode;
use lake::know::Watch;
use life::admit::Actor;
use serde::Serialize;
use tokio::sync::watch;
use utoipa::ToSchema;
use vocabulary::Time;

use super::App;
use crate::http::know::running::QueryId;
use crate::problem::Problem;

/// All questions that run, by their actor and the id that the actor gave them.
#[derive(Debug)]
pub struct Queries {
    running: Mutex<BTreeMap<(String, String), Arc<Query>>>,
    /// Says that one has begun or ended.
    changed: watch::Sender<()>,
}

/// One question that runs.
#[derive(Debug)]
pub struct Query {
    id: String,
    kind: String,
    began: Time,
    watch: Watch,
    is_cancelled: AtomicBool,
}

/// What a question does at the moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
#[schema(as = QueryPhase)]
pub enum Phase {
    /// Nothing has been read yet.
    Starting,
    Reading,
    /// All has been read, and the answer is put together.
    Finishing,
    Done,
}

/// How far a question has come.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Progress {
    pub rows: u64,
    pub bytes: u64,
    /// How much of the work is done.
    pub percent: u8,
    /// About how many bytes it will have read; zero while nobody knows.
    pub of_bytes: u64,
    pub seconds: f64,
    pub phase: Phase,
}

/// A running question as its actor sees it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct QueryView {
    pub id: String,
    pub kind: String,
    pub began: String,
    #[serde(flatten)]
    pub progress: Progress,
}

/// A question that runs as long as somebody holds this: when its caller goes away, it is cancelled.
#[derive(Debug)]
pub struct Running {
    query: Arc<Query>,
    actor: String,
    queries: Arc<Queries>,
}

impl Default for Queries {
    fn default() -> Self {
        Self { running: Mutex::default(), changed: watch::Sender::new(()) }
    }
}

impl Queries {
    fn with<T>(&self, act: impl FnOnce(&mut BTreeMap<(String, String), Arc<Query>>) -> T) -> T {
        act(&mut self.running.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// One question of an actor.
    #[must_use]
    pub fn find(&self, actor: &Actor, id: &str) -> Option<Arc<Query>> {
        self.with(|running| running.get(&(actor.0.clone(), id.to_owned())).cloned())
    }

    /// Every question of an actor.
    #[must_use]
    pub fn of(&self, actor: &Actor) -> Vec<Arc<Query>> {
        let mine = |((whose, _), query): (&(String, String), &Arc<Query>)| {
            (*whose == actor.0).then(|| Arc::clone(query))
        };
        self.with(|running| running.iter().filter_map(mine).collect())
    }

    /// Every question, whosever it is.
    #[cfg(test)]
    pub(crate) fn every(&self) -> Vec<Arc<Query>> {
        self.with(|running| running.values().cloned().collect())
    }

    /// Whether none runs.
    #[cfg(test)]
    pub(crate) fn is_empty(&self) -> bool {
        self.with(|running| running.is_empty())
    }

    /// One question of an actor, once it has begun.
    pub async fn await_one(&self, actor: &Actor, id: &str) -> Option<Arc<Query>> {
        let mut changed = self.changed.subscribe();
        loop {
            if let Some(query) = self.find(actor, id) {
                return Some(query);
            }
            changed.changed().await.ok()?;
        }
    }
}

impl Query {
    /// Stops the question; whoever asked it is told so.
    pub fn cancel(&self) {
        self.is_cancelled.store(true, Ordering::Relaxed);
        self.watch.cancel();
    }

    fn is_cancelled(&self) -> bool {
        self.is_cancelled.load(Ordering::Relaxed)
    }

    /// What the lake writes its progress to and looks at.
    pub(crate) fn watch(&self) -> &Watch {
        &self.watch
    }

    /// How far it has come.
    #[must_use]
    pub fn progress(&self, now: Time) -> Progress {
        let (rows, bytes, percent) = (self.watch.rows(), self.watch.bytes(), self.watch.percent());
        let phase = match percent {
            0 if rows == 0 => Phase::Starting,
            100 => Phase::Finishing,
            _ => Phase::Reading,
        };
        let seconds = (now - self.began).as_seconds();
        let of_bytes = match u64::from(percent) {
            0 => 0,
            percent => bytes.saturating_mul(100) / percent,
        };
        Progress { rows, bytes, percent, of_bytes, seconds, phase }
    }

    /// The question as its actor sees it.
    #[must_use]
    pub fn view(&self, now: Time) -> QueryView {
        QueryView {
            id: self.id.clone(),
            kind: self.kind.clone(),
            began: self.began.to_string(),
            progress: self.progress(now),
        }
    }
}

impl Running {
    /// The question, for the thread that works on it.
    pub(crate) fn query(&self) -> Arc<Query> {
        Arc::clone(&self.query)
    }

    /// Refuses to go on once the question was cancelled.
    pub fn check(&self) -> Result<(), Problem> {
        if self.query.is_cancelled() { Err(cancelled()) } else { Ok(()) }
    }
}

/// INVARIANT(nobody-waits): a question that nobody waits for any more does not run.
impl Drop for Running {
    fn drop(&mut self) {
        self.query.cancel();
        let key = (std::mem::take(&mut self.actor), self.query.id.clone());
        self.queries.with(|running| running.remove(&key));
        self.queries.changed.send_replace(());
    }
}

/// What whoever asked a question that was cancelled is told.
pub(crate) fn cancelled() -> Problem {
    let detail = "the question was cancelled: ask it again when its answer is wanted";
    Problem::new(StatusCode::CONFLICT, "query-cancelled", detail)
}

impl App {
    /// The questions that run now.
    #[must_use]
    pub fn queries(&self) -> &Queries {
        &self.inner().queries
    }

    /// Begins a question under the id that its caller gave, or one of ours.
    pub fn begin_query(&self, actor: &Actor, id: QueryId, kind: &str) -> Result<Running, Problem> {
        let id = id.0.unwrap_or_else(|| format!("q-{}", self.next_sequence()));
        let query = Arc::new(Query {
            id: id.clone(),
            kind: kind.to_owned(),
            began: self.now(),
            watch: Watch::default(),
            is_cancelled: AtomicBool::new(false),
        });
        let (max, each) = (self.limits().running_questions, self.limits().running_questions_each);
        let queries = &self.inner().queries;
        queries.with(|running| {
            let own = running.keys().filter(|(whose, _)| *whose == actor.0).count();
            if running.len() >= max || own >= each {
                let detail = "too many questions run at once: ask again when some are answered";
                let status = StatusCode::SERVICE_UNAVAILABLE;
                return Err(Problem::new(status, "too-many-questions", detail));
            }
            let key = (actor.0.clone(), id);
            if running.contains_key(&key) {
                let detail = "a question of this id runs already: give each its own `Query-Id`";
                return Err(Problem::new(StatusCode::CONFLICT, "query-id-taken", detail));
            }
            running.insert(key, Arc::clone(&query));
            Ok(())
        })?;
        queries.changed.send_replace(());
        Ok(Running { query, actor: actor.0.clone(), queries: Arc::clone(queries) })
    }
}
