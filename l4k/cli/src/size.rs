//! `cargo l4k size`: how large a firmware is, and how deep its kernel's stacks get. May call `set_up`, `firmware`, `lock`, and the crate
//! `l4k-size`.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use l4k_size::{Bytes, Stacks, Use};
use object::File;
use serde_json::{Value, json};

use crate::firmware;
use crate::lock::Lock;
use crate::project::Project;
use crate::set_up::{self, Missing};

/// How large a firmware is.
#[derive(Debug)]
pub struct Size {
    /// The kernel without its programs, and each program.
    parts: Vec<(String, Bytes)>,
    stacks: Stacks,
}

impl Size {
    /// Builds it for release without the kernel's console, for the first of its boards.
    ///
    /// # Errors
    /// Something is missing, or the project does not build.
    pub fn of(project: &Project, missing: Missing) -> Result<Size> {
        let boards = firmware::boards(project.directory())?;
        let board = *boards.first().context("this firmware is for no board that is known here")?;
        let toolchain = set_up::ensure(project.place(), &[], missing)?;
        let _lock = Lock::of_build(project.place())?;
        let made = firmware::build_for_size(&toolchain, project.directory(), board)?;
        let (bytes, stacks) = read(&made.kernel, |elf| Ok((Bytes::of(elf), Stacks::of(elf)?)))?;
        let mut parts = vec![("kernel".to_owned(), bytes)];
        for file in firmware::programs(&made)? {
            let name = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            parts.push((name, read(&file, |elf| Ok(Bytes::of(elf)))?));
        }
        Ok(Size { parts, stacks })
    }

    /// For people.
    #[must_use]
    pub fn text(&self) -> String {
        let width = self.parts.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
        let mut text = format!("{:<width$} {:>9} {:>9} {:>9} {:>9}\n", "bytes", "text", "constants", "data", "bss");
        for (name, bytes) in &self.parts {
            let Bytes { text: code, constants, data, bss } = bytes;
            let _ = writeln!(text, "{name:<width$} {code:>9} {constants:>9} {data:>9} {bss:>9}");
        }
        text + &format!("{}", self.stacks)
    }

    /// For tools.
    #[must_use]
    pub fn json(&self) -> Value {
        let part = |(name, bytes): &(String, Bytes)| {
            let Bytes { text, constants, data, bss } = bytes;
            json!({ "name": name, "text": text, "constants": constants, "data": data, "bss": bss })
        };
        let stack =
            |purpose: Use| json!({ "bound": self.stacks.bound(purpose), "reserved": self.stacks.reserved(purpose) });
        json!({
            "parts": self.parts.iter().map(part).collect::<Vec<_>>(),
            "stacks": {
                "exceptions": stack(Use::Exceptions),
                "boot": stack(Use::Boot),
                "join": stack(Use::Join),
                "emergency": stack(Use::Emergency),
            },
        })
    }
}

fn read<T>(file: &Path, take: impl FnOnce(&File<'_>) -> Result<T>) -> Result<T> {
    let bytes = fs::read(file).with_context(|| format!("reading {}", file.display()))?;
    let elf = File::parse(&*bytes).with_context(|| format!("reading {}", file.display()))?;
    take(&elf).with_context(|| format!("reading {}", file.display()))
}
