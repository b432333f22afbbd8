//! SQL over what a purpose may see: a judged statement is planned and carried out by DataFusion,
//! over tables whose rows were masked before it met them.
//!
//! INVARIANT(mask): a table is not a view over all rows. Its scan hands out visible rows and
//! nothing else, and says nothing of how many there are, so no expression can meet a hidden one.

mod answer;
mod batch;
mod condition;
mod scan;
mod session;

use std::collections::HashSet;
use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use datafusion::arrow::array::RecordBatch;
use datafusion::error::DataFusionError;
use datafusion::execution::SessionState;
use datafusion::physical_plan::execute_stream;
use datafusion::sql::parser::Statement;
use datafusion::sql::sqlparser::ast;
use life::admit::{Grant, Verb};
use life::keep::manifest::FileId;
use life::know::tabled::Table;
use life::know::{Scanned, SqlPlan};
use tokio::sync::{mpsc, watch};
use tokio::time::{self, MissedTickBehavior};
use tokio_stream::StreamExt;
use vocabulary::{Code, Limits, SourceId, Span, Time};

use self::answer::Rows;
use self::scan::{Order, Producer};
use super::ask::{Asking, permit};
use super::error::AskError;
use super::sight::Sight;

/// What the codes of events and sources are called.
#[derive(Clone, Copy)]
pub struct Naming<'a> {
    pub event: &'a (dyn Fn(Code) -> Option<String> + Sync),
    /// The code of an event's name.
    pub code: &'a (dyn Fn(&str) -> Option<Code> + Sync),
    pub source: &'a (dyn Fn(SourceId) -> Option<String> + Sync),
}

impl fmt::Debug for Naming<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Naming").finish_non_exhaustive()
    }
}

/// What a statement selected.
#[derive(Debug)]
pub struct Selected {
    pub table: Table,
    /// Whether there were more rows than were asked for.
    pub truncated: bool,
    pub scanned: Scanned,
}

/// What producers tell of what they read.
#[derive(Debug, Default)]
struct Read {
    rows: u64,
    bytes: u64,
    files: HashSet<FileId>,
}

/// Parts of scans that may wait for a producer.
const ORDERS: usize = 1 << 10;
/// How often a statement is looked after while it runs.
const LOOK: Duration = Duration::from_millis(50);
/// Stack of a thread that plans and reckons: a judged text may be a thousand steps deep.
const STACK_BYTES: usize = 16 << 20;
/// How many times the memory of a statement the process may grow by while it runs. The engine does
/// not count what joins put together, so only the process shows it.
const GROWTH_MAX: u64 = 2;

/// What a statement may use.
#[derive(Debug, Clone, Copy)]
pub struct Allowance<'a> {
    pub limits: &'a Limits,
    /// The time that is left of that which it has.
    pub time: Span,
    /// Bytes that the process holds, when that can be told.
    pub held: fn() -> Option<u64>,
}

impl Allowance<'_> {
    /// The time that is left, if any.
    fn left(&self) -> Result<Duration, AskError> {
        let left = u64::try_from(self.time.0).ok().filter(|left| *left > 0);
        let slow = AskError::TooSlow { span: self.limits.sql_time };
        left.map(Duration::from_micros).ok_or(slow)
    }
}

/// Carries out a statement. The caller knows the time: `seconds` is zero in what was scanned.
///
/// INVARIANT(gate): nothing is read before the grant has been held against the plan. Rows are
/// people's, so a statement is reading.
pub fn select(
    asking: &Asking<'_>,
    plan: &SqlPlan,
    naming: Naming<'_>,
    allowance: Allowance<'_>,
    grant: &Grant,
    now: Time,
) -> Result<Selected, AskError> {
    permit(plan.purpose, plan.categories, grant, Verb::Read, now)?;
    let Allowance { limits, held, .. } = allowance;
    let limit = allowance.left()?;
    let threads = asking.threads.max(1);
    let most = held().map(|held| held + GROWTH_MAX * limits.sql_memory_bytes as u64);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(threads)
        .thread_stack_size(STACK_BYTES)
        .enable_time()
        .build()
        .map_err(|error| AskError::Read(Box::new(error)))?;
    let sight = Sight::new(asking.mask, plan.purpose, Vec::new(), None, None);
    let read = Mutex::new(Read::default());
    let (orders, mut coming) = mpsc::channel(ORDERS);
    let (over, is_over) = watch::channel(false);
    let done = thread::scope(|scope| {
        let state = runtime.block_on(session::state(plan, orders, threads, limits))?;
        let rows = Rows::new(plan.rows_max, limits.sql_answer_bytes);
        let mut working = runtime.spawn(carry_out(state, plan.statement.clone(), rows));
        let produce = |order: Order| {
            let (handle, is_over) = (runtime.handle().clone(), is_over.clone());
            let producer = Producer { asking, sight: &sight, naming, read: &read, handle, is_over };
            scope.spawn(move || producer.carry_out(&order));
        };
        let watched = async {
            let mut look = time::interval(LOOK);
            look.set_missed_tick_behavior(MissedTickBehavior::Skip);
            loop {
                tokio::select! {
                    Some(order) = coming.recv() => produce(order),
                    done = &mut working => return done.unwrap_or(Err(AskError::Thread)),
                    _ = look.tick() => {
                        asking.look()?;
                        if most.zip(held()).is_some_and(|(most, held)| held > most) {
                            return Err(AskError::TooMuchMemory);
                        }
                    }
                }
            }
        };
        let done = runtime.block_on(async { time::timeout(limit, watched).await });
        let done = done.unwrap_or(Err(AskError::TooSlow { span: limits.sql_time }));
        working.abort();
        // Producers that wait for a taker wait no longer.
        over.send_replace(true);
        done
    });
    runtime.shutdown_background();
    let rows = done?;
    // Whoever may be seen less since the last look is not in what leaves.
    asking.look()?;
    let read = read.into_inner().unwrap_or_else(PoisonError::into_inner);
    let scanned = Scanned {
        rows: read.rows,
        bytes: read.bytes,
        files: read.files.len() as u64,
        ..Scanned::default()
    };
    let (table, truncated) = rows.finish();
    Ok(Selected { table, truncated, scanned })
}

/// Plans a statement and takes its rows until there are enough.
async fn carry_out(
    state: SessionState,
    statement: ast::Statement,
    mut rows: Rows,
) -> Result<Rows, AskError> {
    let statement = Statement::Statement(Box::new(statement));
    let logical = state.statement_to_plan(statement).await.map_err(unplanned)?;
    let physical = state.create_physical_plan(&logical).await.map_err(unplanned)?;
    rows.head(&physical.schema());
    let mut batches = execute_stream(physical, state.task_ctx()).map_err(failed)?;
    while let Some(batch) = batches.next().await {
        let batch: RecordBatch = batch.map_err(failed)?;
        if rows.take(&batch)? {
            break;
        }
    }
    Ok(rows)
}

/// A statement that cannot be planned is the caller's to mend.
fn unplanned(error: DataFusionError) -> AskError {
    match failed(error) {
        AskError::SqlFailed { why } => AskError::SqlInvalid { why },
        other => other,
    }
}

/// What stopped a statement. A producer's cause comes back as it was.
fn failed(error: DataFusionError) -> AskError {
    let error = match error {
        DataFusionError::External(cause) => match cause.downcast::<AskError>() {
            Ok(cause) => return *cause,
            Err(cause) => DataFusionError::External(cause),
        },
        other => other,
    };
    match error.find_root() {
        DataFusionError::ResourcesExhausted(_) => AskError::TooMuchMemory,
        DataFusionError::External(cause) => {
            match cause.downcast_ref::<AskError>() {
                // Only its word and its sentence are left of a cause that others hold too.
                Some(AskError::Cancelled) => AskError::Cancelled,
                Some(AskError::MaskNarrowed) => AskError::MaskNarrowed,
                Some(_) => AskError::Read(cause.to_string().into()),
                // A function's own words, such as those of a pattern that cannot be read.
                None => AskError::SqlFailed { why: cause.to_string() },
            }
        }
        root => AskError::SqlFailed { why: root.strip_backtrace() },
    }
}
