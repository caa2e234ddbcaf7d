//! The compiler in use, as the one place that makes cargo commands. May call `debian`.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::debian::{environment, sysroot};
use crate::process;
use crate::workplace::Workplace;

/// The one target that kernel and programs are built for.
pub const TARGET: &str = "aarch64-unknown-none-softfloat";

/// Which compiler is to be taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Choice {
    /// The user's own where it has the target's library or can get it, else Debian's.
    #[default]
    Free,
    /// The user's own.
    Own,
    /// Debian's.
    Debian,
}

impl Choice {
    /// As a person chooses it; `None` if nothing is chosen.
    #[must_use]
    pub fn name(self) -> Option<&'static str> {
        match self {
            Choice::Free => None,
            Choice::Own => Some("own"),
            Choice::Debian => Some("debian"),
        }
    }
}

/// The compiler in use for the target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Toolchain {
    /// The user's own, which has the target's library.
    Own,
    /// Debian's, with a private sysroot.
    Debian {
        /// Directory that holds the library for the target.
        sysroot: PathBuf,
    },
}

impl Toolchain {
    /// The compiler that can be used as things are. Quick, and changes nothing.
    #[must_use]
    pub fn find(place: &Workplace) -> Option<Toolchain> {
        let choice = place.choice();
        if choice != Choice::Debian && own_compiler_has_target(place.root()) {
            return Some(Toolchain::Own);
        }
        let sysroot = sysroot::directory(place.cache());
        (choice != Choice::Own && sysroot::is_current(&sysroot)).then_some(Toolchain::Debian { sysroot })
    }

    /// In one sentence.
    #[must_use]
    pub fn describe(&self) -> String {
        match self {
            Toolchain::Own => format!("the compiler in use has the target {TARGET}"),
            Toolchain::Debian { .. } => format!("Debian's compiler, with a library for {TARGET} built from its source"),
        }
    }

    /// `cargo SUBCOMMAND` in `directory` for code of the target.
    #[must_use]
    pub fn cargo(&self, directory: &Path, subcommand: &str) -> Command {
        match self {
            Toolchain::Own => host_cargo(directory, subcommand),
            Toolchain::Debian { sysroot } => environment::cargo(sysroot, directory, subcommand),
        }
    }
}

/// `cargo SUBCOMMAND` in `directory` for code of this computer.
#[must_use]
pub fn host_cargo(directory: &Path, subcommand: &str) -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.arg(subcommand).current_dir(directory);
    process::clean(&mut command);
    command
}

/// Whether the compiler that cargo would use in `directory` has the target's library.
#[must_use]
pub fn own_compiler_has_target(directory: &Path) -> bool {
    let mut command = Command::new(env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
    command.args(["--print", "target-libdir", "--target", TARGET]).stderr(Stdio::null()).current_dir(directory);
    let Ok(output) = command.output() else { return false };
    let directory = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim());
    output.status.success() && sysroot::holds_library(&directory)
}
