//! What the program says: answers to its output, everything else to its error stream. Both may be
//! closed by whoever reads them; that is no failure of ours.

use std::fmt::Display;
use std::io::{ErrorKind, Write};

use thiserror::Error;

use super::Ending;
use crate::config::ConfigError;

/// Nobody reads the output any more.
#[derive(Debug, Error)]
#[error("nobody reads the output any more")]
pub struct Closed;

/// Why a verb could not begin.
#[derive(Debug, Error)]
pub enum Unready {
    #[error(
        "there is no installation in `{data}`: start `candor serve` there, or name it with --data"
    )]
    NotFounded { data: String },
}

/// Says a line of the answer.
pub fn say(line: impl Display) -> anyhow::Result<()> {
    write(&format!("{line}\n"))
}

/// Says text of the answer as it is.
pub fn write(text: &str) -> anyhow::Result<()> {
    bytes(text.as_bytes())
}

/// Says bytes of the answer as they are.
pub fn bytes(bytes: &[u8]) -> anyhow::Result<()> {
    let mut output = std::io::stdout().lock();
    match output.write_all(bytes).and_then(|()| output.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Err(Closed.into()),
        written => Ok(written?),
    }
}

/// Says a line beside the answer.
pub fn warn(line: impl Display) {
    // Where nobody listens, nothing is lost.
    let _ = writeln!(std::io::stderr().lock(), "candor: {line}");
}

/// Says why a verb failed, to machines too where they are to be answered, and how it ended.
pub fn fail(error: &anyhow::Error, json: bool) -> Ending {
    if error.is::<Closed>() {
        return Ending::Done;
    }
    let (code, ending) = if error.is::<ConfigError>() {
        ("configuration", Ending::Usage)
    } else if error.is::<Unready>() {
        ("no-installation", Ending::Unavailable)
    } else {
        ("failed", Ending::Failed)
    };
    let detail = sentence(error);
    warn(&detail);
    if json {
        // The exit code says that it failed, whether this can be written or not.
        let _ = say(serde_json::json!({ "code": code, "detail": detail }));
    }
    ending
}

/// An error with its causes, each said once: some say their own cause themselves.
fn sentence(error: &anyhow::Error) -> String {
    let mut said = String::new();
    for cause in error.chain().map(|cause| cause.to_string().trim().to_owned()) {
        if said.is_empty() {
            said = cause;
        } else if !said.contains(&cause) {
            said = format!("{said}: {cause}");
        }
    }
    said
}
