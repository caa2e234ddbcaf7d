//! Cargo commands that take Debian's compiler and the library in a private sysroot. May call `compiler` and `process`.

use std::env;
use std::ffi::OsString;
use std::path::Path;
use std::process::Command;

use super::compiler;
use crate::process;
use crate::toolchain::TARGET;

/// Variables by which a user of another compiler has told cargo about it.
const OF_OTHERS: [&str; 5] =
    ["RUSTUP_TOOLCHAIN", "RUSTC_WRAPPER", "RUSTC_WORKSPACE_WRAPPER", "RUSTFLAGS", "RUSTDOCFLAGS"];

/// `cargo SUBCOMMAND` in `directory` for code of the target.
///
/// The flag for the private sysroot is bound to the target, so that it does not reach build scripts. Cargo calls in build scripts get it
/// from cargo (`CARGO_ENCODED_RUSTFLAGS`), and everything else from the environment.
pub fn cargo(sysroot: &Path, directory: &Path, subcommand: &str) -> Command {
    let mut command = match subcommand {
        // Found through the search path it could be the one of another toolchain.
        "clippy" => Command::new(compiler::CARGO_CLIPPY),
        _ => Command::new(compiler::CARGO),
    };
    command.arg(subcommand).current_dir(directory);
    let flags = toml::Value::String(format!("--sysroot={}", sysroot.display()));
    // As settings rather than as variables, since a variable's value is taken apart at spaces.
    command.arg("--config").arg(format!("target.{TARGET}.rustflags=[{flags}]"));
    command.arg("--config").arg(format!("target.{TARGET}.rustdocflags=[{flags}]"));
    process::clean(&mut command);
    set(&mut command);
    command
}

fn set(command: &mut Command) {
    let mut path = OsString::from("/usr/bin:");
    path.push(env::var_os("PATH").unwrap_or_default());
    let linker = format!("CARGO_TARGET_{}_LINKER", TARGET.to_uppercase().replace('-', "_"));
    command.env("PATH", path).env(linker, compiler::LINKER);
    command.env("CARGO", compiler::CARGO).env("RUSTC", compiler::RUSTC).env("RUSTDOC", compiler::RUSTDOC);
    for name in OF_OTHERS {
        command.env_remove(name);
    }
}
