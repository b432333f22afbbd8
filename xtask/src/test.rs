//! All that must pass, in order from quick to slow, and its inner part for editing.

use anyhow::Result;

use crate::place::Place;
use crate::setup;
use crate::steps::{Tally, cargo, program};

const WARNINGS_ARE_ERRORS: [&str; 3] = ["--", "-D", "warnings"];

/// Everything: what CI runs.
pub(crate) fn all(place: &Place) -> Result<()> {
    let mut tally = Tally::default();
    let result = steps(place, &mut tally);
    tally.close(result)
}

fn steps(place: &Place, tally: &mut Tally) -> Result<()> {
    tally.timed("setup", |_| setup::for_run(place).and_then(|()| setup::for_test(place)))?;
    tally.step("format", &mut cargo(place, &["fmt", "--all", "--check"]))?;
    tally.timed("console", |_| setup::console(place))?;
    let clippy = ["clippy", "--workspace", "--all-targets", "--locked", "--quiet"];
    tally.step("lints", cargo(place, &clippy).args(WARNINGS_ARE_ERRORS))?;
    let deny = ["--log-level", "error", "check", "bans", "licenses", "sources"];
    tally.step(
        "dependencies",
        &mut program(place.tools.join("bin/cargo-deny"), &deny, &place.root),
    )?;
    let tested = ["test", "--workspace", "--locked", "--quiet", "--no-fail-fast"];
    tally.step("rules", cargo(place, &tested).args(["--lib", "--bins"]))?;
    tally.step("proofs that misuse does not compile", cargo(place, &tested).arg("--doc"))?;
    let build = ["build", "--workspace", "--locked", "--quiet"];
    tally.step("program", cargo(place, &build).args(["--bins"]))?;
    let control = ["--features", "server/control", "--bin", "candor-control"];
    tally.step("program with protections to switch off", cargo(place, &build).args(control))?;
    tally.step("harness", cargo(place, &tested).args(["--test", "it"]))?;
    browser(place, tally)
}

/// The screens, in a real browser, against the real program.
fn browser(place: &Place, tally: &mut Tally) -> Result<()> {
    let folder = place.root.join("tests/browser");
    if !folder.join("package.json").exists() {
        return Ok(());
    }
    tally.timed("browser packages", |_| setup::packages_of_npm(&folder))?;
    let mut test = program("npm", &["test", "--silent"], &folder);
    tally.step("browser", test.env("CANDOR", place.target.join("debug/candor")))
}

/// Format, lints, the rules and the house: what one runs while editing.
pub(crate) fn inner(place: &Place) -> Result<()> {
    let mut tally = Tally::default();
    let result = inner_steps(place, &mut tally);
    tally.close(result)
}

fn inner_steps(place: &Place, tally: &mut Tally) -> Result<()> {
    tally.step("format", &mut cargo(place, &["fmt", "--all", "--check"]))?;
    let rules = ["test", "--locked", "--quiet", "--package", "vocabulary", "--package", "life"];
    tally.step("rules", &mut cargo(place, &rules))?;
    let clippy = ["clippy", "--workspace", "--all-targets", "--locked", "--quiet"];
    tally.step("lints", cargo(place, &clippy).args(WARNINGS_ARE_ERRORS))?;
    let house = ["test", "--locked", "--quiet", "--package", "it", "--test", "it", "tidy"];
    tally.step("house", &mut cargo(place, &house))
}

/// Writes the generated files anew: the harness does it when it is told to.
pub(crate) fn refresh(place: &Place) -> Result<()> {
    let write = ["test", "--locked", "--quiet", "--package", "it", "--test", "it", "fresh"];
    crate::steps::run(cargo(place, &write).env("CANDOR_FRESH", "write"))
}
