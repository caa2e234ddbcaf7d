//! **one-concept-files**: files of up to 500 lines, functions of up to 40; more needs a stated reason. May call
//! `source`.

use proc_macro2::Span;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};

use crate::source::Source;
use crate::violation::Violation;

const FILE_LINES: usize = 500;
const FUNCTION_LINES: usize = 40;

/// How the reason for a long file begins, anywhere in the file.
const FILE_REASON: &str = "// house: long file because ";
/// How the reason for a long function begins, on the line above it or between its attributes.
const FUNCTION_REASON: &str = "// house: long function because ";

/// Checks the file and every function in it.
#[must_use]
pub fn check(source: &Source) -> Vec<Violation> {
    let mut violations = Vec::new();
    let lines = source.text.lines().count();
    let has_reason = source.text.lines().any(|line| line.trim_start().starts_with(FILE_REASON));
    if lines > FILE_LINES && !has_reason {
        violations.push(source.violation(0, format!("one-concept-files: {lines} lines in one file")));
    }
    let mut functions = Functions { source, violations };
    functions.visit_file(&source.syntax);
    functions.violations
}

struct Functions<'a> {
    source: &'a Source,
    violations: Vec<Violation>,
}

impl Functions<'_> {
    /// `whole` begins with the first attribute, `name` stands on the line of `fn`, `body` ends with the closing brace.
    fn judge(&mut self, whole: Span, name: &syn::Ident, body: Span) {
        let (first, last) = (name.span().start().line, body.end().line);
        let lines = last - first + 1;
        let above = whole.start().line.saturating_sub(2);
        let has_reason =
            self.source.text.lines().take(first).skip(above).any(|line| line.trim_start().starts_with(FUNCTION_REASON));
        if lines > FUNCTION_LINES && !has_reason {
            let what = format!("one-concept-files: `{name}` has {lines} lines");
            self.violations.push(self.source.violation(first, what));
        }
    }
}

impl<'ast> Visit<'ast> for Functions<'_> {
    fn visit_item_fn(&mut self, function: &'ast syn::ItemFn) {
        self.judge(function.span(), &function.sig.ident, function.block.span());
        visit::visit_item_fn(self, function);
    }

    fn visit_impl_item_fn(&mut self, function: &'ast syn::ImplItemFn) {
        self.judge(function.span(), &function.sig.ident, function.block.span());
        visit::visit_impl_item_fn(self, function);
    }

    fn visit_trait_item_fn(&mut self, function: &'ast syn::TraitItemFn) {
        if let Some(block) = &function.default {
            self.judge(function.span(), &function.sig.ident, block.span());
        }
        visit::visit_trait_item_fn(self, function);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<Violation> {
        check(&Source::new("a.rs", text).expect("Rust"))
    }

    fn function(lines: usize) -> String {
        format!("fn long() {{\n{}}}\n", "    f();\n".repeat(lines - 2))
    }

    #[test]
    fn long_file_is_found_and_may_state_its_reason() {
        let long = "//! Much.\n".repeat(501);
        assert_eq!(found(&long).len(), 1);
        assert!(found(&format!("{long}// house: long file because it is a table\n")).is_empty());
        assert!(found(&"//! Much.\n".repeat(500)).is_empty());
    }

    #[test]
    fn long_function_is_found_and_may_state_its_reason() {
        assert!(found(&function(40)).is_empty());
        assert_eq!(found(&function(41))[0].line, 1);
        assert!(found(&format!("// house: long function because it is one table\n{}", function(41))).is_empty());
        assert!(
            found(&format!("/// A.\n// house: long function because it is one table\n#[inline]\n{}", function(41)))
                .is_empty()
        );
    }

    #[test]
    fn methods_and_nested_functions_are_measured() {
        assert_eq!(found(&format!("impl A {{\n{}}}\n", function(41))).len(), 1);
        assert_eq!(found(&format!("trait A {{\n{}}}\n", function(41))).len(), 1);
        assert_eq!(found(&format!("mod a {{\n{}}}\n", function(41))).len(), 1);
    }
}
