//! The Debian package: the program, its unit, its configuration, and what the program itself knows
//! of shells and of `man`, put together by `dpkg-deb`.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::place::Place;
use crate::steps::{cargo, output, program, run};

/// Builds the package into a folder. A binary that is there already is packed as it is, quickly.
pub(crate) fn build(place: &Place, binary: Option<&str>, into: Option<&str>) -> Result<()> {
    let packing: &[&str] = if binary.is_some() { &["-Znone"] } else { &["-Zxz"] };
    let binary = match binary {
        Some(binary) => PathBuf::from(binary),
        None => {
            let build =
                ["build", "--release", "--locked", "--package", "server", "--bin", "candor"];
            run(&mut cargo(place, &build))?;
            place.target.join("release/candor")
        }
    };
    let into = into.map_or_else(|| place.target.join("deb"), PathBuf::from);
    let tree = into.join("tree");
    if tree.exists() {
        fs::remove_dir_all(&tree).context("cannot remove the tree of the package before")?;
    }
    let package = Package { place, tree: tree.clone(), binary };
    package.files()?;
    let version = env!("CARGO_PKG_VERSION");
    let architecture = output(&mut program("dpkg", &["--print-architecture"], &place.root))
        .context("dpkg is missing: a Debian package is built on Debian")?;
    package.control(version, &architecture)?;
    let file = into.join(format!("candor_{version}_{architecture}.deb"));
    let mut deb = program("dpkg-deb", &["--build", "--root-owner-group"], &place.root);
    run(deb.args(packing).arg(&tree).arg(&file))?;
    println!("{}", file.display());
    Ok(())
}

struct Package<'a> {
    place: &'a Place,
    tree: PathBuf,
    binary: PathBuf,
}

impl Package<'_> {
    fn files(&self) -> Result<()> {
        let bytes = fs::read(&self.binary)
            .with_context(|| format!("there is no program at `{}`", self.binary.display()))?;
        self.put("usr/bin/candor", &bytes, 0o755)?;
        let shipped = [
            ("candor.service", "usr/lib/systemd/system/candor.service", 0o644),
            ("candor.sysusers", "usr/lib/sysusers.d/candor.conf", 0o644),
            ("candor.toml", "etc/candor/candor.toml", 0o640),
            ("debian/copyright", "usr/share/doc/candor/copyright", 0o644),
        ];
        for (from, to, mode) in shipped {
            self.put(to, &self.shipped(from)?, mode)?;
        }
        let shells = [
            ("bash", "usr/share/bash-completion/completions/candor"),
            ("zsh", "usr/share/zsh/vendor-completions/_candor"),
            ("fish", "usr/share/fish/vendor_completions.d/candor.fish"),
        ];
        for (shell, to) in shells {
            let script = output(&mut self.candor(&["completions", shell]));
            let script = script.with_context(|| format!("`completions {shell}` fails"))? + "\n";
            self.put(to, script.as_bytes(), 0o644)?;
        }
        let pages = self.tree.join("usr/share/man/man1");
        fs::create_dir_all(&pages).context("cannot make the folder of the manual")?;
        run(self.candor(&["manual", "--into"]).arg(&pages))?;
        let changes = fs::read(self.place.root.join("CHANGELOG.md"));
        self.put("usr/share/doc/candor/changelog", &changes.context("no CHANGELOG.md")?, 0o644)?;
        let mut gzip = program("gzip", &["-9", "-n", "-r"], &self.tree);
        run(gzip.args(["usr/share/man", "usr/share/doc/candor/changelog"]))
    }

    /// What `dpkg` reads of the package, and the scripts that it runs.
    fn control(&self, version: &str, architecture: &str) -> Result<()> {
        let kibibytes = bytes(&self.tree)?.div_ceil(1024).to_string();
        let text = String::from_utf8(self.shipped("debian/control")?)?;
        let text = text.replace("{version}", version).replace("{architecture}", architecture);
        let text = text.replace("{kibibytes}", &kibibytes);
        self.put("DEBIAN/control", text.as_bytes(), 0o644)?;
        self.put("DEBIAN/conffiles", b"/etc/candor/candor.toml\n", 0o644)?;
        for script in ["postinst", "prerm", "postrm"] {
            let text = self.shipped(&format!("debian/{script}"))?;
            self.put(&format!("DEBIAN/{script}"), &text, 0o755)?;
        }
        Ok(())
    }

    fn candor(&self, arguments: &[&str]) -> std::process::Command {
        program(&self.binary, arguments, &self.place.root)
    }

    fn shipped(&self, name: &str) -> Result<Vec<u8>> {
        let path = self.place.root.join("deploy").join(name);
        fs::read(&path).with_context(|| format!("cannot read `{}`", path.display()))
    }

    fn put(&self, to: &str, bytes: &[u8], mode: u32) -> Result<()> {
        let path = self.tree.join(to);
        let cannot = || format!("cannot write `{}`", path.display());
        fs::create_dir_all(path.parent().unwrap_or(&self.tree)).with_context(cannot)?;
        fs::write(&path, bytes).with_context(cannot)?;
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).with_context(cannot)
    }
}

/// The bytes of all files below a folder.
fn bytes(folder: &Path) -> Result<u64> {
    let mut sum = 0;
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).context("cannot list the package")? {
            let entry = entry.context("cannot list the package")?;
            let kind = entry.metadata().context("cannot list the package")?;
            if kind.is_dir() {
                folders.push(entry.path());
            } else {
                sum += kind.len();
            }
        }
    }
    Ok(sum)
}
