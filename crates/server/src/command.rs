//! The command line: one file for each verb. Verbs that use data ask the same HTTP API as
//! everybody.

use std::path::PathBuf;

use clap::{ArgMatches, Args, CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::config::log::Form;
use crate::config::{ConfigError, Layers};

pub mod bench;
pub mod client;
pub mod completions;
pub mod config;
pub mod demo;
pub mod doctor;
pub mod erase;
pub mod export;
pub mod import;
pub mod keys;
pub mod law;
pub mod query;
pub mod restrict;
pub mod say;
pub mod serve;
pub mod unlink;
pub mod verify;

/// Customer analytics in which every use of a person's data passes one gate.
#[derive(Debug, Parser)]
#[command(name = "candor", version, propagate_version = true, after_help = EXIT_CODES)]
pub struct Candor {
    #[command(subcommand)]
    pub verb: Verb,
}

const EXIT_CODES: &str = "\
Exit codes: 0 done, 1 failed, 2 wrong usage, 3 not found, 4 conflict, 5 refused by policy or consent,
69 unavailable: there is no installation, or it cannot answer now.
Every verb takes --json for machines. Settings come from --config, then CANDOR__SECTION__KEY, then flags.";

#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Run the server: collection, console and API on one address.
    Serve(serve::Serve),
    /// Send months of plausible shop traffic through the real HTTP path, then go on live.
    Demo(demo::Demo),
    /// Ask a question: a trend, a funnel, a retention grid or the size of a cohort.
    #[command(subcommand)]
    Query(query::Query),
    /// Load events from a file through the same gate, journal and fold as HTTP.
    Import(import::Import),
    /// Measure this machine: questions about the data that is here, and the intake of events.
    Bench(bench::Bench),
    /// Undo a link: an id becomes a person of its own again.
    Unlink(unlink::Unlink),
    /// Restrict a person's data, or lift that: it is kept, and serves a legal duty alone.
    Restrict(restrict::Restrict),
    /// Forget a person: invisible at once, keys destroyed, files rewritten.
    Erase(erase::Erase),
    /// List erasures and how far each has come.
    Erasures(erase::Erasures),
    /// Hand out everything that a purpose may see of one person.
    Export(export::Export),
    /// Check the ledger from its files and public key alone.
    Verify(verify::Verify),
    /// Say why no event arrives, and what to do.
    Doctor(doctor::Doctor),
    /// Make, list and revoke the keys of callers.
    #[command(subcommand)]
    Keys(keys::Keys),
    /// Read the law that the gate judges by: its rules on a day, one rule, what changes, its cases.
    #[command(subcommand)]
    Law(law::LawVerb),
    /// Show the configuration and where each value comes from.
    #[command(subcommand)]
    Config(config::ConfigVerb),
    /// Print the script by which a shell completes these verbs and flags.
    Completions(completions::Completions),
    /// Print the page for `man`, or write one for each verb.
    Manual(completions::Manual),
}

/// What every verb that needs the installation takes.
#[derive(Debug, Clone, Args)]
pub struct Place {
    /// Configuration file (TOML).
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// The directory that holds the state.
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// The root key's file; it must lie outside the data directory.
    #[arg(long, value_name = "FILE")]
    pub root_key: Option<PathBuf>,
    /// Answer with JSON.
    #[arg(long)]
    pub json: bool,
}

impl Place {
    /// The configuration's layers for these flags.
    pub fn layers(&self, environment: &Environment) -> Result<Layers, ConfigError> {
        let mut layers = Layers::defaults();
        if let Some(path) = &self.config {
            layers.file(path)?;
        }
        layers.environment(environment.0.iter().cloned());
        let flags = [("server.data", &self.data), ("server.root_key", &self.root_key)];
        for (key, path) in flags {
            if let Some(path) = path {
                layers.flag(key, &path.to_string_lossy());
            }
        }
        Ok(layers)
    }
}

/// The process's environment, read once by `main`.
#[derive(Debug, Clone, Default)]
pub struct Environment(pub Vec<(String, String)>);

/// How a verb ended, for the exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    Done,
    Failed,
    Usage,
    NotFound,
    Conflict,
    Refused,
    Unavailable,
}

impl Ending {
    /// The documented exit code.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Ending::Done => 0,
            Ending::Failed => 1,
            Ending::Usage => 2,
            Ending::NotFound => 3,
            Ending::Conflict => 4,
            Ending::Refused => 5,
            Ending::Unavailable => 69,
        }
    }

    /// The ending that an HTTP status stands for.
    #[must_use]
    pub const fn of(status: u16) -> Self {
        match status {
            200..=299 => Ending::Done,
            400 | 413 | 415 | 422 => Ending::Usage,
            401 | 403 => Ending::Refused,
            404 => Ending::NotFound,
            409 => Ending::Conflict,
            429 | 503 => Ending::Unavailable,
            _ => Ending::Failed,
        }
    }
}

impl Candor {
    /// What the command line asks for, and whether it wants JSON; without sense it ends here.
    #[must_use]
    pub fn told() -> (Self, bool) {
        let matches = Self::command().get_matches();
        let json = wants_json(&matches);
        (Self::from_arg_matches(&matches).unwrap_or_else(|error| error.exit()), json)
    }

    /// Carries out the verb.
    pub async fn run(self, environment: Environment) -> anyhow::Result<Ending> {
        // The server tells in the form that its configuration says.
        if !matches!(self.verb, Verb::Serve(_)) {
            crate::log::start(Form::Text, None, &environment);
        }
        match self.verb {
            Verb::Serve(serve) => serve.run(&environment).await,
            Verb::Demo(demo) => demo.run(&environment).await,
            Verb::Query(query) => query.run(&environment).await,
            Verb::Import(import) => import.run(&environment).await,
            Verb::Bench(bench) => bench.run(&environment).await,
            Verb::Unlink(unlink) => unlink.run(&environment).await,
            Verb::Restrict(restrict) => restrict.run(&environment).await,
            Verb::Erase(erase) => erase.run(&environment).await,
            Verb::Erasures(erasures) => erasures.run(&environment).await,
            Verb::Export(export) => export.run(&environment).await,
            Verb::Verify(verify) => verify.run(&environment),
            Verb::Doctor(doctor) => doctor.run(&environment).await,
            Verb::Keys(keys) => keys.run(&environment).await,
            Verb::Law(law) => law.run(&environment).await,
            Verb::Config(config) => config.run(&environment),
            Verb::Completions(completions) => completions.run(),
            Verb::Manual(manual) => manual.run(),
        }
    }
}

/// Whether a verb, or the verb within it, was asked for JSON.
fn wants_json(matches: &ArgMatches) -> bool {
    matches.try_get_one::<bool>("json").is_ok_and(|json| json == Some(&true))
        || matches.subcommand().is_some_and(|(_, matches)| wants_json(matches))
}
