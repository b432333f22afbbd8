//! Asking: a plan under a grant becomes an answer over one snapshot of files and fresh rows.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::http::StatusCode;
use lake::keep::file::Scanned as Read;
use lake::know::table::Table;
use lake::know::{Allowance, AskError, Asking, Naming, Selected, Watch};
use life::admit::{Actor, Grant, Verb};
use life::keep::names::Named;
use life::know::{Answer, Faults, Plan, Reply, Scanned, Setting, SqlPlan, SqlReply};
use tokio::sync::SemaphorePermit;
use tracing::field;
use vocabulary::{Digest, Fact, Purpose, Refusal, Span, Time};

use super::App;
use super::running::{Running, cancelled};
use crate::problem::Problem;
use crate::process;

/// What came of a question.
struct Done<T> {
    answer: T,
    scanned: Scanned,
    as_of: Time,
    purpose: String,
}

impl App {
    /// How often a question starts again because the mask narrowed or files were replaced while it
    /// ran.
    const TRIES: u32 = 1_000;
    /// How often a text that waits is looked after.
    const LOOK: Duration = Duration::from_millis(50);

    /// Resolves a question against the words of this installation, or says what is wrong with it.
    pub async fn resolve<T>(
        &self,
        resolve: impl FnOnce(Setting<'_>) -> Result<T, Faults>,
    ) -> Result<T, Problem> {
        let inner = self.inner();
        let cohorts = self.cohorts().await?;
        let resolved = self.region().truth(|truth| {
            resolve(Setting {
                words: &inner.words,
                names: &truth.names,
                zone: &inner.config.time.zone,
                week_start: inner.config.time.week_start.word(),
                limits: &inner.limits,
                now: self.now(),
                cohorts: &cohorts,
            })
        });
        Ok(resolved?)
    }

    /// Answers a plan.
    pub async fn ask(&self, plan: Plan, grant: Grant, running: &Running) -> Result<Reply, Problem> {
        let asked = format!("{plan:?}");
        let work = move |app: &App, grant: &Grant, watch: &Watch| {
            let (answer, scanned) = app.answer(&plan, grant, watch)?;
            Ok(((plan, answer), scanned))
        };
        let Done { answer, scanned, as_of, purpose } =
            self.carry_out(&asked, grant, running, work).await?;
        let (plan, answer) = answer;
        Ok(Reply::new(&plan, answer, scanned, as_of, &purpose))
    }

    /// Carries out a text of SQL.
    pub async fn select(
        &self,
        plan: SqlPlan,
        grant: Grant,
        running: &Running,
    ) -> Result<SqlReply, Problem> {
        let asked = plan.statement.to_string();
        let turn = self.turn(running).await?;
        let begun = self.now();
        let work = move |app: &App, grant: &Grant, watch: &Watch| {
            let Selected { table, truncated, scanned } =
                app.selected(&plan, grant, watch, begun)?;
            Ok(((table, truncated), scanned))
        };
        let Done { answer, scanned, as_of, purpose } =
            self.carry_out(&asked, grant, running, work).await?;
        drop(turn);
        let (table, truncated) = answer;
        Ok(SqlReply::new(table, truncated, scanned, as_of, &purpose))
    }

    /// The turn of a text, once there is one. Who is cancelled while waiting waits no longer.
    async fn turn(&self, running: &Running) -> Result<SemaphorePermit<'_>, Problem> {
        let mut turn = pin!(self.inner().texts.acquire());
        let mut look = tokio::time::interval(Self::LOOK);
        loop {
            tokio::select! {
                turn = &mut turn => return turn.map_err(|error| Problem::internal(&error)),
                _ = look.tick() => running.check()?,
            }
        }
    }

    /// Works on a question beside the requests. Who asked what is durable before the answer leaves.
    async fn carry_out<T: Send + 'static>(
        &self,
        asked: &str,
        grant: Grant,
        running: &Running,
        work: impl FnOnce(&App, &Grant, &Watch) -> Result<(T, Scanned), AskError> + Send + 'static,
    ) -> Result<Done<T>, Problem> {
        let (app, query) = (self.clone(), running.query());
        let as_of = self.now();
        let digest = self.blinder().question(asked);
        // What is asked may name a value of a person: of the plan only its digest is told.
        let span = tracing::info_span!("question", plan = %digest.0, rows = field::Empty);
        let inside = span.clone();
        let worked = tokio::task::spawn_blocking(move || {
            let worked = inside.in_scope(|| work(&app, &grant, query.watch()));
            (worked, grant)
        });
        let (worked, grant) = worked.await.map_err(|error| Problem::internal(&error))?;
        let (answer, scanned) = worked.map_err(|error| refused(&error))?;
        span.record("rows", scanned.rows);
        drop(span);
        self.log(&grant, digest, scanned.rows).await?;
        let took = self.inner().clock.since(as_of);
        metrics::histogram!("candor_question_seconds").record(took.as_seconds());
        let scanned = Scanned { seconds: took.as_seconds(), ..scanned };
        let purpose = self.catalogue().purpose_name(grant.purpose()).unwrap_or_default();
        Ok(Done { answer, scanned, as_of, purpose: purpose.to_owned() })
    }

    /// However often it begins again, a text has one time.
    fn selected(
        &self,
        plan: &SqlPlan,
        grant: &Grant,
        watch: &Watch,
        begun: Time,
    ) -> Result<Selected, AskError> {
        let event = |code| {
            self.region().truth(|truth| truth.names.text(Named::Event, code).map(str::to_owned))
        };
        let code = |name: &str| self.region().truth(|truth| truth.names.code(Named::Event, name));
        let source = |source| Some(self.source_name(source));
        let naming = Naming { event: &event, code: &code, source: &source };
        self.asking(watch, |asking| {
            let limits = self.limits();
            let time = Span(limits.sql_time.0 - self.inner().clock.since(begun).0);
            let allowance = Allowance { limits, time, held: process::held_bytes };
            lake::know::select(asking, plan, naming, allowance, grant, self.now())
        })
    }

    fn answer(
        &self,
        plan: &Plan,
        grant: &Grant,
        watch: &Watch,
    ) -> Result<(Answer, Scanned), AskError> {
        self.asking(watch, |asking| lake::know::ask(asking, plan, grant, self.now()))
    }

    /// What a question needs, over one snapshot.
    pub(super) fn asking<T>(
        &self,
        watch: &Watch,
        ask: impl Fn(&Asking<'_>) -> Result<T, AskError>,
    ) -> Result<T, AskError> {
        let is_replaced =
            |error: &AskError| matches!(error, AskError::MaskNarrowed | AskError::Read(_));
        self.with_table(is_replaced, |table| {
            ask(&Asking {
                mask: table.mask(),
                source: table,
                still: &|epoch| self.region().truth(|truth| truth.epoch()) == epoch,
                watch,
                threads: self.config().server.question_threads.max(1),
                moved_rows_max: self.limits().diverted_rows,
            })
        })
    }

    /// Reads one snapshot; when it failed as it may when the mask or the files were replaced
    /// meanwhile, and they were, reads the next one.
    pub(crate) fn with_table<T, E>(
        &self,
        is_replaced: impl Fn(&E) -> bool,
        read: impl Fn(&Table<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut tries = 0;
        loop {
            let table = self.table();
            let done = read(&table);
            tries += 1;
            let epoch = self.region().truth(|truth| truth.epoch());
            let is_current = table.is_current() && table.mask().epoch == epoch;
            match &done {
                Err(error) if is_replaced(error) && !is_current && tries < Self::TRIES => {}
                Ok(_) | Err(_) => return done,
            }
        }
    }

    /// The region as one question sees it from start to end.
    pub(crate) fn table(&self) -> Table<'_> {
        let inner = self.inner();
        let scanned = Arc::new(Read::default());
        Table::new(&inner.region, &inner.place, &inner.footers, scanned, self.sealer())
    }

    /// Enters a reading that is not a question in the read log.
    pub async fn read_log(&self, grant: &Grant, what: &str, rows: usize) -> Result<(), Problem> {
        self.log(grant, self.blinder().question(what), rows as u64).await
    }

    async fn log(&self, grant: &Grant, plan: Digest, rows: u64) -> Result<(), Problem> {
        let at = self.now();
        let actor = grant.actor().0.clone();
        let verb = grant.verb().code().to_owned();
        let fact = Fact::Answered {
            at,
            actor: actor.clone(),
            purpose: grant.purpose(),
            verb: verb.clone(),
            plan: plan.clone(),
            rows,
        };
        let snapshot = Default::default();
        let read =
            vault::ledger::Read { at, actor, purpose: grant.purpose(), verb, plan, snapshot, rows };
        let logged = self.inner().vault.log_read(&read, &[fact]).await;
        self.inner().jobs.wake_ledger();
        logged.map_err(|error| Problem::internal(&error))
    }

    /// Leaves the fact that a use was refused.
    pub async fn denied(
        &self,
        actor: &Actor,
        purpose: Purpose,
        verb: Verb,
        why: Refusal,
    ) -> Result<(), Problem> {
        let fact = Fact::Denied {
            at: self.now(),
            actor: actor.0.clone(),
            purpose,
            verb: verb.code().to_owned(),
            code: why.code().to_owned(),
        };
        self.record(&[fact]).await.map_err(|error| Problem::internal(&error))
    }
}

pub(super) fn refused(error: &AskError) -> Problem {
    let status = match error {
        AskError::OtherPurpose { .. }
        | AskError::OtherVerb
        | AskError::Expired
        | AskError::OtherCategory => StatusCode::FORBIDDEN,
        AskError::TooManyCells { .. }
        | AskError::TooManyNumbers { .. }
        | AskError::TooManyMovedRows { .. }
        | AskError::SqlFailed { .. }
        | AskError::TooMuchMemory
        | AskError::TooSlow { .. }
        | AskError::AnswerTooLarge { .. } => StatusCode::UNPROCESSABLE_ENTITY,
        AskError::SqlInvalid { .. } => StatusCode::BAD_REQUEST,
        AskError::MaskNarrowed => StatusCode::CONFLICT,
        AskError::Cancelled => return cancelled(),
        AskError::Unordered | AskError::Thread | AskError::Read(_) => {
            return Problem::internal(error);
        }
    };
    let problem = Problem::new(status, error.code(), error.to_string());
    if error.code().starts_with("sql-") { problem.at("/sql") } else { problem }
}
