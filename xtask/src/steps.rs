//! Running programs: said before, timed after, with the tests they report counted.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, IsTerminal};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::place::Place;

/// How many tests passed and failed so far, and how long each step took.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
    times: Vec<(String, Duration)>,
}

/// A program with its arguments, in a folder.
pub(crate) fn program(name: impl AsRef<OsStr>, arguments: &[&str], folder: &Path) -> Command {
    let mut command = Command::new(name);
    command.args(arguments).current_dir(folder);
    command
}

/// What cargo told this program of its own package. A build that sees it would begin anew.
const OF_A_PACKAGE: [&str; 6] = [
    "CARGO_MANIFEST_DIR",
    "CARGO_PKG_NAME",
    "CARGO_PKG_VERSION_MAJOR",
    "CARGO_PKG_VERSION_MINOR",
    "CARGO_PKG_VERSION_PATCH",
    "CARGO_PKG_VERSION_PRE",
];

/// Cargo in this checkout, as somebody calls it who was not started by it.
pub(crate) fn cargo(place: &Place, arguments: &[&str]) -> Command {
    let mut cargo = program("cargo", arguments, &place.root);
    for variable in OF_A_PACKAGE {
        cargo.env_remove(variable);
    }
    cargo
}

/// Runs it and lets it speak; an error when it cannot be started or fails.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let line = shown(command);
    let status = command.status().with_context(|| format!("cannot start `{line}`"))?;
    if status.success() { Ok(()) } else { bail!("`{line}` failed ({status})") }
}

/// Runs it in silence; true when it ended well.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    let silent = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    silent.status().is_ok_and(|status| status.success())
}

/// What it prints, without the last line's end; nothing when it fails.
pub(crate) fn output(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim_end().to_owned())
}

impl Tally {
    /// One step: its name, then what it prints, then its time. The first failure ends the run.
    pub(crate) fn step(&mut self, name: &str, command: &mut Command) -> Result<()> {
        self.timed(name, |tally| tally.counted(command))
    }

    /// A step that is more than one program.
    pub(crate) fn timed(
        &mut self,
        name: &str,
        work: impl FnOnce(&mut Self) -> Result<()>,
    ) -> Result<()> {
        println!("\n── {name}");
        let begun = now();
        let result = work(self);
        self.times.push((name.to_owned(), now() - begun));
        result.with_context(|| format!("{name} did not pass"))
    }

    fn counted(&mut self, command: &mut Command) -> Result<()> {
        let line = shown(command);
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        if std::io::stderr().is_terminal() {
            command.env("CARGO_TERM_COLOR", "always");
        }
        let mut child = command.spawn().with_context(|| format!("cannot start `{line}`"))?;
        let printed = child.stdout.take().context("the output is piped")?;
        for text in BufReader::new(printed).split(b'\n') {
            let text = text.context("cannot read what the step prints")?;
            let text = String::from_utf8_lossy(&text);
            println!("{text}");
            let (passed, failed) = reported(&text);
            self.passed += passed;
            self.failed += failed;
        }
        let status = child.wait().with_context(|| format!("`{line}` does not end"))?;
        if status.success() { Ok(()) } else { bail!("`{line}` failed ({status})") }
    }

    /// The closing lines: each step's time, then the count in the form that CI reads.
    pub(crate) fn close(mut self, result: Result<()>) -> Result<()> {
        println!();
        for (name, time) in &self.times {
            println!("{:>8.1} s  {name}", time.as_secs_f64());
        }
        if let Err(error) = &result {
            println!("\n{error:#}");
            self.failed = self.failed.max(1);
        }
        println!("\n{} passed, {} failed", self.passed, self.failed);
        result
    }
}

/// The counts in a closing line of Rust's harness or of the browser tests.
fn reported(line: &str) -> (u64, u64) {
    let words: Vec<&str> =
        line.split([' ', ';', ',', '(']).filter(|word| !word.is_empty()).collect();
    let before = |what: &str| {
        let at = words.iter().position(|word| *word == what)?;
        words.get(at.checked_sub(1)?)?.parse().ok()
    };
    let counts = match words.as_slice() {
        ["test", "result:", ..] | [_, "passed" | "failed", ..] => {
            (before("passed"), before("failed"))
        }
        _ => (None, None),
    };
    (counts.0.unwrap_or(0), counts.1.unwrap_or(0))
}

#[expect(
    clippy::disallowed_methods,
    reason = "a step's time is shown to a person, nothing rests on it"
)]
pub(crate) fn now() -> Instant {
    Instant::now()
}

fn shown(command: &Command) -> String {
    let name = Path::new(command.get_program()).file_name().unwrap_or(command.get_program());
    let words = std::iter::once(name).chain(command.get_args());
    words.map(OsStr::to_string_lossy).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closing_lines_are_read() {
        let rust = "test result: ok. 30 passed; 2 failed; 0 ignored; 0 measured; finished in 0.1s";
        assert_eq!(reported(rust), (30, 2));
        assert_eq!(reported("  12 passed (4.1s)"), (12, 0));
        assert_eq!(reported("  1 failed"), (0, 1));
        assert_eq!(reported("test a_thing ... ok"), (0, 0));
        assert_eq!(reported("all 3 passed by"), (0, 0));
    }
}
