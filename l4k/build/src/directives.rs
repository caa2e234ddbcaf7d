//! What cargo is told: when this build script has to run again, and how the kernel is linked.

use std::collections::BTreeSet;
use std::fmt::{self, Display, Formatter};
use std::path::{Path, PathBuf};

use crate::environment::PROGRAMS_TARGET_DIRECTORY;

/// Variables besides those of cargo's own bookkeeping that change what is built.
const VARIABLES: &[&str] = &[
    "CARGO_ENCODED_RUSTFLAGS",
    "RUSTFLAGS",
    "RUSTC",
    "RUSTC_WRAPPER",
    PROGRAMS_TARGET_DIRECTORY,
    crate::room::VARIABLE,
];

/// Lines for cargo.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Directives {
    target: String,
    files: BTreeSet<PathBuf>,
    variables: BTreeSet<String>,
    unlisted: BTreeSet<PathBuf>,
}

impl Directives {
    /// For a firmware for this target.
    pub fn new(target: &str) -> Directives {
        Directives { target: target.replace(['-', '.'], "_").to_uppercase(), ..Directives::default() }
    }

    /// Run again when this file has changed.
    pub fn depend_on(&mut self, file: &Path) {
        self.files.insert(file.to_owned());
    }

    /// Run again when this environment variable has changed.
    pub fn depend_on_variable(&mut self, name: &str) {
        self.variables.insert(name.to_owned());
    }

    /// Tell the author of a program that is not packed. It is no error: it may be meant for another firmware.
    pub fn warn_of_unlisted(&mut self, program: &Path) {
        self.unlisted.insert(program.to_owned());
    }
}

impl Display for Directives {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        for program in &self.unlisted {
            let name = program.file_name().unwrap_or_default().to_string_lossy();
            let program = program.display();
            let line = format!(".program(\"{name}\", \"{program}\")");
            writeln!(
                formatter,
                "cargo::warning={program} is a program, and no part of this firmware. Its build.rs would need the line {line}"
            )?;
        }
        for file in &self.files {
            writeln!(formatter, "cargo::rerun-if-changed={}", file.display())?;
        }
        for name in VARIABLES.iter().copied().chain(self.variables.iter().map(String::as_str)) {
            writeln!(formatter, "cargo::rerun-if-env-changed={name}")?;
        }
        for setting in ["LINKER", "RUSTFLAGS"] {
            writeln!(formatter, "cargo::rerun-if-env-changed=CARGO_TARGET_{}_{setting}", self.target)?;
        }
        // From the board's crate.
        writeln!(formatter, "cargo::rustc-link-arg-bins=-Tl4k-kernel.ld")?;
        writeln!(formatter, "cargo::rustc-link-arg-bins=-zmax-page-size=4096")?;
        writeln!(formatter, "cargo::rustc-link-arg-bins=--fix-cortex-a53-843419")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_named_once_and_the_linker_is_told_its_script() {
        let mut directives = Directives::new("aarch64-unknown-none-softfloat");
        directives.depend_on(Path::new("/h/main.rs"));
        directives.depend_on(Path::new("/h/main.rs"));
        let text = directives.to_string();
        assert_eq!(text.matches("cargo::rerun-if-changed=/h/main.rs\n").count(), 1);
        directives.depend_on_variable("MODE");
        assert!(directives.to_string().contains("cargo::rerun-if-env-changed=MODE\n"));
        directives.warn_of_unlisted(Path::new("programs/lost"));
        let warning = "cargo::warning=programs/lost is a program, and no part of this firmware. Its build.rs would need the line \
            .program(\"lost\", \"programs/lost\")\n";
        assert!(directives.to_string().starts_with(warning), "{directives}");
        assert!(text.contains("cargo::rustc-link-arg-bins=-Tl4k-kernel.ld\n"));
        assert!(text.contains("cargo::rustc-link-arg-bins=--fix-cortex-a53-843419\n"));
        assert!(text.contains("=CARGO_TARGET_AARCH64_UNKNOWN_NONE_SOFTFLOAT_LINKER\n"));
    }
}
