//! A PostgreSQL of the test's own: a temporary directory, a socket in it, gone with the test.

use std::fs;
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{Connection, Executor};
use tempfile::TempDir;

const PROGRAMS: &str = "/usr/lib/postgresql/15/bin";
const NEEDED: &str = "PostgreSQL 15 is missing: run `apt-get install postgresql-15`";
const STEP: Duration = Duration::from_millis(50);
const STEPS_MAX: u32 = 1_200;

/// A running server. It stops when this is dropped.
pub(super) struct Server {
    folder: TempDir,
    process: Child,
}

/// Root may not run PostgreSQL, so root lends it to the user that its package makes.
fn user() -> Option<(u32, u32)> {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let own = status.lines().find_map(|line| line.strip_prefix("Uid:")).unwrap();
    if own.split_whitespace().next() != Some("0") {
        return None;
    }
    let users = fs::read_to_string("/etc/passwd").unwrap();
    let line = users.lines().find(|line| line.starts_with("postgres:")).expect(NEEDED);
    let mut fields = line.split(':').skip(2).map(|field| field.parse().unwrap());
    Some((fields.next().unwrap(), fields.next().unwrap()))
}

fn program(name: &str, user: Option<(u32, u32)>) -> Command {
    let path = Path::new(PROGRAMS).join(name);
    assert!(path.exists(), "{NEEDED}");
    let Some((user, group)) = user else { return Command::new(path) };
    let mut command = Command::new("setpriv");
    command.args(["--reuid", &user.to_string(), "--regid", &group.to_string(), "--clear-groups"]);
    command.arg("--").arg(path);
    command
}

impl Server {
    pub(super) fn start() -> Self {
        let folder = TempDir::new().unwrap();
        let user = user();
        if let Some((user, group)) = user {
            chown(folder.path(), Some(user), Some(group)).unwrap();
        }
        let data = folder.path().join("data");
        let mut made = program("initdb", user);
        made.args(["--auth=trust", "--username=candor", "--no-sync", "--pgdata"]).arg(&data);
        let made = made.current_dir(folder.path()).output().unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let mut process = program("postgres", user);
        process.arg("-D").arg(&data).args(["-c", "listen_addresses=", "-c", "fsync=off", "-k"]);
        process.arg(folder.path()).current_dir(folder.path());
        process.stdout(Stdio::null()).stderr(Stdio::null());
        let process = process.spawn().unwrap();
        Self { folder, process }
    }

    fn options(&self, database: &str) -> PgConnectOptions {
        let socket: PathBuf = self.folder.path().into();
        PgConnectOptions::new_without_pgpass().socket(socket).username("candor").database(database)
    }

    /// Makes a database and connects to it, once the server answers.
    pub(super) async fn connect(&self, database: &str) -> PgConnection {
        let mut step = tokio::time::interval(STEP);
        for _ in 0..STEPS_MAX {
            if let Ok(mut first) = PgConnection::connect_with(&self.options("postgres")).await {
                let create = sqlx::AssertSqlSafe(format!("create database {database}"));
                first.execute(sqlx::raw_sql(create)).await.unwrap();
                return PgConnection::connect_with(&self.options(database)).await.unwrap();
            }
            step.tick().await;
        }
        panic!("PostgreSQL did not answer within a minute");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // The postmaster ends its own processes when it is told to stop; the folder goes after it.
        let told = Command::new("kill").args(["-QUIT", &self.process.id().to_string()]).status();
        assert!(told.is_ok_and(|told| told.success()));
        assert!(self.process.wait().is_ok());
    }
}
