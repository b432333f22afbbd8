//! The engines that Candor is compared with: their answers are asked again and held against those
//! that were recorded, which a test holds ours against; then all of them race.

use anyhow::{Context, Result};

use crate::place::Place;
use crate::steps::{program, run};

/// Installs the engines in a Python of their own, asks them again, and races them.
pub(crate) fn ask(place: &Place) -> Result<()> {
    let folder = place.root.join("bench/peers");
    let python = place.tools.join("peers-python");
    let wanted = std::fs::read(folder.join("requirements.txt"))
        .context("cannot read which engines there are")?;
    let stamp = python.join("requirements.txt");
    if !std::fs::read(&stamp).is_ok_and(|installed| installed == wanted) {
        println!("installing the engines to compare with, once for this machine");
        run(program("python3", &["-m", "venv", "--clear"], &place.root).arg(&python))?;
        let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
        let mut install = program(python.join("bin/python"), &pip, &folder);
        run(install.args(["--only-binary", ":all:", "-r", "requirements.txt"]))?;
        std::fs::write(&stamp, wanted).context("cannot note what was installed")?;
    }
    run(&mut program(python.join("bin/python"), &["record.py", "--check"], &folder))?;
    let build = ["build", "--release", "--locked", "--package", "server", "--bin", "candor"];
    run(&mut program("cargo", &build, &place.root))?;
    let mut race = program(python.join("bin/python"), &["race.py"], &folder);
    run(race.arg(place.target.join("release/candor")).arg(place.tools.join("race")))
}
