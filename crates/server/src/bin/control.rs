//! The program with protections that can be switched off, for negative controls: a test that does
//! not notice the missing protection tests nothing. It is built with the feature `control` only.

use std::process::ExitCode;

#[path = "../main.rs"]
mod candor;

/// Switches off what the environment names; the name of nothing is an error.
#[expect(clippy::disallowed_methods, reason = "the environment is read in a binary")]
fn main() -> ExitCode {
    let names = std::env::var("CANDOR_CONTROL").unwrap_or_default();
    let unknown = names.split_terminator(',').find(|name| !lake::keep::control::switch_off(name));
    if let Some(name) = unknown {
        eprintln!("candor-control: no protection is switched off by `{name}`");
        return ExitCode::FAILURE;
    }
    candor::main()
}
