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
mod shape;

use std::process::ExitCode;

use anyhow::Context as _;

const USAGE: &str = "\
usage: bench disk FOLDER
       bench ingest URL KEY [shape=native|segment|posthog|health] [batch=1] [seconds=10] [connections=64]
                    [rate=EVENTS_A_SECOND] [pid=SERVER]
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
        ["ingest", url, key] => {
            load(url, key, &options, option).and_then(|load| ingest::measure(&load))
        }
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

fn load(
    url: &str,
    key: &str,
    options: &[&str],
    option: impl Fn(&str, u64) -> Option<u64>,
) -> anyhow::Result<ingest::Load> {
    let number = |name, otherwise| option(name, otherwise).context(USAGE);
    let shape = options.iter().find_map(|option| option.strip_prefix("shape="));
    Ok(ingest::Load {
        url: url.to_owned(),
        key: key.to_owned(),
        shape: shape::Shape::named(shape.unwrap_or("native"))?,
        batch: number("batch", 1)?,
        seconds: number("seconds", 10)?,
        connections: number("connections", 64)?,
        rate: number("rate", 0)?,
        server: number("pid", 0)?,
    })
}
