//! The world: HTTP, jobs, configuration and the command line. Everything that decides lies below
//! it.

#![deny(clippy::print_stdout, clippy::print_stderr)]

pub mod app;
pub mod clock;
pub mod command;
pub mod config;
pub mod http;
pub mod job;
pub mod listen;
pub mod log;
pub mod problem;
pub mod process;
#[cfg(test)]
mod stage;
