//! What a machine needs, by name. What is missing is installed; what cannot be is one line.

use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::place::Place;
use crate::steps::{output, program, run, succeeds};

/// Cargo's check of licences, sources and bans, at the version that this workspace was checked
/// with.
const DENY: &str = "0.20.2";

/// The oldest Node that builds the console.
const NODE: (u32, u32) = (20, 19);

/// Something that must be there: how to see it, and the Debian package that brings it.
struct Need {
    what: &'static str,
    shown_by: &'static [&'static str],
    package: &'static str,
}

const FOR_RUN: [Need; 1] =
    [Need { what: "a C compiler", shown_by: &["cc", "--version"], package: "build-essential" }];

const FOR_TEST: [Need; 8] = [
    Need { what: "mkfs.ext4", shown_by: &["/usr/sbin/mkfs.ext4", "-V"], package: "e2fsprogs" },
    Need { what: "git", shown_by: &["git", "--version"], package: "git" },
    Need {
        what: "the judge of units",
        shown_by: &["systemd-analyze", "--version"],
        package: "systemd",
    },
    Need { what: "OpenSSL", shown_by: &["openssl", "version"], package: "openssl" },
    Need { what: "Python", shown_by: &["python3", "--version"], package: "python3" },
    Need {
        what: "Python's venv",
        shown_by: &["python3", "-c", "import venv, ensurepip"],
        package: "python3-venv",
    },
    Need { what: "Chromium", shown_by: &["chromium", "--version"], package: "chromium" },
    Need {
        what: "PostgreSQL 15",
        shown_by: &["/usr/lib/postgresql/15/bin/postgres", "--version"],
        package: "postgresql-15",
    },
];

/// All that `run` needs: a compiler and Node with npm.
pub(crate) fn for_run(place: &Place) -> Result<()> {
    packages(place, &FOR_RUN)?;
    node(place)
}

/// All that `test` needs beside that.
pub(crate) fn for_test(place: &Place) -> Result<()> {
    packages(place, &FOR_TEST)?;
    deny(place)?;
    clients(place)?;
    fuzz(place)
}

/// The console, as the binary will carry it.
pub(crate) fn console(place: &Place) -> Result<()> {
    let folder = place.root.join("console");
    if !folder.join("package.json").exists() {
        println!("no console in this checkout: the binary will carry a stub page");
        return Ok(());
    }
    packages_of_npm(&folder)?;
    run(&mut program("npm", &["run", "--silent", "build"], &folder))
}

/// `npm ci` when the lock file is newer than what it installed, without running packages' scripts.
pub(crate) fn packages_of_npm(folder: &Path) -> Result<()> {
    let changed = |path: &str| folder.join(path).metadata().and_then(|file| file.modified()).ok();
    let installed = changed("node_modules/.package-lock.json");
    if installed.is_some() && installed >= changed("package-lock.json") {
        return Ok(());
    }
    println!("installing the packages of `{}`", folder.file_name().unwrap_or_default().display());
    let arguments = ["ci", "--ignore-scripts", "--no-audit", "--no-fund"];
    run(&mut program("npm", &arguments, folder))
}

fn packages(place: &Place, needs: &[Need]) -> Result<()> {
    let is_there = |need: &Need| match need.shown_by {
        [name, arguments @ ..] => succeeds(&mut program(name, arguments, &place.root)),
        [] => false,
    };
    let missing: Vec<&Need> = needs.iter().filter(|need| !is_there(need)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let names: Vec<&str> = missing.iter().map(|need| need.package).collect();
    println!("installing {}", names.join(", "));
    let installed = install(place, &names);
    match missing.iter().find(|need| !is_there(need)) {
        None => Ok(()),
        Some(need) => {
            let why = installed.err().map(|error| format!(" ({error})")).unwrap_or_default();
            bail!("{} is missing{why}: sudo apt-get install {}", need.what, need.package)
        }
    }
}

/// Installs Debian packages as root, or by `sudo` where it asks for no password.
fn install(place: &Place, names: &[&str]) -> Result<()> {
    let is_root = output(&mut program("id", &["-u"], &place.root)).as_deref() == Some("0");
    let apt = |arguments: &[&str]| {
        let mut words = if is_root { vec!["env"] } else { vec!["sudo", "-n", "env"] };
        words.extend(["DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq"]);
        words.extend(arguments);
        let (first, rest) = words.split_first().context("a command has a name")?;
        run(&mut program(first, rest, &place.root))
    };
    apt(&["update"])?;
    apt(&[&["install", "-y", "--no-install-recommends"], names].concat())
}

fn node(place: &Place) -> Result<()> {
    let (major, minor) = NODE;
    let advice = "install Node 20 LTS, or any later one, from its project's page";
    let version = output(&mut program("node", &["--version"], &place.root));
    let Some(version) = version else { bail!("Node is missing: {advice}") };
    if numbers(&version) < Some((major, minor)) {
        bail!("Node {version} is too old, {major}.{minor} is needed: {advice}");
    }
    if output(&mut program("npm", &["--version"], &place.root)).is_none() {
        bail!("npm is missing: {advice}");
    }
    Ok(())
}

/// The first two numbers of a version such as `v20.19.1`.
fn numbers(version: &str) -> Option<(u32, u32)> {
    let mut parts = version.trim_start_matches('v').split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

fn deny(place: &Place) -> Result<()> {
    let tool = place.tools.join("bin/cargo-deny");
    let version = output(&mut program(&tool, &["--version"], &place.root));
    if version.is_some_and(|text| text.ends_with(DENY)) {
        return Ok(());
    }
    println!("building cargo-deny {DENY}, once for this machine (some minutes)");
    let mut cargo =
        program("cargo", &["install", "cargo-deny", "--locked", "--force"], &place.root);
    cargo.args(["--version", DENY, "--root"]).arg(&place.tools);
    // A folder of its own, thrown away after: these crates are not ours.
    let build = place.tools.join("build");
    run(cargo.env("CARGO_TARGET_DIR", &build))?;
    std::fs::remove_dir_all(&build).context("cannot remove what cargo-deny was built in")
}

/// The official clients, from lock files that hold the hash of every file.
fn clients(place: &Place) -> Result<()> {
    let folder = place.root.join("tests/clients");
    packages_of_npm(&folder)?;
    packages_of_python(place, &folder, "clients-python")
}

/// What asks the API at random, by its own document.
fn fuzz(place: &Place) -> Result<()> {
    packages_of_python(place, &place.root.join("tests/fuzz"), "fuzz-python")
}

/// Python packages in an environment of their own beside what cargo builds.
fn packages_of_python(place: &Place, folder: &Path, name: &str) -> Result<()> {
    let python = place.target.join(name);
    let wanted = std::fs::read(folder.join("requirements.txt"))
        .with_context(|| format!("cannot read the requirements of `{name}`"))?;
    let stamp = python.join("requirements.txt");
    if std::fs::read(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    println!("installing `{name}`");
    let mut venv = program("python3", &["-m", "venv", "--clear"], &place.root);
    run(venv.arg(&python))?;
    let pip = ["-m", "pip", "install", "--quiet", "--require-hashes", "--only-binary", ":all:"];
    let mut install = program(python.join("bin/python"), &pip, folder);
    run(install.args(["--disable-pip-version-check", "-r", "requirements.txt"]))?;
    std::fs::write(&stamp, wanted).context("cannot note what was installed")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_as_numbers() {
        assert_eq!(numbers("v20.19.1"), Some((20, 19)));
        assert!(numbers("v20.9.0") < Some(NODE));
        assert!(numbers("nonsense") < Some(NODE));
    }
}
