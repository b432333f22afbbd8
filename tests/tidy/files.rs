//! Nothing lies about unread: every source file is a module of another, every scenario is run.

use std::collections::BTreeSet;

/// The files that the build begins with.
const ROOTS: [&str; 4] = ["lib.rs", "main.rs", "it.rs", "build.rs"];

/// Source files that no other file declares with `mod`, and files that go by the name `mod.rs`.
pub fn check_modules(sources: &[(&str, &str)]) -> Vec<String> {
    let declared: BTreeSet<String> =
        sources.iter().flat_map(|(path, source)| declared_by(path, source)).collect();
    let mut problems = Vec::new();
    for (path, _) in sources {
        let name = path.rsplit('/').next().unwrap_or(path);
        if name == "mod.rs" {
            problems.push(format!("{path}: write `word.rs` beside `word/`"));
        } else if !ROOTS.contains(&name) && !path.contains("/bin/") && !declared.contains(*path) {
            problems.push(format!("{path}: no file declares it with `mod`"));
        }
    }
    problems
}

/// The paths of the modules that this file declares and leaves to other files.
fn declared_by(path: &str, source: &str) -> Vec<String> {
    let folder = match path.rsplit_once('/') {
        Some((folder, name)) if ROOTS.contains(&name) => folder.to_owned(),
        _ => path.trim_end_matches(".rs").to_owned(),
    };
    let file = syn::parse_file(source).unwrap_or_else(|why| panic!("{path} is no Rust: {why}"));
    let modules = file.items.iter().filter_map(|item| match item {
        syn::Item::Mod(module) if module.content.is_none() => Some(&module.ident),
        _ => None,
    });
    modules.map(|name| format!("{folder}/{name}.rs")).collect()
}

/// Scenarios that nothing in the harness runs: neither by name nor as part of their folder.
pub fn check_scenarios(scenarios: &[&str], harness: &[(&str, &str)]) -> Vec<String> {
    // This very file speaks of scenarios and runs none.
    let runners = || harness.iter().filter(|(path, _)| !path.starts_with("tests/tidy"));
    let folder_is_run = runners()
        .any(|(_, source)| source.contains("\"scenarios\"") && source.contains("read_dir"));
    let is_run = |path: &str| {
        let name = path.rsplit('/').next().unwrap_or(path);
        folder_is_run || runners().any(|(_, source)| source.contains(name))
    };
    scenarios
        .iter()
        .filter(|path| !is_run(path))
        .map(|path| format!("{path}: nothing runs this scenario"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn declared_files_are_fine() {
        let sources = [
            ("tests/it.rs", "mod admit;"),
            ("tests/admit.rs", "mod plan;"),
            ("tests/admit/plan.rs", ""),
            ("crates/a/src/lib.rs", "pub mod keep;"),
            ("crates/a/src/keep.rs", ""),
        ];
        assert!(check_modules(&sources).is_empty());
    }

    #[test]
    fn a_forgotten_file_is_found() {
        let sources =
            [("tests/it.rs", "mod admit {}"), ("tests/admit.rs", "#[test] fn never_run() {}")];
        assert_eq!(check_modules(&sources), ["tests/admit.rs: no file declares it with `mod`"]);
        assert_eq!(check_modules(&[("crates/a/src/keep/mod.rs", "")]).len(), 1);
    }

    #[test]
    fn a_forgotten_scenario_is_found() {
        let scenarios = ["tests/scenarios/admit.life"];
        let silent = [("tests/admit.rs", "fn f() {}"), ("tests/tidy/files.rs", "\"admit.life\"")];
        assert_eq!(check_scenarios(&scenarios, &silent).len(), 1);
        assert_eq!(
            check_scenarios(&scenarios, &[("tests/admit.rs", "run(\"admit.life\")")]).len(),
            0
        );
        let folder = [("tests/life.rs", "read_dir(root().join(\"scenarios\"))")];
        assert_eq!(check_scenarios(&scenarios, &folder).len(), 0);
    }
}
