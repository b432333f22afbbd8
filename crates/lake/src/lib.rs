//! The lake: events in columns. The only crate that names Arrow, Parquet and the files of the
//! journal.

pub mod arrive;
pub mod erase;
pub mod keep;
pub mod know;
pub mod share;
