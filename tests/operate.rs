//! What an operator holds in the hand: the package, the unit, completions, the log, the document.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use anyhow::{Context, Result, bail, ensure};
use it::Candor;
use it::program::{SOURCES, binary};
use serde_json::{Value, json};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ has a parent")
}

fn run(command: &mut Command) -> Result<String> {
    let name = format!("{command:?}");
    let Output { status, stdout, stderr } = command.output().context(name.clone())?;
    let said = String::from_utf8_lossy(&stderr);
    ensure!(status.success(), "{name}: {said}");
    Ok(String::from_utf8_lossy(&stdout).into_owned())
}

#[test]
fn shells_and_man_know_every_verb() -> Result<()> {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = run(Command::new(binary()).args(["completions", shell]))?;
        for word in ["serve", "import", "base-path", "unlink"] {
            ensure!(script.contains(word), "{shell} does not know `{word}`");
        }
    }
    // A shell itself completes: the verbs that begin so.
    let script = run(Command::new(binary()).args(["completions", "bash"]))?;
    let ask = "COMP_WORDS=(candor im); COMP_CWORD=1; _candor candor im candor; \
               echo \"${COMPREPLY[@]}\"";
    let said = run(Command::new("bash").args(["-c", &format!("{script}\n{ask}")]))?;
    ensure!(said.trim() == "import", "bash completes `im` to `{said}`");
    let folder = tempfile::tempdir()?;
    run(Command::new(binary()).args(["manual", "--into"]).arg(folder.path()))?;
    for page in ["candor.1", "candor-serve.1", "candor-import.1"] {
        let text = std::fs::read_to_string(folder.path().join(page))?;
        ensure!(text.contains(".SH SYNOPSIS"), "{page}: {text}");
    }
    Ok(())
}

/// Every route that the sources of the server give to the router, with its parameters' names.
fn sources_below(folder: PathBuf) -> Result<Vec<PathBuf>> {
    let (mut folders, mut files) = (vec![folder], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs")
                && !path.ends_with("tests.rs")
            {
                files.push(path);
            }
        }
    }
    Ok(files)
}

fn routes_in_sources() -> Result<BTreeSet<String>> {
    let mut files = sources_below(root().join("crates/server/src/http"))?;
    files.push(root().join("crates/server/src/http.rs"));
    let mut routes = BTreeSet::new();
    for file in files {
        let text = std::fs::read_to_string(&file)?;
        // A path is a text that begins with a slash, where a route is made of it.
        for (index, _) in text.match_indices(".route(") {
            let rest = text[index + ".route(".len()..].trim_start();
            if let Some(path) = rest.strip_prefix('"') {
                routes.insert(path.split('"').next().unwrap_or_default().to_owned());
            }
        }
        for list in text.split(" in [").skip(1) {
            let list = list.split(']').next().unwrap_or_default();
            let paths = list
                .split('"')
                .skip(1)
                .step_by(2)
                .filter(|path| path.len() > 1 && path.starts_with('/'));
            routes.extend(paths.map(str::to_owned));
        }
    }
    Ok(routes)
}

/// Two types of one name would be one schema, and the document false for one of them.
#[test]
fn each_schema_has_a_name_of_its_own() -> Result<()> {
    let mut owners: BTreeMap<String, PathBuf> = BTreeMap::new();
    for file in sources_below(root().join("crates"))? {
        let text = std::fs::read_to_string(&file)?;
        for (derived, _) in text.match_indices("ToSchema)]") {
            let head = &text[derived..];
            let declared = head.lines().find_map(|line| {
                let line = line.strip_prefix("pub ").unwrap_or(line);
                line.strip_prefix("struct ").or_else(|| line.strip_prefix("enum "))
            });
            let Some(declared) = declared else { continue };
            let attributes = head.split("pub ").next().unwrap_or_default();
            let renamed = attributes.split("#[schema(as = ").nth(1);
            let name = renamed.unwrap_or(declared).split(|sign: char| !sign.is_alphanumeric());
            let name = name.map(str::to_owned).next().context("a name")?;
            if let Some(owner) = owners.insert(name.clone(), file.clone()) {
                bail!("`{name}` is a schema of {} and {}", owner.display(), file.display());
            }
        }
    }
    ensure!(owners.len() > 100, "only {} schemas are found", owners.len());
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_document_is_the_router() -> Result<()> {
    let candor = Candor::start(SOURCES).await?;
    let document = candor.get("/api/openapi.json").await?;
    let paths = document["paths"].as_object().context("the document has paths")?;
    // What takes any path refuses it, or is a tracker's own: there is nothing to look up in a
    // document.
    let is_any = |route: &&String| route.contains("{*") || route.starts_with("/{");
    for route in routes_in_sources()?.iter().filter(|route| !is_any(route)) {
        ensure!(paths.contains_key(route), "`{route}` is in no document: describe it");
    }
    let client = reqwest::Client::new();
    let mut operations = 0;
    for (path, item) in paths {
        let url = format!("{}{}", candor.url, path.replace(['{', '}'], ""));
        let methods: BTreeSet<&str> =
            item.as_object().context("an item")?.keys().map(String::as_str).collect();
        for method in &methods {
            operations += 1;
            let method = reqwest::Method::from_bytes(method.to_uppercase().as_bytes())?;
            let answer = client.request(method.clone(), &url).send().await?;
            let status = answer.status().as_u16();
            let text = if answer.headers().contains_key("content-length") {
                answer.text().await?
            } else {
                String::new()
            };
            let is_nowhere = status == 404 && text.contains("no such address");
            ensure!(status != 405 && !is_nowhere, "{method} {path} is not routed: {status} {text}");
        }
        // What the document does not say is not there either.
        for method in ["get", "post", "put", "delete", "patch"] {
            if methods.contains(method) {
                continue;
            }
            let method = reqwest::Method::from_bytes(method.to_uppercase().as_bytes())?;
            let status = client.request(method.clone(), &url).send().await?.status().as_u16();
            ensure!(status == 405 || status == 404, "{method} {path} answers {status}");
        }
    }
    ensure!(operations > 60, "only {operations} operations are described");
    Ok(())
}

#[test]
fn the_package_holds_what_an_operator_needs_and_its_program_runs() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let mut build = Command::new("cargo");
    build.args(["run", "--quiet", "--locked", "--package", "xtask", "--", "deb"]);
    run(build.arg(binary()).arg(folder.path()).current_dir(root()))?;
    let packages: Vec<PathBuf> = std::fs::read_dir(folder.path())?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|ending| ending == "deb"))
        .collect();
    let package = packages.first().context("a package was built")?;
    let listed = run(Command::new("dpkg-deb").arg("--contents").arg(package))?;
    for path in [
        "./usr/bin/candor",
        "./usr/lib/systemd/system/candor.service",
        "./usr/lib/sysusers.d/candor.conf",
        "./etc/candor/candor.toml",
        "./usr/share/bash-completion/completions/candor",
        "./usr/share/zsh/vendor-completions/_candor",
        "./usr/share/fish/vendor_completions.d/candor.fish",
        "./usr/share/man/man1/candor.1.gz",
        "./usr/share/man/man1/candor-serve.1.gz",
        "./usr/share/doc/candor/changelog.gz",
        "./usr/share/doc/candor/copyright",
    ] {
        ensure!(listed.lines().any(|line| line.ends_with(path)), "`{path}` is missing:\n{listed}");
    }
    ensure!(listed.lines().all(|line| line.contains(" root/root ")), "{listed}");
    let told = run(Command::new("dpkg-deb").arg("--field").arg(package))?;
    ensure!(told.contains("Package: candor\n") && !told.contains('{'), "{told}");
    let root = folder.path().join("root");
    for name in ["info", "updates"] {
        std::fs::create_dir_all(root.join("var/lib/dpkg").join(name))?;
    }
    for name in ["status", "available"] {
        std::fs::write(root.join("var/lib/dpkg").join(name), "")?;
    }
    let mut install = Command::new("dpkg");
    install.arg(format!("--root={}", root.display()));
    install.args(["--force-not-root", "--force-depends", "--force-script-chrootless", "--unpack"]);
    run(install.arg(package))?;
    let program = root.join("usr/bin/candor");
    let version = run(Command::new(&program).arg("--version"))?;
    ensure!(version.starts_with("candor "), "{version}");
    // What is unpacked and not yet configured lies beside the file that it becomes.
    let config = root.join("etc/candor/candor.toml.dpkg-new");
    let printed = run(Command::new(&program).args(["config", "print", "--config"]).arg(config))?;
    ensure!(printed.contains("/var/lib/candor-key/root.key"), "{printed}");
    let unit = root.join("usr/lib/systemd/system/candor.service");
    let mut judge = Command::new("systemd-analyze");
    judge.args(["security", "--offline=true", "--threshold=20", "--no-pager"]).arg(unit);
    run(&mut judge).context("the unit shuts the program in less than before")?;
    Ok(())
}

/// The Python that `make setup` made beside what cargo builds.
fn schemathesis() -> PathBuf {
    let target = it::program::target();
    target.parent().expect("the profile has a folder").join("fuzz-python/bin/schemathesis")
}

/// What is not asked at random: streams, which answer for as long as somebody listens; lines, which
/// no schema describes; what ends the asker's own session, and what is slow so that nobody guesses;
/// and what tells of mistakes in another protocol's own words.
const LEFT_OUT: &str =
    "(/stream|/api/import|/api/session|/api/session/password|/i/v1/analytics/events/?)$";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_document_promises_holds_for_any_request() -> Result<()> {
    let candor = Candor::start(SOURCES).await?;
    let document = candor.get("/api/openapi.json").await?;
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("openapi.json");
    std::fs::write(&file, document.to_string())?;
    let session = sign_in(&candor).await?;
    let token = format!("Authorization: Bearer {}", candor.token);
    for (name, shown) in [("a token", token.as_str()), ("an operator", &session), ("nobody", "")] {
        let mut ask = Command::new(schemathesis());
        ask.arg("run").arg(&file).args(["--url", &candor.url, "--no-color"]);
        ask.args(["--phases", "examples,coverage,fuzzing", "--max-examples", "5"]);
        ask.args(["--seed", "20260301", "--request-timeout", "20", "--workers", "1"]);
        ask.args(["--checks", CHECKS]);
        ask.args(["--exclude-path-regex", LEFT_OUT]);
        if !shown.is_empty() {
            ask.args(["--header", shown]);
        }
        ask.current_dir(folder.path());
        let mut tries = 0;
        loop {
            let output = ask.output().context("schemathesis is missing: run `make setup`")?;
            let said = String::from_utf8_lossy(&output.stdout);
            // Under load the client may draw a request that it cannot draw again. That is its own
            // complaint, of no answer of ours, and it is asked once more.
            tries += 1;
            let is_its_own = said.contains("Inconsistent results") && !said.contains("FAILURES");
            if output.status.success() || tries > 1 || !is_its_own {
                ensure!(output.status.success(), "asked as {name}:\n{said}");
                break;
            }
        }
    }
    let log = candor.said();
    ensure!(!log.contains("panicked") && !log.contains("a request failed"), "{log}");
    Ok(())
}

/// What holds of every answer, whatever was asked.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,\
                      response_headers_conformance,response_schema_conformance";

/// Goes in by the link that the server printed; answers the header that shows it.
async fn sign_in(candor: &Candor) -> Result<String> {
    let said = candor.said();
    let token = said.split("?link=").nth(1).context("a link was printed")?;
    let token = token.split_whitespace().next().unwrap_or_default();
    let link = format!("{}/api/session/link", candor.url);
    let answer = reqwest::Client::new().post(link).json(&json!({ "token": token })).send().await?;
    let cookie = answer.headers().get("set-cookie").context("a cookie is set")?.to_str()?;
    Ok(format!("Cookie: {}", cookie.split(';').next().unwrap_or_default()))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bench_measures_ones_own_data_and_leaves_nothing() -> Result<()> {
    let mut candor = Candor::start(SOURCES).await?;
    let consent = json!({ "measure": true });
    let event = |n: usize| {
        json!({ "event": "Seen", "id": format!("b{n}"), "user_id": format!("u{}", n % 7),
                "consent": consent })
    };
    let events: Vec<Value> = (0..100).map(event).collect();
    candor.collect(&candor.server_key, "/v1/events", &json!({ "events": events })).await?;
    // An orderly end leaves nothing in the journal alone.
    candor.stop().await?;
    candor.restart().await?;
    let output = candor.run(&["bench", "--events", "3000", "--json"])?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let lines: Vec<Value> = said.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    let rows = |what: &str| {
        let line = lines.iter().find(|line| line["what"] == what);
        line.and_then(|line| line["rows"].as_u64()).with_context(|| said.clone())
    };
    for question in ["trend", "funnel", "retention", "cohort"] {
        ensure!(rows(question)? == 100, "{question} reads all rows: {said}");
    }
    ensure!(rows("intake")? == 3_000, "{said}");
    let (stored, timed): (Vec<&Value>, Vec<&Value>) =
        lines.iter().partition(|line| line["what"] == "storage");
    for holds in ["person", "time", "stamp", "footers"] {
        let line = stored.iter().find(|line| line["holds"] == holds);
        let bytes = line.and_then(|line| line["bytes"].as_u64());
        ensure!(bytes > Some(0), "{holds}: {said}");
    }
    for line in timed {
        let memory = line["peak_memory_bytes"].as_u64().unwrap_or_default();
        ensure!(memory > 1 << 20 && line["seconds"].as_f64() > Some(0.0), "{line}");
    }
    // The installation's own data is only asked, and the measurement's folder is gone.
    ensure!(candor.total("measure", None).await? == 100);
    let beside = candor.data().parent().context("a folder")?.to_owned();
    for entry in std::fs::read_dir(beside)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        ensure!(!name.starts_with("candor-bench"), "`{name}` was left");
    }
    Ok(())
}
