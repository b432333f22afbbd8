//! know: questions as typed plans, each with an answer that is obviously right and slow.
//!
//! A question speaks in names; resolving it gives a plan in codes or says what is wrong with it.
//! Nothing here reads rows from anywhere: the lake walks them, and its operators must agree with
//! the reference answers of this module.

#[cfg(test)]
mod tests;

pub mod answer;
pub mod cohort;
pub mod condition;
pub mod fault;
pub mod funnel;
pub mod period;
pub mod phrase;
pub mod plan;
pub mod retention;
pub mod row;
pub mod saved;
pub mod shape;
pub mod tabled;
pub mod trend;
pub mod words;

pub use answer::{Answer, Reply, Scanned};
pub use cohort::{Cohort, CohortAnswer, CohortPlan};
pub use condition::{Condition, Demand, Wanted, Where};
pub use fault::{Fault, Faults, Flaw};
pub use funnel::{Funnel, FunnelAnswer, FunnelPlan};
pub use period::{Interval, Periods};
pub use plan::{Plan, Scope};
pub use retention::{Retention, RetentionAnswer, RetentionPlan};
pub use row::PersonRow;
pub use shape::Shape;
pub use tabled::{Cell, Column, Kind, Table, Tabled};
pub use trend::{Trend, TrendAnswer, TrendPlan};
pub use words::{Setting, Words};

/// What stands for an absent value in a breakdown.
pub const NONE: &str = "(none)";
/// What stands for all values of a breakdown that have no line of their own.
pub const OTHER: &str = "(other)";
