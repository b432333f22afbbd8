//! Figures: how fast events are acknowledged as durable, what that costs, and how fast questions
//! are answered.
//!
//! `bench ingest` and `bench questions` measure a running server from outside, as a client sees it.

#![expect(clippy::disallowed_methods, reason = "a bench measures with the machine's own clock")]

mod disk;
mod http;
mod ingest;
mod memory;
mod questions;

use std::process::ExitCode;

const USAGE: &str = "\
usage: bench disk FOLDER
       bench ingest URL KEY [batch=100] [seconds=10] [connections=8] [rate=EVENTS_A_SECOND] [pid=SERVER]
       bench questions URL TOKEN [runs=3] [pid=SERVER]";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (words, options): (Vec<&str>, Vec<&str>) =
        arguments.iter().map(String::as_str).partition(|argument| !argument.contains('='));
    let option = |name: &str, otherwise: u64| {
        let value = options.iter().find_map(|option| option.strip_prefix(name)?.strip_prefix('='));
        value.map_or(Some(otherwise), |value| value.parse().ok())
    };
    let ended = match words.as_slice() {
        ["disk", folder] => disk::measure(folder),
        ["ingest", url, key] => match load(url, key, option) {
            Some(load) => ingest::measure(&load),
            None => Err(anyhow::anyhow!("{USAGE}")),
        },
        ["questions", url, token] => match (option("runs", 3), option("pid", 0)) {
            (Some(runs), Some(server)) => questions::measure(url, token, runs, server),
            (None, _) | (_, None) => Err(anyhow::anyhow!("{USAGE}")),
        },
        _ => Err(anyhow::anyhow!("{USAGE}")),
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn load(url: &str, key: &str, option: impl Fn(&str, u64) -> Option<u64>) -> Option<ingest::Load> {
    Some(ingest::Load {
        url: url.to_owned(),
        key: key.to_owned(),
        batch: option("batch", 100)?,
        seconds: option("seconds", 10)?,
        connections: option("connections", 8)?,
        rate: option("rate", 0)?,
        server: option("pid", 0)?,
    })
}
