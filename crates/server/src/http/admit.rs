//! admit: the purposes that data may be used for, and what each rests on.

pub mod effect;
pub mod policy;
pub mod purposes;
