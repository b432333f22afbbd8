//! The order of life: a word may use the words before it, never one that comes later.

use std::str::FromStr;

use proc_macro2::{TokenStream, TokenTree};

/// What happens to a datum, in order.
const WORDS: [&str; 8] = ["arrive", "admit", "keep", "know", "decide", "share", "erase", "audit"];

/// What stands beside the words and may be used by all.
const ASIDE: [&str; 2] = ["ledger", "invariant"];

fn rank(word: &str) -> Option<usize> {
    WORDS.iter().position(|known| *known == word)
}

/// The table of contents names words and what stands aside, the words in order.
pub fn check_contents(library: &str) -> Vec<String> {
    let file = syn::parse_file(library).expect("the table of contents is Rust");
    let mut problems = Vec::new();
    let mut last = None;
    for item in &file.items {
        let syn::Item::Mod(module) = item else { continue };
        let name = module.ident.to_string();
        if ASIDE.contains(&name.as_str()) || name == "tests" {
            continue;
        }
        match rank(&name) {
            None => problems.push(format!("life/lib.rs: `{name}` is no word of life")),
            found if found < last => {
                problems.push(format!("life/lib.rs: `{name}` stands too late"))
            }
            found => last = found,
        }
    }
    problems
}

/// Where a file of `life` names a word that comes after its own.
pub fn check(path: &str, source: &str) -> Vec<String> {
    let inside = path.trim_start_matches("crates/life/src/").trim_end_matches(".rs");
    let modules: Vec<&str> = inside.split('/').collect();
    let Some(own) = modules.first().and_then(|word| rank(word)) else { return Vec::new() };
    let tokens = TokenStream::from_str(source).expect("a source file is Rust");
    let mut found = Vec::new();
    named(tokens, modules.len(), &mut found);
    found.retain(|word| rank(word).is_some_and(|other| other > own));
    found.dedup();
    found.iter().map(|word| format!("{path}: `{}` comes before `{word}`", WORDS[own])).collect()
}

/// Every first module after `crate::`, or after enough `super::` to reach the root.
fn named(tokens: TokenStream, depth: usize, found: &mut Vec<String>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let text: Vec<String> = tokens.iter().map(leaf).collect();
    for (index, token) in tokens.iter().enumerate() {
        if let TokenTree::Group(group) = token {
            named(group.stream(), depth, found);
        }
        let steps = text[index..].chunks_exact(3);
        let supers = steps.take_while(|step| step.join("") == "super::").count();
        let starts_here = index < 3 || text[index - 3..index].join("") != "super::";
        let next = if text[index] == "crate" && text.get(index + 1..index + 3).is_some_and(is_path)
        {
            index + 3
        } else if supers >= depth && starts_here {
            index + 3 * supers
        } else {
            continue;
        };
        match tokens.get(next) {
            Some(TokenTree::Ident(word)) => found.push(word.to_string()),
            Some(TokenTree::Group(group)) => first_of_each(group.stream(), found),
            Some(TokenTree::Punct(_) | TokenTree::Literal(_)) | None => {}
        }
    }
}

fn is_path(two: &[String]) -> bool {
    two.iter().all(|mark| mark == ":")
}

/// A token as text; a group, which is never part of a path's stem, as nothing.
fn leaf(token: &TokenTree) -> String {
    match token {
        TokenTree::Group(_) => String::new(),
        TokenTree::Ident(_) | TokenTree::Punct(_) | TokenTree::Literal(_) => token.to_string(),
    }
}

/// In `{a::b, c}`, `a` and `c`.
fn first_of_each(group: TokenStream, found: &mut Vec<String>) {
    let mut expects_name = true;
    for token in group {
        match token {
            TokenTree::Ident(word) if expects_name => {
                found.push(word.to_string());
                expects_name = false;
            }
            TokenTree::Punct(mark) if mark.as_char() == ',' => expects_name = true,
            TokenTree::Ident(_)
            | TokenTree::Punct(_)
            | TokenTree::Group(_)
            | TokenTree::Literal(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(path: &str, source: &str) -> usize {
        check(&format!("crates/life/src/{path}"), source).len()
    }

    #[test]
    fn earlier_words_and_what_stands_aside_are_fine() {
        assert_eq!(
            problems("keep/order.rs", "use crate::admit::Admitted; use crate::ledger::Chain;"),
            0
        );
        assert_eq!(problems("ledger.rs", "use crate::erase::Plan;"), 0);
    }

    #[test]
    fn a_later_word_is_found_however_it_is_named() {
        assert_eq!(problems("admit.rs", "use crate::keep::Row;"), 1);
        assert_eq!(problems("admit/plan.rs", "fn f() { let _ = crate::share::send(); }"), 1);
        assert_eq!(problems("arrive.rs", "use crate::{admit::Admitted, ledger};"), 1);
        assert_eq!(problems("keep/order.rs", "use super::super::erase::Plan;"), 1);
        assert_eq!(problems("keep.rs", "use super::know;"), 1);
        assert_eq!(
            problems("know.rs", "fn f() { assert!(vec![crate::erase::plan()].len() == 1); }"),
            1
        );
    }

    #[test]
    fn a_module_of_ones_own_is_no_later_word() {
        assert_eq!(problems("admit/plan.rs", "use super::share;"), 0);
    }

    #[test]
    fn contents_in_the_wrong_order_are_found() {
        assert_eq!(check_contents("pub mod arrive; pub mod admit; pub mod ledger;").len(), 0);
        assert_eq!(check_contents("pub mod admit; pub mod arrive;").len(), 1);
        assert_eq!(check_contents("pub mod helpers;").len(), 1);
    }
}
