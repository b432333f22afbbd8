//! The life of a datum as rules: values in, values out.
//!
//! Nothing here waits, reads a clock, draws chance or touches a disk: `now` and chance come in as
//! arguments. The modules stand in the order in which a datum meets them, and none uses one below.

pub mod arrive;

pub mod admit;

pub mod keep;

pub mod know;

pub mod erase;

pub mod ledger;
