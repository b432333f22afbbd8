//! Generated files are what the program would generate now. `make fresh` writes them again.
//!
//! They come from the program as a person meets it: its help, its description of the HTTP API, its
//! codes. So a change that nobody wrote down shows here.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use it::Candor;
use it::program::{SOURCES, binary};
use vocabulary::Refusal;

/// The verbs' help, one below the other. Verbs within verbs follow theirs.
const DEPTH_MAX: usize = 3;

#[tokio::test(flavor = "multi_thread")]
async fn generated_files_are_fresh() -> Result<()> {
    let candor = Candor::start(SOURCES).await?;
    let openapi = candor.get("/api/openapi.json").await?;
    let files = [
        ("docs/reference/command-line.md", command_line()?),
        ("docs/reference/openapi.json", format!("{}\n", serde_json::to_string_pretty(&openapi)?)),
        ("docs/reference/configuration.md", configuration()?),
        ("docs/reference/refusals.md", refusals()?),
    ];
    let mut stale = Vec::new();
    for (path, expected) in files {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path);
        if std::fs::read_to_string(&file).is_ok_and(|found| found == expected) {
            continue;
        }
        if is_told_to_write() {
            std::fs::create_dir_all(file.parent().context("a file has a folder")?)?;
            std::fs::write(&file, expected)?;
        } else {
            stale.push(path);
        }
    }
    ensure!(stale.is_empty(), "not fresh: {}: run `make fresh`", stale.join(", "));
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "the harness takes no flags of ours")]
fn is_told_to_write() -> bool {
    std::env::var("CANDOR_FRESH").is_ok_and(|word| word == "write")
}

fn command_line() -> Result<String> {
    let mut page =
        String::from("# Command line\n\nWritten by `make fresh` from the program's own help.\n");
    describe(&mut Vec::new(), &mut page)?;
    Ok(page)
}

/// Adds a verb's help, then that of each verb in it.
fn describe(verbs: &mut Vec<String>, page: &mut String) -> Result<()> {
    let output = Command::new(binary()).args(verbs.iter()).arg("--help").output()?;
    ensure!(output.status.success(), "`candor {} --help` fails", verbs.join(" "));
    let help = String::from_utf8(output.stdout)?;
    let title = [&["candor".to_owned()], verbs.as_slice()].concat().join(" ");
    page.push_str(&format!("\n## {title}\n\n```text\n{}\n```\n", help.trim_end()));
    if verbs.len() == DEPTH_MAX {
        return Ok(());
    }
    for verb in verbs_in(&help) {
        verbs.push(verb.to_owned());
        describe(verbs, page)?;
        verbs.pop();
    }
    Ok(())
}

/// The verbs that a help page lists below `Commands:`.
fn verbs_in(help: &str) -> impl Iterator<Item = &str> {
    let lines = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let entries = lines.take_while(|line| !line.is_empty()).filter(|line| line.starts_with("  "));
    let verbs = entries.filter_map(|line| line.strip_prefix("  ")?.split(' ').next());
    verbs.filter(|verb| !verb.is_empty() && *verb != "help")
}

fn configuration() -> Result<String> {
    let path = "../crates/server/src/config/default.toml";
    let defaults = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path))?;
    Ok(format!(
        "# Configuration\n\nWritten by `make fresh`: what holds when nothing else is said.\n\n\
         ```toml\n{}\n```\n",
        defaults.trim_end()
    ))
}

/// The gate's codes from the vocabulary, the others from the list that the program itself carries.
fn refusals() -> Result<String> {
    let path = "../crates/server/src/problem/codes.toml";
    let shipped = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path))?;
    let shipped: toml::Table = toml::from_str(&shipped)?;
    let mut page = String::from(
        "# Refusals and problems\n\nWritten by `make fresh`: every code that an answer can carry, what \
         it means and how to put it right. A\nrunning Candor shows the same at `/docs/problems`, where \
         the `type` of every problem leads.\n",
    );
    group(&mut page, "Refused by the gate", Refusal::EVERY.map(|why| (why.code(), why.remedy())));
    for shipped in shipped["group"].as_array().context("groups")? {
        let title = shipped["title"].as_str().context("a group has a title")?;
        let mut codes: Vec<(&str, &str)> = Vec::new();
        for (code, remedy) in shipped["codes"].as_table().context("a group has codes")? {
            codes.push((code, remedy.as_str().context("a code has a text")?));
        }
        group(&mut page, title, codes);
    }
    Ok(page)
}

fn group<'c>(page: &mut String, title: &str, codes: impl IntoIterator<Item = (&'c str, &'c str)>) {
    page.push_str(&format!(
        "\n## {title}\n\n| code | what it means, and the remedy |\n|---|---|\n"
    ));
    for (code, remedy) in codes {
        page.push_str(&format!("| `{code}` | {remedy} |\n"));
    }
}

#[test]
fn verbs_are_found_in_a_help_page() {
    let help = "About\n\nUsage: x\n\nCommands:\n  serve  Run\n  query  Ask\n  help   Print\n\nOptions:\n  -h\n";
    assert_eq!(verbs_in(help).collect::<Vec<_>>(), ["serve", "query"]);
    assert_eq!(verbs_in("Usage: x\n\nOptions:\n  -h\n").count(), 0);
}
