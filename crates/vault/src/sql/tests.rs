//! Each statement is prepared on both databases, and none hides from that.

mod postgres;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use sqlx::{Connection, Executor, SqlSafeStr, SqliteConnection};

use super::*;

const KEYS: &[&[&[Statement]]] = &[crate::custody::EVERY_STATEMENT];
const VAULT: &[&[&[Statement]]] = &[
    &[crate::vault::STATEMENTS, STATEMENTS],
    crate::keep::EVERY_STATEMENT,
    crate::know::EVERY_STATEMENT,
    crate::access::EVERY_STATEMENT,
    crate::erase::EVERY_STATEMENT,
    crate::ledger::EVERY_STATEMENT,
];

fn every(of: &'static [&[&[Statement]]]) -> impl Iterator<Item = Statement> {
    of.iter().flat_map(|area| area.iter()).flat_map(|module| module.iter()).copied()
}

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// All migrations of a database, oldest first.
fn script(dialect: &str, database: &str) -> String {
    let folder = folder("migrations").join(dialect);
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let is_of = |path: &PathBuf| {
        path.file_name().unwrap().to_string_lossy().starts_with(&format!("{database}-"))
    };
    let mut paths: Vec<PathBuf> = entries.filter(is_of).collect();
    paths.sort();
    paths.iter().map(|path| std::fs::read_to_string(path).unwrap()).collect()
}

#[tokio::test]
async fn every_statement_is_understood_by_sqlite() {
    for (database, statements) in [("keys", KEYS), ("vault", VAULT)] {
        let mut connection = SqliteConnection::connect("sqlite::memory:").await.unwrap();
        let tables = sqlx::AssertSqlSafe(script("sqlite", database));
        connection.execute(sqlx::raw_sql(tables)).await.unwrap();
        for (name, text) in every(statements) {
            let prepared = connection.prepare(text().into_sql_str()).await;
            assert!(prepared.is_ok(), "{name}: {}", prepared.err().unwrap());
        }
    }
}

#[tokio::test]
async fn every_statement_is_understood_by_postgresql() {
    let server = postgres::Server::start();
    for (database, statements) in [("keys", KEYS), ("vault", VAULT)] {
        let mut connection = server.connect(database).await;
        let tables = sqlx::AssertSqlSafe(script("postgres", database));
        connection.execute(sqlx::raw_sql(tables)).await.unwrap();
        for (name, text) in every(statements) {
            let prepared = connection.prepare(text().into_sql_str()).await;
            assert!(prepared.is_ok(), "{name}: {}", prepared.err().unwrap());
        }
    }
}

/// The sources of this crate without their tests.
fn sources(from: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if !path.iter().any(|part| part == "tests" || part == "tests.rs") {
            found.push(path);
        }
    }
}

#[test]
fn no_statement_hides_from_the_list() {
    let listed: BTreeSet<&str> = every(KEYS).chain(every(VAULT)).map(|(name, _)| name).collect();
    let mut files = Vec::new();
    sources(&folder("src"), &mut files);
    for file in files {
        let whole = std::fs::read_to_string(&file).unwrap();
        let source = whole.split("#[cfg(test)]\nmod tests {").next().unwrap();
        let place = file.display();
        assert!(!source.contains("AssertSqlSafe"), "{place} makes a statement out of pieces");
        for called in ["query(", "query_scalar(", "raw_sql("] {
            for after in source.split(&format!("sqlx::{called}")).skip(1) {
                let name = after.split([')', ',']).next().unwrap().trim();
                let name = name.trim_end_matches('(');
                let is_argument =
                    ["text", "*script"].contains(&name) || name.starts_with("if wide");
                let is_dialect = name.starts_with("SQLITE_");
                let known = is_argument || is_dialect || listed.contains(name);
                assert!(known, "{place} runs `{name}`, which is in no list of statements");
            }
        }
        for block in source.split("\nsql::statements! {").skip(1) {
            let block = block.split("\n}").next().unwrap();
            let names = block.lines().filter_map(|line| line.strip_prefix("    "));
            for name in names.filter_map(|line| line.split_once(" = \"")).map(|(name, _)| name) {
                assert!(
                    listed.contains(name),
                    "{place} declares `{name}` in a list that is not read"
                );
            }
        }
    }
}
