//! Words from the glossary only: each part of a module's name stands in `catalog/glossary.md`.

use std::collections::{BTreeMap, BTreeSet};

/// The names that Rust gives, which are no words of ours.
const GIVEN: [&str; 3] = ["lib", "main", "tests"];

/// The words that stand in bold at the start of a line or of a list's item.
pub fn glossary(page: &str) -> BTreeSet<String> {
    let items = page.lines().filter(|line| line.trim_start_matches("- ").starts_with("**"));
    let heads = items.filter_map(|line| line.split(" — ").next());
    let words = heads.flat_map(|head| head.split([' ', ',', '-', '*']));
    words.filter(|word| !word.is_empty()).map(str::to_lowercase).collect()
}

/// The words that are missing, each with a file that needs it.
pub fn check<'a>(
    glossary: &BTreeSet<String>,
    sources: impl Iterator<Item = (&'a str, &'a str)>,
) -> Vec<String> {
    let mut missing = BTreeMap::new();
    for (path, source) in sources {
        for name in modules(path, source) {
            for word in name.split('_').filter(|word| !glossary.contains(*word)) {
                missing.entry(word.to_owned()).or_insert_with(|| path.to_owned());
            }
        }
    }
    missing.iter().map(|(word, path)| format!("{path}: `{word}` is not in the glossary")).collect()
}

/// The names of the file and folders below `src`, and of the modules written inside the file.
fn modules(path: &str, source: &str) -> Vec<String> {
    let inside = path.split_once("/src/").map_or(path, |(_, inside)| inside);
    let mut names: Vec<String> =
        inside.trim_end_matches(".rs").split('/').map(str::to_owned).collect();
    let file = syn::parse_file(source).unwrap_or_else(|why| panic!("{path} is no Rust: {why}"));
    for item in &file.items {
        if let syn::Item::Mod(module) = item {
            names.push(module.ident.to_string());
        }
    }
    names.retain(|name| !GIVEN.contains(&name.as_str()));
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(path: &str, source: &str) -> Vec<String> {
        let words = glossary(
            "# Glossary\n\n- **keep** — to store.\n- **blind index** — a hash.\n\nprose **bold**\n",
        );
        check(&words, [(path, source)].into_iter())
    }

    #[test]
    fn words_of_the_glossary_are_fine() {
        assert!(problems("crates/a/src/keep/blind_index.rs", "mod tests {}").is_empty());
    }

    #[test]
    fn an_unknown_word_is_found() {
        let expected = ["crates/a/src/keep/utils.rs: `utils` is not in the glossary"];
        assert_eq!(problems("crates/a/src/keep/utils.rs", ""), expected);
        assert_eq!(problems("crates/a/src/lib.rs", "pub mod helper;").len(), 1);
        assert_eq!(problems("crates/a/src/bold.rs", "").len(), 1);
    }
}
