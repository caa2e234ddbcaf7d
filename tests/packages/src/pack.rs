//! Packs the crates as `cargo publish` would, and unpacks them. May call `workspace`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::workspace::Workspace;

/// Where cargo puts what it packs, below the project's directory for what is built.
const PLACE: &str = "target/packed";

/// A crate that was packed.
#[derive(Clone, Debug)]
pub struct Packed {
    /// Its name.
    pub name: String,
    /// Name and version: the directory in its file.
    pub directory: String,
    /// The file.
    pub file: PathBuf,
}

/// Packs all crates that can be published.
///
/// It does not ask the registry: cargo resolves dependencies among the crates by a registry of its own that it makes for the run. It does
/// not build them either, since the firmware does.
///
/// # Errors
/// Cargo refuses a crate. Its message stands on standard error.
pub fn pack(workspace: &Workspace) -> Result<Vec<Packed>> {
    let target = workspace.root().join(PLACE);
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(workspace.root()).args(["package", "--quiet", "--offline", "--no-verify", "--allow-dirty"]);
    command.arg("--target-dir").arg(&target);
    for package in workspace.published() {
        command.args(["--package", package.name.as_str()]);
    }
    run(&mut command)?;
    let packed = workspace.published().iter().map(|package| {
        let directory = format!("{}-{}", package.name, package.version);
        let file = target.join("package").join(format!("{directory}.crate"));
        ensure!(file.is_file(), "`cargo package` did not write {}", file.display());
        Ok(Packed { name: package.name.to_string(), directory, file })
    });
    packed.collect()
}

/// Unpacks a crate to a directory with its name below `place`, and returns that.
///
/// # Errors
/// The file cannot be unpacked, or holds something else.
pub fn unpack(packed: &Packed, place: &Path) -> Result<PathBuf> {
    fs::create_dir_all(place).with_context(|| format!("making {}", place.display()))?;
    run(Command::new("tar")
        .arg("--extract")
        .arg("--gzip")
        .arg("--file")
        .arg(&packed.file)
        .arg("--directory")
        .arg(place))?;
    let directory = place.join(&packed.name);
    fs::rename(place.join(&packed.directory), &directory)
        .with_context(|| format!("{} does not hold the directory {}", packed.file.display(), packed.directory))?;
    Ok(directory)
}

/// Runs a command, with its output on this process's.
///
/// # Errors
/// It does not start, or fails.
pub fn run(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("{} does not start", command.get_program().display()))?;
    ensure!(status.success(), "`{}` failed: {status}", shown(command));
    Ok(())
}

/// A command as one would type it.
fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}
