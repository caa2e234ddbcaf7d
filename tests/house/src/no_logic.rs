//! **one-concept-files**: no logic in `lib.rs` or `mod.rs`, which only name what there is. May call `source`.

use syn::Item;
use syn::spanned::Spanned;

use crate::source::{Source, is_for_tests};
use crate::violation::Violation;

/// Checks a `lib.rs` or `mod.rs`; other files may have logic. What integration tests share has to stand in a `mod.rs`, and is no matter of
/// this rule.
#[must_use]
pub fn check(source: &Source) -> Vec<Violation> {
    let names_others = source.path.ends_with("/lib.rs") || source.path.ends_with("/mod.rs");
    if !names_others || source.path.contains("/tests/") {
        return Vec::new();
    }
    let logic = source.syntax.items.iter().filter(|item| match item {
        // A macro for users has to stand at the root to be seen there; a call of one may say that a crate has no standard library.
        Item::Use(_) | Item::Macro(_) | Item::ExternCrate(_) => false,
        Item::Mod(module) => module.content.is_some() && !is_for_tests(&module.attrs),
        _ => true,
    });
    let what = "one-concept-files: logic in a file that only names what there is";
    logic.map(|item| source.violation(item.span().start().line, what.to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logic_is_found() {
        let text = "//! A.\nmod a;\npub use a::A;\nfn f() {}\nstruct B;\n";
        assert_eq!(check(&Source::new("l4k/src/lib.rs", text).expect("Rust")).len(), 2);
        assert_eq!(check(&Source::new("l4k/src/base/mod.rs", text).expect("Rust")).len(), 2);
        assert!(check(&Source::new("l4k/src/base/a.rs", text).expect("Rust")).is_empty());
    }
}
