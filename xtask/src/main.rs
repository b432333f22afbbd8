//! What the Makefile calls: set up a machine, run Candor with its demo shop, test everything.
//!
//! This package names none of ours, so that it compiles in seconds, before anything else does.

mod peers;
mod deb;
mod place;
mod run;
mod setup;
mod shop;
mod steps;
mod test;

use std::process::ExitCode;

use anyhow::{Result, bail};

use place::Place;

const HELP: &str = "\
usage: cargo run -p xtask -- COMMAND

  setup   install by name what is missing
  run     build Candor, start it and send the demo shop's traffic
  test    all that must pass
  check   the inner part of `test`, for editing
  bench   ask the engines that answers are compared with again, and race them
  deb     build the Debian package: deb [BINARY [FOLDER]]
  fresh   write the generated files again
  shop    serve the demo shop's page (`run` starts this)";

fn main() -> ExitCode {
    #[expect(clippy::disallowed_methods, reason = "main.rs is where the command line is read")]
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match command(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "main.rs is where the environment is read")]
fn command(arguments: &[String]) -> Result<()> {
    let place = Place::new(&|name| std::env::var(name).ok().filter(|value| !value.is_empty()))?;
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["setup"] => setup::for_run(&place).and_then(|()| setup::for_test(&place)),
        ["run"] => run::run(&place),
        ["test"] => test::all(&place),
        ["check"] => test::inner(&place),
        ["bench"] => peers::ask(&place),
        ["fresh"] => test::refresh(&place),
        ["deb"] => deb::build(&place, None, None),
        ["deb", binary] => deb::build(&place, Some(binary), None),
        ["deb", binary, into] => deb::build(&place, Some(binary), Some(into)),
        ["shop", listen, candor, key] => shop::serve(&place, listen, candor, key),
        ["help" | "--help"] => {
            println!("{HELP}");
            Ok(())
        }
        _ => bail!("{HELP}"),
    }
}
