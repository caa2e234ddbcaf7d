//! The floors of the kernel: each file uses only its own floor and lower ones. May call `source`.

use proc_macro2::{TokenStream, TokenTree};
use syn::spanned::Spanned;
use syn::visit::{self, Visit};

use crate::source::{Source, is_for_tests};
use crate::violation::Violation;

/// Where the kernel is.
pub const KERNEL: &str = "l4k/src/";

/// Modules of the kernel by floor.
const FLOORS: [&[&str]; 5] = [&["base"], &["object"], &["operation"], &["kernel", "system_call", "boot"], &["machine"]];

/// The floor that a module of the kernel stands on.
fn floor(module: &str) -> Option<usize> {
    FLOORS.iter().position(|modules| modules.contains(&module))
}

/// Checks a file of the kernel. Tests may reach for every floor, since they bring the simulated machine along.
#[must_use]
pub fn check(source: &Source) -> Vec<Violation> {
    let Some(below) = source.path.strip_prefix(KERNEL) else { return Vec::new() };
    let mut modules: Vec<String> = below.trim_end_matches(".rs").split('/').map(str::to_owned).collect();
    if modules.last().is_some_and(|last| last == "mod") {
        modules.pop();
    }
    if below == "lib.rs" || source.is_test() {
        return Vec::new();
    }
    let Some(own) = floor(&modules[0]) else {
        return vec![source.violation(0, format!("floors: `{}` stands on no floor", modules[0]))];
    };
    let mut visitor = Uses { source, modules, own, violations: Vec::new() };
    visitor.visit_file(&source.syntax);
    visitor.violations
}

struct Uses<'a> {
    source: &'a Source,
    /// The module that the file is, from the crate's root.
    modules: Vec<String>,
    own: usize,
    violations: Vec<Violation>,
}

impl Uses<'_> {
    /// Judges a path by its first words: `crate::module` or as many `super` as lead to the crate's root.
    fn judge(&mut self, words: &[String], line: usize) {
        let module = match words.first().map(String::as_str) {
            Some("crate") => words.get(1),
            Some("super") => {
                let climbs = words.iter().take_while(|word| *word == "super").count();
                // Inline modules climb less than they seem to; they are the exception, and tests.
                if climbs < self.modules.len() { return } else { words.get(climbs) }
            }
            _ => return,
        };
        let Some(module) = module else { return };
        if let Some(used) = floor(module)
            && used > self.own
        {
            let what = format!("floors: floor {} uses `{module}` of floor {used}", self.own);
            self.violations.push(self.source.violation(line, what));
        }
    }

    fn tree(&mut self, tree: &syn::UseTree, before: &mut Vec<String>) {
        match tree {
            syn::UseTree::Path(path) => {
                before.push(path.ident.to_string());
                self.tree(&path.tree, before);
                before.pop();
            }
            syn::UseTree::Group(group) => group.items.iter().for_each(|item| self.tree(item, before)),
            other => {
                if let syn::UseTree::Name(name) = other {
                    before.push(name.ident.to_string());
                    self.judge(before, other.span().start().line);
                    before.pop();
                } else if let syn::UseTree::Rename(rename) = other {
                    before.push(rename.ident.to_string());
                    self.judge(before, other.span().start().line);
                    before.pop();
                } else {
                    self.judge(before, other.span().start().line);
                }
            }
        }
    }
}

impl<'ast> Visit<'ast> for Uses<'_> {
    fn visit_item_mod(&mut self, module: &'ast syn::ItemMod) {
        if !is_for_tests(&module.attrs) {
            visit::visit_item_mod(self, module);
        }
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        if !is_for_tests(&item.attrs) {
            self.tree(&item.tree, &mut Vec::new());
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let words: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        self.judge(&words, path.span().start().line);
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        for (words, line) in paths_in(call.tokens.clone()) {
            self.judge(&words, line);
        }
        visit::visit_macro(self, call);
    }
}

/// Everything in a macro's tokens that looks like a path from `crate`.
fn paths_in(tokens: TokenStream) -> Vec<(Vec<String>, usize)> {
    let mut found = Vec::new();
    let mut words: Vec<String> = Vec::new();
    let mut line = 0;
    for token in tokens {
        match token {
            TokenTree::Group(group) => found.extend(paths_in(group.stream())),
            TokenTree::Ident(ident) if ident == "crate" => {
                line = ident.span().start().line;
                words = vec!["crate".to_owned()];
            }
            TokenTree::Ident(ident) if words.len() == 1 => {
                words.push(ident.to_string());
                found.push((std::mem::take(&mut words), line));
            }
            TokenTree::Punct(punct) if punct.as_char() == ':' => {}
            _ => words.clear(),
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, text: &str) -> usize {
        check(&Source::new(path, text).expect("Rust")).len()
    }

    #[test]
    fn use_of_a_higher_floor_is_found() {
        assert_eq!(found("l4k/src/object/thread.rs", "use crate::operation::next::Next;"), 1);
        assert_eq!(found("l4k/src/base/lock.rs", "use crate::{base::time, machine::simulated as s, kernel::*};"), 2);
        assert_eq!(found("l4k/src/object/thread.rs", "fn f() -> crate::kernel::Kernel { todo() }"), 1);
        assert_eq!(found("l4k/src/object/thread.rs", "fn f() { assert!(crate::operation::g()); }"), 1);
        assert_eq!(found("l4k/src/object/thread.rs", "use super::super::operation::Next;"), 1);
    }

    #[test]
    fn own_and_lower_floors_may_be_used() {
        assert_eq!(
            found("l4k/src/operation/call.rs", "use crate::{base::time::Ticks, object::Slot, operation::Next};"),
            0
        );
        assert_eq!(
            found("l4k/src/machine/aarch64/trap.rs", "use super::super::syndrome; use crate::kernel::Kernel;"),
            0
        );
        assert_eq!(found("l4k-sys/src/stub.rs", "use crate::machine::x;"), 0);
    }

    #[test]
    fn tests_may_use_every_floor() {
        assert_eq!(found("l4k/src/operation/call.rs", "#[cfg(test)]\nmod tests { use crate::machine::simulated; }"), 0);
    }

    #[test]
    fn module_on_no_floor_is_found() {
        assert_eq!(found("l4k/src/helpers.rs", "fn f() {}"), 1);
    }
}
