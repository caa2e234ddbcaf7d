//! **say-why**: each file opens with what it owns. May call `source`.

use crate::source::Source;
use crate::violation::Violation;

/// Checks that the file's first line is a comment on the file.
#[must_use]
pub fn check(source: &Source) -> Vec<Violation> {
    match source.text.lines().next() {
        Some(line) if line.starts_with("//! ") && line.len() > 8 => Vec::new(),
        _ => vec![source.violation(1, "say-why: the file does not open with `//!` and what it owns".to_owned())],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_without_a_header_is_found() {
        for bad in ["fn f() {}\n", "// A remark.\n", "//!\n", ""] {
            assert_eq!(check(&Source::new("a.rs", bad).expect("Rust")).len(), 1, "{bad:?}");
        }
        assert!(check(&Source::new("a.rs", "//! What it owns.\nfn f() {}\n").expect("Rust")).is_empty());
    }
}
