//! Lines of the kernel crate: of code, and of code with `unsafe`. May call nothing of this directory.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use crate::project::entries;

/// Lines of a crate, without comments, blank lines and tests.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Lines {
    /// All of them.
    pub code: usize,
    /// Those with the word `unsafe`.
    pub with_unsafe: usize,
}

impl Lines {
    /// Of all files in a directory and below.
    pub fn of(directory: &Path) -> Result<Lines> {
        let mut lines = Lines::default();
        lines.add_directory(directory)?;
        Ok(lines)
    }

    fn add_directory(&mut self, directory: &Path) -> Result<()> {
        for entry in entries(directory)? {
            let name = entry.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if entry.is_dir() {
                self.add_directory(&entry)?;
            } else if name.ends_with(".rs") && !name.ends_with("tests.rs") {
                self.add(&fs::read_to_string(&entry).with_context(|| format!("reading {}", entry.display()))?);
            }
        }
        Ok(())
    }

    /// Counts a file. Tests stand at a file's end, so that what follows `#[cfg(test)]` and an inline module is not counted.
    fn add(&mut self, text: &str) {
        let mut lines = text.lines().map(str::trim).peekable();
        while let Some(line) = lines.next() {
            let tests_follow = lines.peek().is_some_and(|next| next.starts_with("mod ") && next.ends_with('{'));
            if line == "#[cfg(test)]" && tests_follow {
                return;
            }
            if line.is_empty() || line.starts_with("//") {
                continue;
            }
            self.code += 1;
            let code = line.split("//").next().unwrap_or(line);
            self.with_unsafe +=
                usize::from(code.split(|c: char| !c.is_alphanumeric() && c != '_').any(|w| w == "unsafe"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Lines;

    #[test]
    fn comments_and_tests_are_not_code() {
        let mut lines = Lines::default();
        lines.add("//! unsafe\n\n#![allow(unsafe_code)]\nfn f() { // unsafe\n    unsafe { g() }\n}\n#[cfg(test)]\nmod tests {\n    x\n}\n");
        assert_eq!(lines, Lines { code: 4, with_unsafe: 1 });
    }
}
