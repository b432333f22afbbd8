//! Codes as the sources write them: whatever looks like one has its place in the reference.

use std::collections::BTreeSet;
use std::str::FromStr;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// The sources from which an answer takes its code.
const SPEAKERS: &[&str] = &[
    "crates/life/src/admit/fields.rs",
    "crates/life/src/admit/gate.rs",
    "crates/life/src/arrive",
    "crates/life/src/know/fault.rs",
    "crates/life/src/know/saved/flaw.rs",
    "crates/life/src/know/saved/reach.rs",
    "crates/life/src/know/sql/flaw.rs",
    "crates/lake/src/know/error.rs",
    "crates/server/src/app/",
    "crates/server/src/http/",
    "crates/server/src/problem.rs",
];

/// Sources of findings and of files: what they name is no problem's code.
const SILENT: &[&str] =
    &["/tests.rs", "arrive/check.rs", "app/quarantine.rs", "http/arrive/doctor.rs"];

/// What is written like a code and is never answered: headers and their values, a kind of reading,
/// a way of writing names, causes that are answered as `internal`.
const OTHERS: &[&str] = &[
    "accept-encoding",
    "content-encoding",
    "content-type",
    "events-stream",
    "gzip-js",
    "kebab-case",
    "no-cache",
    "no-store",
    "read-failed",
    "run-unordered",
    "same-origin",
    "sink-health",
    "sp-anonymous",
    "thread-ended",
    "user-agent",
    "webhook-id",
    "webhook-signature",
    "webhook-timestamp",
];

/// Every code that a source may answer with; none for a source that answers nothing.
pub fn codes(path: &str, source: &str) -> BTreeSet<String> {
    let speaks = SPEAKERS.iter().any(|speaker| path.starts_with(speaker));
    if !speaks || SILENT.iter().any(|silent| path.ends_with(silent)) {
        return BTreeSet::new();
    }
    let tokens = TokenStream::from_str(source).expect("a source file is Rust");
    let mut found = BTreeSet::new();
    collect(tokens, false, &mut found);
    found
}

/// The codes that the reference explains: the first column of its tables.
pub fn explained(page: &str) -> BTreeSet<String> {
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `")?.split_once("` |"));
    rows.map(|(code, _)| code.to_owned()).collect()
}

/// Words with a hyphen anywhere; where `is_code`, single words, too.
fn collect(tokens: TokenStream, is_code: bool, found: &mut BTreeSet<String>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    for (place, token) in tokens.iter().enumerate() {
        match token {
            TokenTree::Group(group) => {
                let before =
                    |count: usize| place.checked_sub(count).map(|at| tokens[at].to_string());
                if before(1).as_deref() == Some("tests") {
                    continue;
                }
                let is_body = group.delimiter() == Delimiter::Brace
                    && (1..place.min(12)).any(|count| {
                        before(count).as_deref() == Some("code")
                            && before(count + 1).as_deref() == Some("fn")
                    });
                let is_problem = before(1).as_deref() == Some("new")
                    && matches!(before(4).as_deref(), Some("Problem" | "Self"));
                collect(group.stream(), is_code || is_body || is_problem, found);
            }
            TokenTree::Literal(literal) => {
                let text = literal.to_string();
                let word = text.trim_matches('"');
                if is_written_like_one(word, is_code) && word.len() + 2 == text.len() {
                    found.insert(word.to_owned());
                }
            }
            TokenTree::Ident(_) | TokenTree::Punct(_) => {}
        }
    }
}

fn is_written_like_one(word: &str, is_code: bool) -> bool {
    let is_kebab = word
        .split('-')
        .all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase()));
    let is_header = word.starts_with("x-") || word.starts_with("sec-");
    is_kebab && !is_header && !OTHERS.contains(&word) && (is_code || word.contains('-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(source: &str) -> Vec<String> {
        codes("crates/server/src/http/some.rs", source).into_iter().collect()
    }

    #[test]
    fn codes_are_found_where_answers_are_made() {
        assert_eq!(found(r#"fn f() { Problem::new(status, "limited", "no more") }"#), ["limited"]);
        assert_eq!(found(r#"fn f() { let code = "key-missing"; wrong(code) }"#), ["key-missing"]);
        let code = r#"pub const fn code(&self) -> &'static str { match self { A => "zero" } }"#;
        assert_eq!(found(code), ["zero"]);
    }

    #[test]
    fn other_words_and_tests_are_no_codes() {
        assert!(
            found(r#"fn f() { header("x-real-ip", "content-type", "word", "A text.") }"#)
                .is_empty()
        );
        assert!(found(r#"mod tests { fn f() { told("not-a-code") } }"#).is_empty());
        assert!(codes("crates/life/src/keep.rs", r#"const A: &str = "some-word";"#).is_empty());
    }

    #[test]
    fn the_reference_is_read_by_its_tables() {
        let page =
            "# Codes\n\n| code | remedy |\n|---|---|\n| `one-code` | do this |\n\n`other-code`\n";
        assert_eq!(explained(page).into_iter().collect::<Vec<_>>(), ["one-code"]);
    }
}
