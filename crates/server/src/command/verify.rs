//! `candor verify`: the ledger, checked from its files and its public key alone. No server, no root
//! key.

use std::path::PathBuf;

use anyhow::Context;
use clap::Args;
use life::ledger::verify::verify;
use vault::ledger::Directory;

use super::say::say;
use super::{Ending, Environment, Place};

#[derive(Debug, Args)]
pub struct Verify {
    #[command(flatten)]
    place: Place,
    /// The ledger's directory; without it, the one of this installation.
    #[arg(long, value_name = "DIR")]
    ledger: Option<PathBuf>,
    /// The public key's file; without it, `key.pub` beside the ledger's files.
    #[arg(long, value_name = "FILE")]
    public_key: Option<PathBuf>,
    /// A checkpoint that was kept elsewhere: shows a ledger that was cut back since.
    #[arg(long, value_name = "FILE")]
    since: Option<PathBuf>,
}

impl Verify {
    pub fn run(self, environment: &Environment) -> anyhow::Result<Ending> {
        let directory = match self.ledger {
            Some(directory) => directory,
            None => self.place.layers(environment)?.read()?.server.data.join("ledger"),
        };
        let key = self.public_key.unwrap_or_else(|| directory.join("key.pub"));
        let read = |path: &PathBuf| {
            std::fs::read_to_string(path)
                .with_context(|| format!("cannot read `{}`", path.display()))
        };
        let since = self.since.as_ref().map(read).transpose()?;
        let report = verify(&Directory::at(&directory), &read(&key)?, since.as_deref());
        if self.place.json {
            say(serde_json::to_string(&report)?)?;
        } else {
            let state = if report.ok { "whole" } else { "NOT WHOLE" };
            say(format!("{} entries, {state}", report.size))?;
            for problem in &report.problems {
                say(format!("  {problem}"))?;
            }
            say(&report.note)?;
        }
        Ok(if report.ok { Ending::Done } else { Ending::Failed })
    }
}
