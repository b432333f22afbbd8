//! Short enough to read: lines of a file, lines of a function, columns of a line.
//!
//! A text between quotes may be as wide as it is: in one piece it is found by who searches for it.

use std::collections::BTreeMap;
use std::str::FromStr;

use proc_macro2::{Literal, Span, TokenStream, TokenTree};
use syn::spanned::Spanned;
use syn::visit::{self, Visit};

const FILE_LINES_MAX: usize = 500;
const FUNCTION_LINES_MAX: usize = 70;
const LINE_COLUMNS_MAX: usize = 100;

/// What is too long in this file. Tests count for columns and functions, not for the file's length.
pub fn check(path: &str, source: &str) -> Vec<String> {
    let mut problems = Vec::new();
    let texts = texts(source);
    for (index, line) in source.lines().enumerate() {
        let columns = line.chars().count();
        let text = texts.get(&(index + 1)).copied().unwrap_or(0);
        if columns - columns.min(text) > LINE_COLUMNS_MAX {
            problems.push(format!("{path}:{}: {columns} columns", index + 1));
        }
    }
    let file = syn::parse_file(source).unwrap_or_else(|why| panic!("{path} is no Rust: {why}"));
    let mut lengths = Lengths::default();
    lengths.visit_file(&file);
    for (name, line, lines) in lengths.functions {
        if lines > FUNCTION_LINES_MAX {
            problems.push(format!("{path}:{line}: `{name}` has {lines} lines"));
        }
    }
    let lines = source.lines().count() - lengths.test_lines;
    if lines > FILE_LINES_MAX && !is_test(path) {
        problems.push(format!("{path}: {lines} lines"));
    }
    problems
}

/// By line: how many columns stand between quotes. Only lines that are too wide are looked at.
fn texts(source: &str) -> BTreeMap<usize, usize> {
    let lines: Vec<&str> = source.lines().collect();
    if lines.iter().all(|line| line.chars().count() <= LINE_COLUMNS_MAX) {
        return BTreeMap::new();
    }
    let mut found = BTreeMap::new();
    let tokens = TokenStream::from_str(source).expect("a source file is Rust");
    each_literal(tokens, &mut |literal| {
        let (start, end) = (literal.span().start(), literal.span().end());
        let first = lines[start.line - 1].chars().nth(start.column);
        // A comment of documentation is a literal too, and begins with a slash.
        if !first.is_some_and(|first| "\"rbc".contains(first)) {
            return;
        }
        for line in start.line..=end.line {
            let from = if line == start.line { start.column } else { 0 };
            let width = lines[line - 1].chars().count();
            let to = if line == end.line { end.column } else { width };
            *found.entry(line).or_default() += to - from;
        }
    });
    found
}

fn each_literal(tokens: TokenStream, visit: &mut dyn FnMut(&Literal)) {
    for token in tokens {
        match token {
            TokenTree::Group(group) => each_literal(group.stream(), visit),
            TokenTree::Literal(literal) => visit(&literal),
            TokenTree::Ident(_) | TokenTree::Punct(_) => {}
        }
    }
}

fn is_test(path: &str) -> bool {
    path.starts_with("tests/") || path.ends_with("/tests.rs") || path.contains("/tests/")
}

/// Every function with its first line and length, and how many lines are test modules.
#[derive(Default)]
struct Lengths {
    functions: Vec<(String, usize, usize)>,
    test_lines: usize,
}

impl Lengths {
    fn add(&mut self, name: &syn::Ident, block: &syn::Block) {
        let first = name.span().start().line;
        let last = block.brace_token.span.close().end().line;
        self.functions.push((name.to_string(), first, last + 1 - first));
    }
}

fn lines_of(span: Span) -> usize {
    span.end().line + 1 - span.start().line
}

impl<'a> Visit<'a> for Lengths {
    fn visit_item_fn(&mut self, function: &'a syn::ItemFn) {
        self.add(&function.sig.ident, &function.block);
        visit::visit_item_fn(self, function);
    }

    fn visit_impl_item_fn(&mut self, function: &'a syn::ImplItemFn) {
        self.add(&function.sig.ident, &function.block);
        visit::visit_impl_item_fn(self, function);
    }

    fn visit_trait_item_fn(&mut self, function: &'a syn::TraitItemFn) {
        if let Some(block) = &function.default {
            self.add(&function.sig.ident, block);
        }
        visit::visit_trait_item_fn(self, function);
    }

    fn visit_item_mod(&mut self, module: &'a syn::ItemMod) {
        if module.ident == "tests" && module.content.is_some() {
            self.test_lines += lines_of(module.span());
        }
        visit::visit_item_mod(self, module);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn function(lines: usize) -> String {
        format!("fn long() {{\n{}}}\n", "    step();\n".repeat(lines - 2))
    }

    #[test]
    fn what_just_fits_is_fine() {
        assert_eq!(check("crates/a/src/a.rs", &function(70)), Vec::<String>::new());
        assert_eq!(check("a.rs", &format!("// {}", "x".repeat(97))).len(), 0);
    }

    #[test]
    fn a_long_function_is_found() {
        assert_eq!(check("a.rs", &function(71)), ["a.rs:1: `long` has 71 lines"]);
        let method = format!("impl A {{\n{}}}\n", function(71));
        assert_eq!(check("a.rs", &method).len(), 1);
    }

    #[test]
    fn a_wide_line_is_found() {
        assert_eq!(check("a.rs", &format!("// {}", "é".repeat(98))), ["a.rs:1: 101 columns"]);
    }

    #[test]
    fn a_wide_text_is_fine_and_the_code_around_it_is_counted() {
        let wide = "x".repeat(120);
        assert_eq!(check("a.rs", &format!("fn a() {{ say(\"{wide}\"); }}")).len(), 0);
        assert_eq!(check("a.rs", &format!("fn a() {{ say(r#\"\n{wide}\n\"#); }}")).len(), 0);
        assert_eq!(check("a.rs", &format!("fn a() {{ say(\"\", {wide}); }}")).len(), 1);
        assert_eq!(check("a.rs", &format!("/// {wide}\nfn a() {{}}")).len(), 1);
    }

    #[test]
    fn a_long_file_is_found_and_its_tests_are_not_counted() {
        let long = "const A: u8 = 0;\n".repeat(501);
        assert_eq!(check("crates/a/src/a.rs", &long), ["crates/a/src/a.rs: 501 lines"]);
        assert_eq!(check("tests/a.rs", &long).len(), 0);
        let with_tests = format!("mod tests {{\n{}}}\n", "const A: u8 = 0;\n".repeat(501));
        assert_eq!(check("crates/a/src/a.rs", &with_tests).len(), 0);
    }
}
