//! **closed-sets-are-enums**: in the kernel no `dyn`, and no function that takes a `bool`. May call `source`.

use syn::spanned::Spanned;
use syn::visit::{self, Visit};

use crate::source::Source;
use crate::violation::Violation;

/// Checks a file.
#[must_use]
pub fn check(source: &Source) -> Vec<Violation> {
    let lines = source.lines_with("dyn").into_iter();
    let violations = lines.map(|line| source.violation(line, "closed-sets-are-enums: `dyn`".to_owned())).collect();
    let mut arguments = Arguments { source, violations };
    arguments.visit_file(&source.syntax);
    arguments.violations
}

struct Arguments<'a> {
    source: &'a Source,
    violations: Vec<Violation>,
}

impl<'ast> Visit<'ast> for Arguments<'_> {
    fn visit_signature(&mut self, signature: &'ast syn::Signature) {
        for argument in &signature.inputs {
            if let syn::FnArg::Typed(typed) = argument
                && let syn::Type::Path(path) = &*typed.ty
                && path.path.is_ident("bool")
            {
                let what = format!("closed-sets-are-enums: `{}` takes a bool", signature.ident);
                self.violations.push(self.source.violation(typed.span().start().line, what));
            }
        }
        visit::visit_signature(self, signature);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> usize {
        check(&Source::new("l4k/src/base/a.rs", text).expect("Rust")).len()
    }

    #[test]
    fn dyn_is_found() {
        assert_eq!(found("fn f(x: &dyn Arch) {}"), 1);
        assert_eq!(found("// dyn\nfn dynamic() {}"), 0);
    }

    #[test]
    fn bool_argument_is_found() {
        assert_eq!(found("fn receive(thread: Thread, wait: bool) {}"), 1);
        assert_eq!(found("impl A { fn set(&self, on: bool) {} }"), 1);
        assert_eq!(found("fn is_free(&self) -> bool { true }"), 0);
    }
}
