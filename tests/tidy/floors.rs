//! What a package may name. The table of floors in ARCHITECTURE.md is the law, each manifest the
//! case.
//!
//! A third-party crate that the table names anywhere is heavy: only the packages whose row allows
//! it may depend on it, tests apart. Crates that the table does not name are free.

use std::collections::{BTreeMap, BTreeSet};

const SECTIONS: [&str; 3] = ["dependencies", "dev-dependencies", "build-dependencies"];

/// One row: what a package may use, and what it must never name.
#[derive(Debug, Default)]
pub struct Floor {
    ours: BTreeSet<String>,
    heavy: BTreeSet<String>,
    never: BTreeSet<String>,
}

/// The rows below the heading that begins with `| package |`. Names stand in backticks.
pub fn table(page: &str) -> BTreeMap<String, Floor> {
    let rows = page
        .lines()
        .skip_while(|line| !line.starts_with("| package |"))
        .skip(2)
        .take_while(|line| line.starts_with('|'));
    let table: BTreeMap<_, _> = rows.map(row).collect();
    assert!(table.len() > 1, "ARCHITECTURE.md has a table whose heading begins with `| package |`");
    table
}

fn row(line: &str) -> (String, Floor) {
    let mut cells = line.trim_matches('|').split('|').map(quoted);
    let package =
        cells.next().unwrap_or_default().into_iter().next().expect("a row names a package");
    let mut next = || cells.next().unwrap_or_default();
    (package, Floor { ours: next(), heavy: next(), never: next() })
}

/// The words between backticks.
fn quoted(cell: &str) -> BTreeSet<String> {
    cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// `arrow-*` stands for every crate that begins with `arrow-`.
fn covers(patterns: &BTreeSet<String>, name: &str) -> bool {
    patterns.iter().any(|pattern| match pattern.strip_suffix('*') {
        Some(start) => name.starts_with(start),
        None => pattern == name,
    })
}

/// Where this manifest leaves its floor.
pub fn check(table: &BTreeMap<String, Floor>, path: &str, manifest: &str) -> Vec<String> {
    let manifest: toml::Table = manifest.parse().expect("a manifest is TOML");
    let package = manifest["package"]["name"].as_str().expect("a package has a name");
    let Some(floor) = table.get(package) else {
        return vec![format!(
            "{path}: `{package}` has no row in the floor table of ARCHITECTURE.md"
        )];
    };
    let mut problems = Vec::new();
    for section in SECTIONS {
        let names = manifest.get(section).and_then(toml::Value::as_table).into_iter().flatten();
        for (name, _) in names {
            let is_ours = table.contains_key(name.as_str());
            let is_heavy =
                table.values().any(|row| covers(&row.heavy, name) || covers(&row.never, name));
            let allowed = match (is_ours, is_heavy && section != "dev-dependencies") {
                (true, _) => floor.ours.contains(name.as_str()),
                (false, true) => covers(&floor.heavy, name) && !covers(&floor.never, name),
                (false, false) => true,
            };
            if !allowed {
                problems.push(format!(
                    "{path}: `{package}` may not name `{name}` (floor table, {section})"
                ));
            }
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "
| package | may use ours | heavy crates | never |
|---|---|---|---|
| `life` | – | `sha2` | `tokio`, the clock |
| `lake` | `life` | `arrow-*`, `tokio` | `sqlx` |
| `server` | `life`, `lake` | `tokio` | – |

| `other` | table |
";

    fn problems(package: &str, dependencies: &str) -> usize {
        let manifest = format!("[package]\nname = \"{package}\"\n[dependencies]\n{dependencies}");
        check(&table(PAGE), "Cargo.toml", &manifest).len()
    }

    #[test]
    fn downward_and_allowed_is_fine() {
        assert_eq!(
            problems("lake", "life.workspace = true\narrow-array = \"59\"\nserde = \"1\""),
            0
        );
        assert_eq!(
            problems("server", "life.workspace = true\nlake.workspace = true\ntokio = \"1\""),
            0
        );
    }

    #[test]
    fn upward_is_found() {
        assert_eq!(problems("life", "lake.workspace = true"), 1);
    }

    #[test]
    fn a_heavy_crate_on_the_wrong_floor_is_found() {
        assert_eq!(problems("life", "tokio = \"1\""), 1);
        assert_eq!(problems("server", "arrow-schema = \"59\"\nsqlx = \"0.9\""), 2);
    }

    #[test]
    fn tests_may_name_a_heavy_crate_but_no_higher_floor() {
        assert_eq!(problems("life", "[dev-dependencies]\ntokio = \"1\""), 0);
        assert_eq!(problems("life", "[dev-dependencies]\nlake.workspace = true"), 1);
    }

    #[test]
    fn a_package_without_a_row_is_found() {
        assert_eq!(problems("stranger", ""), 1);
        assert_eq!(problems("other", ""), 1);
    }
}
