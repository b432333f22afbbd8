//! Short enough to read: lines of a file, lines of a function, columns of a line.

use proc_macro2::Span;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};

const FILE_LINES_MAX: usize = 500;
const FUNCTION_LINES_MAX: usize = 70;
const LINE_COLUMNS_MAX: usize = 100;

/// What is too long in this file. Tests count for columns and functions, not for the file's length.
pub fn check(path: &str, source: &str) -> Vec<String> {
    let mut problems = Vec::new();
    for (index, line) in source.lines().enumerate() {
        let columns = line.chars().count();
        if columns > LINE_COLUMNS_MAX {
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
    fn a_long_file_is_found_and_its_tests_are_not_counted() {
        let long = "const A: u8 = 0;\n".repeat(501);
        assert_eq!(check("crates/a/src/a.rs", &long), ["crates/a/src/a.rs: 501 lines"]);
        assert_eq!(check("tests/a.rs", &long).len(), 0);
        let with_tests = format!("mod tests {{\n{}}}\n", "const A: u8 = 0;\n".repeat(501));
        assert_eq!(check("crates/a/src/a.rs", &with_tests).len(), 0);
    }
}
