//! The names at the top of the project are those of the design. May call `violation`.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use crate::violation::Violation;

/// What may stand at the top. What else is needed stands inside these.
const NAMES: [&str; 17] = [
    "Cargo.toml",
    "Cargo.lock",
    "l4k",
    "l4k-sys",
    "bsp-qemu-virt",
    "bsp-rpi4",
    "examples",
    "book",
    "tests",
    "README.md",
    "CHANGELOG.md",
    "LICENSE-MIT",
    "LICENSE-APACHE",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "rust-toolchain.toml",
    "rustfmt.toml",
];

/// What cargo makes, and what begins with a dot, is no part of the design.
fn is_allowed(name: &str) -> bool {
    name == "target" || name.starts_with('.') || NAMES.contains(&name)
}

/// Checks the project's root.
///
/// # Errors
/// The root cannot be read.
pub fn check(root: &Path) -> Result<Vec<Violation>> {
    let mut violations = Vec::new();
    for entry in fs::read_dir(root).context("reading the project's root")? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if !is_allowed(&name) {
            let what = "rooms: not a name of the design; it belongs inside one of those".to_owned();
            violations.push(Violation { file: name, line: 0, what });
        }
    }
    Ok(violations)
}

#[cfg(test)]
mod tests {
    use super::is_allowed;

    #[test]
    fn other_names_are_found() {
        for bad in ["scripts", "tools", "Makefile", "src", "kernel.ld"] {
            assert!(!is_allowed(bad), "{bad}");
        }
        for good in ["l4k", "book", ".ci", "target", "README.md"] {
            assert!(is_allowed(good), "{good}");
        }
    }
}
