//! The house keeps itself: what ARCHITECTURE.md and STYLE.md promise is read here and compared.
//!
//! Each rule is a function from text to problems, so that each has a negative control beside it: a
//! small text that must go red. The tests here put the repository's own files through the rules.

pub mod codes;
mod files;
mod floors;
mod names;
mod size;
mod text;
pub mod tree;
mod words;

use std::collections::BTreeSet;

use tree::Tree;
use vocabulary::Refusal;

/// Fails with every problem at once, so that one run is enough to put them all right.
#[track_caller]
fn demand_none(problems: &[String]) {
    assert!(problems.is_empty(), "{} problems\n{}\n", problems.len(), problems.join("\n"));
}

#[test]
fn every_package_keeps_to_its_floor() {
    let tree = Tree::read();
    let table = floors::table(tree.text("ARCHITECTURE.md"));
    let mut problems = Vec::new();
    let mut seen = 0;
    for (path, manifest) in tree.ending("Cargo.toml") {
        if path != "Cargo.toml" {
            seen += 1;
            problems.extend(floors::check(&table, path, manifest));
        }
    }
    assert!(seen >= table.len(), "the table names packages that do not exist");
    demand_none(&problems);
}

#[test]
fn life_is_told_in_order() {
    let tree = Tree::read();
    let mut problems = words::check_contents(tree.text("crates/life/src/lib.rs"));
    for (path, source) in tree.under("crates/life/src/", ".rs") {
        problems.extend(words::check(path, source));
    }
    demand_none(&problems);
}

#[test]
fn files_and_functions_are_short() {
    let tree = Tree::read();
    demand_none(
        &tree.rust().flat_map(|(path, source)| size::check(path, source)).collect::<Vec<_>>(),
    );
}

#[test]
fn names_are_in_the_glossary() {
    let tree = Tree::read();
    let glossary = names::glossary(tree.text("catalog/glossary.md"));
    let sources = tree.under("crates/", ".rs").filter(|(path, _)| path.contains("/src/"));
    demand_none(&names::check(&glossary, sources));
}

#[test]
fn no_source_file_is_forgotten() {
    let tree = Tree::read();
    demand_none(&files::check_modules(&tree.rust().collect::<Vec<_>>()));
}

#[test]
fn no_scenario_is_forgotten() {
    let tree = Tree::read();
    let scenarios: Vec<_> = tree.under("tests/scenarios/", ".life").map(|(path, _)| path).collect();
    let harness: Vec<_> = tree.under("tests/", ".rs").collect();
    demand_none(&files::check_scenarios(&scenarios, &harness));
}

#[test]
fn every_page_has_one_title() {
    let tree = Tree::read();
    demand_none(
        &tree
            .ending(".md")
            .flat_map(|(path, page)| text::check_title(path, page))
            .collect::<Vec<_>>(),
    );
}

#[test]
fn every_page_of_the_book_is_in_its_contents() {
    let tree = Tree::read();
    let pages: Vec<_> = tree.under("docs/", ".md").map(|(path, _)| path).collect();
    demand_none(&text::check_contents(tree.text("docs/SUMMARY.md"), &pages));
}

#[test]
fn every_code_is_explained_and_every_explained_code_exists() {
    let tree = Tree::read();
    let page = tree.text("docs/reference/refusals.md");
    let explained = codes::explained(page);
    let mut written: BTreeSet<String> =
        tree.rust().flat_map(|(path, source)| codes::codes(path, source)).collect();
    written.extend(Refusal::EVERY.map(|why| why.code().to_owned()));
    assert!(written.len() > 60, "the sources write their codes as text: {written:?}");
    let missing = written.difference(&explained).map(|code| format!("`{code}` is not explained"));
    let stale = explained.difference(&written).map(|code| format!("nobody answers `{code}`"));
    demand_none(&missing.chain(stale).collect::<Vec<_>>());
}

#[test]
fn nothing_names_a_machine_or_a_loose_end() {
    let tree = Tree::read();
    demand_none(
        &tree
            .all()
            .flat_map(|(path, content)| text::check_words(path, content))
            .collect::<Vec<_>>(),
    );
}
