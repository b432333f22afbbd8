//! know: questions over ordered runs of people, fresh rows and files alike.
//!
//! A question needs a grant for its purpose. The mask works inside the walk, before any operator.
//! Nothing here reads a file: runs of rows come from a `Source`. Only SQL has a limit of time.

mod cells;
mod cohort;
mod reorder;
mod funnel;
mod lifecycle;
mod matcher;
mod operator;
mod paths;
mod pieces;
mod retention;
mod sessions;
mod sight;
mod stickiness;
mod trend;
mod values;
mod view;
mod walk;

#[cfg(test)]
mod tests;

pub mod ask;
pub mod error;
pub mod export;
pub mod people_behind;
pub mod run;
pub mod sql;
pub mod table;
pub mod volumes;
pub mod watch;

pub use ask::{Asking, ask, members};
pub use error::AskError;
pub use people_behind::Member;
pub use run::{MemoryRun, Run, Scan, Source};
pub use sql::{Allowance, Naming, Selected, select};
pub use volumes::{Met, Properties, properties, volumes};
pub use watch::Watch;
