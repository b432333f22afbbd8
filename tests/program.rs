//! The real program, started as a stranger starts it: a data directory, a key outside it, an
//! address.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::eventually;

/// How long a start may take on a machine that is doing something else.
const START_MAX: Duration = Duration::from_secs(60);

/// A running program with everything it wrote; it ends and its files go when this goes.
#[derive(Debug)]
pub struct Candor {
    pub url: String,
    /// A key for the source `web`.
    pub site_key: String,
    /// A key for the source `backend`.
    pub server_key: String,
    /// A token for every question of the tests.
    pub token: String,
    folder: PathBuf,
    /// Where the folder is one of its own, it goes with the program.
    _own: Option<TempDir>,
    binary: PathBuf,
    control: &'static str,
    telling: &'static str,
    listen: String,
    process: Option<Child>,
    http: reqwest::Client,
}

const TOKEN: [&str; 10] = [
    "--kind",
    "token",
    "--name",
    "tests",
    "--purpose",
    "operate",
    "--purpose",
    "measure",
    "--purpose",
    "analyse",
];

/// Two sources at which everything rests on consent.
pub const SOURCES: &str = r#"
[sources.web]
kind = "site"
audience = "general"
markets = ["EU"]
is_test = true

[sources.backend]
kind = "server"
audience = "general"
markets = ["EU"]
is_test = true
"#;

/// Where a program lives, and without which protection.
#[derive(Debug, Default)]
pub struct Place {
    /// The folder of its data, key and configuration; one of its own when nothing is said.
    pub folder: Option<PathBuf>,
    /// What a negative control switches off, by its name.
    pub without: &'static str,
    /// How much it tells of its work.
    pub telling: &'static str,
}

/// The binary, built by the same command as everything else, so that nothing is built twice.
pub fn binary() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| build("candor", &["--workspace"]))
}

/// The binary whose protections can be switched off.
pub fn control() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    let build = || build("candor-control", &["--workspace", "--features", "server/control"]);
    BINARY.get_or_init(build)
}

/// What cargo tells a test of its own package. A build that sees another package's would begin
/// anew.
const OF_A_PACKAGE: [&str; 6] = [
    "CARGO_MANIFEST_DIR",
    "CARGO_PKG_NAME",
    "CARGO_PKG_VERSION_MAJOR",
    "CARGO_PKG_VERSION_MINOR",
    "CARGO_PKG_VERSION_PATCH",
    "CARGO_PKG_VERSION_PRE",
];

fn build(name: &str, arguments: &[&str]) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ has a parent");
    let mut cargo = Command::new("cargo");
    cargo.args(["build", "--quiet", "--locked", "--bin", name]).args(arguments);
    for variable in OF_A_PACKAGE {
        cargo.env_remove(variable);
    }
    let status = cargo.current_dir(root).status();
    assert!(status.expect("cargo is there").success(), "the program builds");
    target().join(name)
}

/// Where cargo put the harness and the program: the folder of the build profile.
pub fn target() -> PathBuf {
    let harness = std::env::current_exe().expect("the harness knows where it is");
    harness.ancestors().nth(2).expect("cargo puts the harness below `deps`").to_path_buf()
}

impl Candor {
    /// Starts the program with this configuration beside the defaults, and makes its keys.
    pub async fn start(config: &str) -> Result<Self> {
        Self::start_at(Place::default(), config).await
    }

    /// Starts it so that it tells this much of its work.
    pub async fn start_telling(config: &str, telling: &'static str) -> Result<Self> {
        Self::start_at(Place { telling, ..Place::default() }, config).await
    }

    /// Starts it in a folder that the test has chosen, or without a protection.
    pub async fn start_at(place: Place, config: &str) -> Result<Self> {
        let own = tempfile::tempdir().context("cannot make a directory")?;
        let (folder, own) = match place.folder {
            Some(folder) => (folder, None),
            None => (own.path().to_owned(), Some(own)),
        };
        std::fs::write(folder.join("candor.toml"), config)?;
        let listen = free_address()?;
        let mut candor = Self {
            url: format!("http://{listen}"),
            site_key: String::new(),
            server_key: String::new(),
            token: String::new(),
            folder,
            _own: own,
            binary: if place.without.is_empty() { binary() } else { control() }.to_owned(),
            control: place.without,
            telling: if place.telling.is_empty() { "info" } else { place.telling },
            listen,
            process: None,
            http: reqwest::Client::new(),
        };
        candor.restart().await?;
        candor.site_key = candor.key(&["--kind", "site", "--source", "web"])?;
        candor.server_key = candor.key(&["--kind", "server", "--source", "backend"])?;
        candor.token = candor.key(&TOKEN)?;
        Ok(candor)
    }

    /// Starts it again on the same directory; what still runs is killed first.
    pub async fn restart(&mut self) -> Result<()> {
        self.kill()?;
        let mut serve = self.command(&["serve", "--listen", &self.listen]);
        serve.arg("--root-key").arg(self.root_key()).arg("--config").arg(self.config());
        let output = std::fs::File::options().create(true).append(true).open(self.log())?;
        serve.stdin(Stdio::null()).stdout(output.try_clone()?).stderr(output);
        self.process = Some(serve.spawn().context("cannot start the program")?);
        let ready = format!("{}/readyz", self.url);
        let http = self.http.clone();
        let process = &mut self.process;
        let result = eventually(START_MAX, async || {
            if let Some(status) = process.as_mut().and_then(|child| child.try_wait().transpose()) {
                return Ok(Err(status?));
            }
            http.get(&ready).send().await?.error_for_status()?;
            Ok(Ok(()))
        })
        .await;
        match result {
            Ok(Ok(())) => Ok(()),
            Ok(Err(status)) => bail!("the program ended ({status}):\n{}", self.said()),
            Err(error) => bail!("the program is not ready: {error:#}\n{}", self.said()),
        }
    }

    /// Ends it as a power switch would end a process: no time to write anything.
    pub fn kill(&mut self) -> Result<()> {
        let Some(mut process) = self.process.take() else { return Ok(()) };
        process.kill().context("cannot kill the program")?;
        process.wait().map(drop).context("the program does not end")
    }

    /// Stops it in the middle of whatever it does; it can only be killed from here.
    pub fn freeze(&self) -> Result<()> {
        let process = self.process.as_ref().context("it does not run")?;
        let id = process.id().to_string();
        ensure!(Command::new("kill").args(["-STOP", &id]).status()?.success(), "no such process");
        Ok(())
    }

    /// Gives it another configuration, for the next start.
    pub fn reconfigure(&self, config: &str) -> Result<()> {
        Ok(std::fs::write(self.config(), config)?)
    }

    /// Asks it to end and waits until it has.
    pub async fn stop(&mut self) -> Result<()> {
        let Some(mut process) = self.process.take() else { return Ok(()) };
        let id = process.id().to_string();
        ensure!(Command::new("kill").args(["-TERM", &id]).status()?.success(), "no such process");
        let status = eventually(START_MAX, async || process.try_wait()?.context("it still runs"));
        let status = status.await?;
        ensure!(status.success(), "the program ended badly ({status}):\n{}", self.said());
        Ok(())
    }

    /// The directory of its state.
    pub fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// The key that opens it.
    pub fn root_key(&self) -> PathBuf {
        self.folder.join("root.key")
    }

    fn config(&self) -> PathBuf {
        self.folder.join("candor.toml")
    }

    fn log(&self) -> PathBuf {
        self.folder.join("log")
    }

    /// What it printed so far.
    pub fn said(&self) -> String {
        std::fs::read_to_string(self.log()).unwrap_or_default()
    }

    /// The program with a verb, on this directory, not yet run.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.binary);
        command.args(arguments).arg("--data").arg(self.data()).current_dir(&self.folder);
        command.env("CANDOR_CONTROL", self.control).env("CANDOR_LOG", self.telling);
        command
    }

    /// Runs a verb to its end.
    pub fn run(&self, arguments: &[&str]) -> Result<Output> {
        self.command(arguments).stdin(Stdio::null()).output().context("cannot run the program")
    }

    /// Makes a key on the command line.
    fn key(&self, arguments: &[&str]) -> Result<String> {
        let output = self.run(&[&["keys", "create", "--json"], arguments].concat())?;
        let text = String::from_utf8_lossy(&output.stdout);
        let failed =
            || format!("`keys create` says {text}{}", String::from_utf8_lossy(&output.stderr));
        ensure!(output.status.success(), failed());
        let answer: Value = serde_json::from_str(&text).with_context(failed)?;
        answer["key"].as_str().map(str::to_owned).with_context(failed)
    }

    /// Asks the console's API with the token.
    pub async fn get(&self, path: &str) -> Result<Value> {
        let request = self.http.get(format!("{}{path}", self.url)).bearer_auth(&self.token);
        answered(path, request).await
    }

    /// Sends JSON to the console's API with the token.
    pub async fn post(&self, path: &str, body: &Value) -> Result<Value> {
        let request = self.http.post(format!("{}{path}", self.url)).bearer_auth(&self.token);
        answered(path, request.json(body)).await
    }

    /// The secret of the link that the program printed.
    pub fn link(&self) -> Result<String> {
        let said = self.said();
        let (_, rest) = said.split_once("?link=").context("a link was printed")?;
        Ok(rest.split_whitespace().next().context("the link has a secret")?.to_owned())
    }

    /// Signs in by the link, which is good for once, and answers the session's cookie.
    pub async fn session(&self) -> Result<String> {
        let request = self.http.post(format!("{}/api/session/link", self.url));
        let answer = request.json(&json!({ "token": self.link()? })).send().await?;
        ensure!(answer.status().is_success(), "the link opens: {}", answer.status());
        let cookie = answer.headers().get("set-cookie").context("a session has a cookie")?;
        let cookie = cookie.to_str()?.split(';').next().unwrap_or_default();
        Ok(cookie.to_owned())
    }

    /// Sends JSON to the console's API as whoever is signed in.
    pub async fn manage(
        &self,
        session: &str,
        method: reqwest::Method,
        path: &str,
        body: &Value,
    ) -> Result<Value> {
        let request = self.http.request(method, format!("{}{path}", self.url));
        answered(path, request.header("cookie", session).json(body)).await
    }

    /// Sends JSON to the collector with a source's key.
    pub async fn collect(&self, key: &str, path: &str, body: &Value) -> Result<Value> {
        let request = self.http.post(format!("{}{path}", self.url)).basic_auth(key, Some(""));
        answered(path, request.json(body)).await
    }

    /// How often each event (or this one) is there for a purpose, over all of time.
    pub async fn total(&self, purpose: &str, event: Option<&str>) -> Result<u64> {
        let series = json!([{ "event": event, "count": "events" }]);
        let answer = self.trend(purpose, &series, None).await?;
        answer["series"][0]["total"].as_f64().map(|total| total as u64).context("no total")
    }

    /// A trend over all of time.
    pub async fn trend(
        &self,
        purpose: &str,
        series: &Value,
        breakdown: Option<&str>,
    ) -> Result<Value> {
        let mut question = json!({
            "purpose": purpose,
            "from": "2020-01-01T00:00:00Z",
            "to": "2040-01-01T00:00:00Z",
            "interval": "month",
            "series": series,
        });
        if let Some(property) = breakdown {
            question["breakdown"] = json!(property);
        }
        self.post("/api/query/trend", &question).await
    }

    /// The counts of one source.
    pub async fn counts(&self, source: &str) -> Result<Value> {
        let sources = self.get("/api/sources").await?;
        let sources = sources.as_array().context("the sources are a list")?;
        let found = sources.iter().find(|found| found["name"] == source);
        Ok(found.context("there is such a source")?["counts"].clone())
    }
}

impl Drop for Candor {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the program said:\n{}", self.said());
        }
        // A process that has ended already is what we want.
        let _ = self.kill();
    }
}

/// An address that nobody listens on now.
fn free_address() -> Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0").context("loopback has no free port")?;
    Ok(listener.local_addr()?.to_string())
}

async fn answered(path: &str, request: reqwest::RequestBuilder) -> Result<Value> {
    let response = request.send().await.with_context(|| format!("`{path}` does not answer"))?;
    let status = response.status();
    let text = response.text().await.with_context(|| format!("`{path}` breaks off"))?;
    ensure!(status.is_success(), "`{path}` answers {status}: {text}");
    serde_json::from_str(&text).with_context(|| format!("`{path}` answers no JSON: {text}"))
}
