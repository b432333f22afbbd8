//! The binary `candor`. It reads the environment, and nothing below it does.

use std::process::ExitCode;

use server::command::{Candor, Environment, say};

/// Many threads allocate what another one frees; the system's allocator keeps much of that.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
pub(crate) async fn main() -> ExitCode {
    let (candor, json) = Candor::told();
    match candor.run(environment()).await {
        Ok(ending) => ExitCode::from(ending.code()),
        Err(error) => ExitCode::from(say::fail(&error, json).code()),
    }
}

#[expect(clippy::disallowed_methods, reason = "the one reading of the environment")]
fn environment() -> Environment {
    Environment(std::env::vars().collect())
}
