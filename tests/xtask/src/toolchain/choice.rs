//! The compiler in use, as the one place that makes cargo commands. May call `debian` and
//! `sysroot`.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::{debian, sysroot};
use crate::process;
use crate::project::{Project, TARGET};

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
    pub fn find(project: &Project) -> Option<Toolchain> {
        if own_compiler_has_target() {
            return Some(Toolchain::Own);
        }
        let sysroot = sysroot::directory(project);
        sysroot::is_current(&sysroot).then_some(Toolchain::Debian { sysroot })
    }

    /// In one sentence.
    pub fn describe(&self) -> String {
        match self {
            Toolchain::Own => format!("the compiler in use has the target {TARGET}"),
            Toolchain::Debian { .. } => format!("Debian's compiler, with a library for {TARGET} built from its source"),
        }
    }

    /// `cargo SUBCOMMAND` in `directory` for code of the target.
    ///
    /// With Debian's compiler the flag for the private sysroot is bound to the target, so that it does not reach build scripts. Cargo
    /// calls in build scripts get it from cargo (`CARGO_ENCODED_RUSTFLAGS`), and everything else from the environment.
    pub fn cargo(&self, directory: &Path, subcommand: &str) -> Command {
        let Toolchain::Debian { sysroot } = self else { return host_cargo(directory, subcommand) };
        let mut command = match subcommand {
            // Found through the search path it could be the one of another toolchain.
            "clippy" => Command::new(debian::CARGO_CLIPPY),
            _ => Command::new(debian::CARGO),
        };
        command.arg(subcommand).current_dir(directory);
        let flags = flags(sysroot);
        // As settings rather than as variables, since a variable's value is taken apart at spaces.
        command.arg("--config").arg(format!("target.{TARGET}.rustflags=[{flags}]"));
        command.arg("--config").arg(format!("target.{TARGET}.rustdocflags=[{flags}]"));
        process::clean(&mut command);
        set_debian_environment(&mut command);
        command
    }
}

/// `cargo SUBCOMMAND` in `directory` for code of this computer.
pub fn host_cargo(directory: &Path, subcommand: &str) -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.arg(subcommand).current_dir(directory);
    process::clean(&mut command);
    command
}

fn flags(sysroot: &Path) -> toml::Value {
    toml::Value::String(format!("--sysroot={}", sysroot.display()))
}

fn set_debian_environment(command: &mut Command) {
    let mut path = OsString::from("/usr/bin:");
    path.push(env::var_os("PATH").unwrap_or_default());
    let linker = format!("CARGO_TARGET_{}_LINKER", TARGET.to_uppercase().replace('-', "_"));
    command.env("PATH", path).env(linker, debian::LINKER);
    command.env("CARGO", debian::CARGO).env("RUSTC", debian::RUSTC).env("RUSTDOC", debian::RUSTDOC);
    for name in ["RUSTUP_TOOLCHAIN", "RUSTC_WRAPPER", "RUSTC_WORKSPACE_WRAPPER", "RUSTFLAGS", "RUSTDOCFLAGS"] {
        command.env_remove(name);
    }
}

/// Whether the compiler that cargo would use has the target's library.
fn own_compiler_has_target() -> bool {
    let mut command = Command::new(env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
    command.args(["--print", "target-libdir", "--target", TARGET]).stderr(Stdio::null());
    let Ok(output) = command.output() else { return false };
    let directory = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim());
    output.status.success() && sysroot::holds_library(&directory)
}
