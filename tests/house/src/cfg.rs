//! **cfg-at-the-door**: conditions stand on items, best on `mod` lines, never inside functions. May call `source`.

use syn::spanned::Spanned;
use syn::visit::{self, Visit};

use crate::source::Source;
use crate::violation::Violation;

/// Checks a file.
#[must_use]
pub fn check(source: &Source) -> Vec<Violation> {
    let mut inside = Inside { source, depth: 0, violations: Vec::new() };
    inside.visit_file(&source.syntax);
    inside.violations
}

struct Inside<'a> {
    source: &'a Source,
    depth: usize,
    violations: Vec<Violation>,
}

impl Inside<'_> {
    fn found(&mut self, line: usize) {
        let what = "cfg-at-the-door: a condition inside a function".to_owned();
        self.violations.push(self.source.violation(line, what));
    }
}

impl<'ast> Visit<'ast> for Inside<'_> {
    fn visit_block(&mut self, block: &'ast syn::Block) {
        self.depth += 1;
        visit::visit_block(self, block);
        self.depth -= 1;
    }

    fn visit_attribute(&mut self, attribute: &'ast syn::Attribute) {
        if self.depth > 0 && attribute.path().is_ident("cfg") {
            self.found(attribute.span().start().line);
        }
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        if self.depth > 0 && call.path.is_ident("cfg") {
            self.found(call.span().start().line);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> usize {
        check(&Source::new("l4k/src/base/a.rs", text).expect("Rust")).len()
    }

    #[test]
    fn condition_inside_a_function_is_found() {
        assert_eq!(found("fn f() {\n    #[cfg(feature = \"debug\")]\n    g();\n}"), 1);
        assert_eq!(found("fn f() {\n    #[cfg(feature = \"debug\")]\n    let a = 1;\n}"), 1);
        assert_eq!(found("fn f() {\n    if cfg!(feature = \"debug\") { g() }\n}"), 1);
    }

    #[test]
    fn condition_on_an_item_is_allowed() {
        assert_eq!(found("#[cfg(test)]\nmod tests;\n#[cfg(unix)]\nfn f() {}"), 0);
    }
}
