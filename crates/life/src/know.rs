//! know: questions as typed plans, each with an answer that is obviously right and slow.
//!
//! A question speaks in names; resolving it gives a plan in codes or says what is wrong with it.
//! Nothing here reads rows from anywhere: the lake walks them, and its operators must agree with
//! the reference answers of this module.

#[cfg(test)]
mod tests;

pub mod about;
pub mod answer;
pub mod cohort;
pub mod condition;
pub mod fault;
mod formula;
pub mod funnel;
pub mod kind;
pub mod lifecycle;
pub mod measure;
pub mod paths;
pub mod period;
pub mod phrase;
mod resolve;
pub mod retention;
pub mod row;
pub mod saved;
pub mod scope;
pub mod sessions;
pub mod shape;
pub mod sql;
pub mod stickiness;
pub mod tabled;
pub mod tick;
pub mod trend;
pub mod values;
pub mod words;

pub use about::{About, People};
pub use answer::{Reply, Scanned};
pub use cohort::{Cohort, CohortAnswer, CohortPlan};
pub use condition::{Condition, Deed, Demand, Test, Tested, Wanted, Where};
pub use fault::{Fault, Faults, Flaw};
pub use funnel::{Funnel, FunnelAnswer, FunnelPick, FunnelPlan};
pub use kind::{Answer, Asked, Everyone, Plan, Question};
pub use lifecycle::{Lifecycle, LifecycleAnswer, LifecyclePick, LifecyclePlan};
pub use paths::{Paths, PathsAnswer, PathsPick, PathsPlan};
pub use period::{Interval, Periods};
pub use resolve::Cohorted;
pub use retention::{Retention, RetentionAnswer, RetentionPick, RetentionPlan};
pub use row::PersonRow;
pub use scope::{Column, Members, Restriction, Scope, Told, Who};
pub use sessions::{Sessions, SessionsAnswer, SessionsPick, SessionsPlan};
pub use shape::Shape;
pub use sql::{Sql, SqlPlan, SqlReply, SqlSchema};
pub use stickiness::{Stickiness, StickinessAnswer, StickinessPick, StickinessPlan};
pub use tabled::{Table, Tabled};
pub use trend::{Trend, TrendAnswer, TrendPick, TrendPlan};
pub use values::{Values, ValuesAnswer, ValuesPick, ValuesPlan};
pub use words::{Setting, Words};

/// What stands for an absent value in a breakdown.
pub const NONE: &str = "(none)";
/// What stands for all values of a breakdown that have no line of their own.
pub const OTHER: &str = "(other)";
