//! `cargo xtask size`: how large the kernel is, in bytes, in lines, and in lines that hold `unsafe`. May call
//! `firmware`.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use l4k_qemu::Board;
use object::{Object, ObjectSection, SectionKind};
use serde_json::json;

use crate::firmware::{self, Profile};
use crate::project::{Project, entries};
use crate::set_up;

/// The example whose kernel is measured, in its release build.
const EXAMPLE: &str = "hello";

/// The section of the programs, which are not the kernel.
const PROGRAMS: &str = ".l4k.programs";

/// Prints the figures.
pub fn print(project: &Project, json: Option<&Path>) -> Result<()> {
    let toolchain = set_up::ensure(project, &[])?;
    let firmware = firmware::build(&toolchain, &project.example(EXAMPLE)?, Profile::Release, Board::QemuVirt)?;
    let bytes = fs::read(&firmware.kernel).with_context(|| format!("reading {}", firmware.kernel.display()))?;
    let bytes = Bytes::of(&bytes)?;
    let mut lines = Lines::default();
    lines.add_directory(&project.path("l4k/src"))?;
    println!("kernel of {EXAMPLE}, release build, without its programs");
    println!("  text       {:>8} bytes", bytes.text);
    println!("  constants  {:>8} bytes", bytes.constants);
    println!("  data       {:>8} bytes", bytes.data);
    println!("  bss        {:>8} bytes", bytes.bss);
    println!("crate l4k, without comments, blank lines and tests");
    println!("  code       {:>8} lines", lines.code);
    println!("  unsafe     {:>8} lines", lines.with_unsafe);
    if let Some(file) = json {
        let figures = json!({
            "text": bytes.text, "constants": bytes.constants, "data": bytes.data, "bss": bytes.bss,
            "lines": lines.code, "unsafe_lines": lines.with_unsafe,
        });
        fs::write(file, format!("{figures:#}\n")).with_context(|| format!("writing {}", file.display()))?;
    }
    Ok(())
}

/// Bytes of an image by kind.
#[derive(Debug, Default)]
struct Bytes {
    text: u64,
    constants: u64,
    data: u64,
    bss: u64,
}

impl Bytes {
    fn of(elf: &[u8]) -> Result<Bytes> {
        let mut bytes = Bytes::default();
        for section in object::File::parse(elf).context("the kernel's ELF file")?.sections() {
            if section.name() == Ok(PROGRAMS) {
                continue;
            }
            match section.kind() {
                SectionKind::Text => bytes.text += section.size(),
                SectionKind::ReadOnlyData | SectionKind::ReadOnlyString => bytes.constants += section.size(),
                SectionKind::Data => bytes.data += section.size(),
                SectionKind::UninitializedData => bytes.bss += section.size(),
                _ => {}
            }
        }
        Ok(bytes)
    }
}

/// Lines of a crate.
#[derive(Debug, Default, PartialEq, Eq)]
struct Lines {
    code: usize,
    with_unsafe: usize,
}

impl Lines {
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
