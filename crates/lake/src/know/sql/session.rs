//! A session for one statement: two tables, the functions that are listed, and no way to a file.

use std::sync::Arc;

use datafusion::datasource::ViewTable;
use datafusion::execution::disk_manager::{DiskManagerBuilder, DiskManagerMode};
use datafusion::execution::memory_pool::GreedyMemoryPool;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::execution::{SessionState, SessionStateBuilder, SessionStateDefaults};
use datafusion::prelude::SessionConfig;
use life::know::SqlPlan;
use life::know::sql::{AGGREGATES, EVENTS, PEOPLE, PEOPLE_IS, SCALARS, WINDOWS};
use tokio::sync::mpsc::Sender;
use vocabulary::Limits;

use super::failed;
use super::scan::{Events, Order};
use crate::know::error::AskError;

/// Rows that operators handle at once.
const BATCH_ROWS: usize = 8 << 10;

/// The session of a plan, whose scans are ordered through `orders`.
pub(super) async fn state(
    plan: &SqlPlan,
    orders: Sender<Order>,
    threads: usize,
    limits: &Limits,
) -> Result<SessionState, AskError> {
    // What does not fit in memory is refused: spilled rows would lie in the open.
    let disk = DiskManagerBuilder::default().with_mode(DiskManagerMode::Disabled);
    let runtime = RuntimeEnvBuilder::new()
        .with_memory_pool(Arc::new(GreedyMemoryPool::new(limits.sql_memory_bytes)))
        .with_disk_manager_builder(disk)
        .build_arc()
        .map_err(failed)?;
    let config = SessionConfig::new()
        .with_target_partitions(threads)
        .with_batch_size(BATCH_ROWS)
        .with_information_schema(false);
    let is_listed = |list: &[&str], name: &str, aliases: &[String]| {
        list.contains(&name) || aliases.iter().any(|alias| list.contains(&alias.as_str()))
    };
    let scalars = SessionStateDefaults::default_scalar_functions().into_iter();
    let aggregates = SessionStateDefaults::default_aggregate_functions().into_iter();
    let windows = SessionStateDefaults::default_window_functions().into_iter();
    let state = SessionStateBuilder::new()
        .with_config(config)
        .with_runtime_env(runtime)
        .with_expr_planners(SessionStateDefaults::default_expr_planners())
        .with_scalar_functions(
            scalars.filter(|one| is_listed(SCALARS, one.name(), one.aliases())).collect(),
        )
        .with_aggregate_functions(
            aggregates.filter(|one| is_listed(AGGREGATES, one.name(), one.aliases())).collect(),
        )
        .with_window_functions(
            windows.filter(|one| is_listed(WINDOWS, one.name(), one.aliases())).collect(),
        )
        .build();
    let tables = state.schema_for_ref(EVENTS).map_err(failed)?;
    let events = Arc::new(Events::new(plan, threads, orders));
    tables.register_table(EVENTS.to_owned(), events).map_err(failed)?;
    let people = state.create_logical_plan(PEOPLE_IS).await.map_err(failed)?;
    let people = Arc::new(ViewTable::new(people, None));
    tables.register_table(PEOPLE.to_owned(), people).map_err(failed)?;
    Ok(state)
}
