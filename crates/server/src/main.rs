//! The binary `candor`. It reads the environment, and nothing below it does.

use std::process::ExitCode;

use server::command::{Candor, Environment, say};

/// Many threads allocate what another one frees; the system's allocator keeps much of that.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Stack of a thread: a text of SQL may be read a thousand steps deep.
const STACK_BYTES: usize = 16 << 20;

pub(crate) fn main() -> ExitCode {
    let (candor, json) = Candor::told();
    let mut threads = tokio::runtime::Builder::new_multi_thread();
    let threads = threads.enable_all().thread_stack_size(STACK_BYTES).build();
    // On a thread of theirs, and not on this one, whose stack is what the shell says.
    let ran = threads.map_err(anyhow::Error::from).and_then(|threads| {
        threads.block_on(async { tokio::spawn(candor.run(environment())).await })?
    });
    match ran {
        Ok(ending) => ExitCode::from(ending.code()),
        Err(error) => ExitCode::from(say::fail(&error, json).code()),
    }
}

#[expect(clippy::disallowed_methods, reason = "the one reading of the environment")]
fn environment() -> Environment {
    Environment(std::env::vars().collect())
}
