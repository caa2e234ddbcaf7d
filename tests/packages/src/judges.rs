//! Two tools that judge the crates: cargo-deny, and cargo-semver-checks against the last packed state. May call `pack` and `workspace`.
//!
//! The caller installs the tools and gives their paths.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use toml::{Table, Value};

use crate::pack::{self, Packed};
use crate::workspace::{Workspace, directory};

/// The packed crates of the last release, below the project's root.
const LAST_STATE: &str = "tests/packages/last-state";

/// Checks the licences, bans and sources of everything in `Cargo.lock`. Advisories are left out: they need the network.
///
/// # Errors
/// The tool finds something, and says what on standard error.
pub fn deny(workspace: &Workspace, tool: &Path) -> Result<()> {
    let mut command = Command::new(tool);
    command.current_dir(workspace.root()).args(["--offline", "--workspace", "check", "--hide-inclusion-graph"]);
    pack::run(command.args(["licenses", "bans", "sources"]))
}

/// Compares the interface of each library with that in the last packed state. A crate that was not packed then has nothing to be compared with.
///
/// The tool builds documentation for this computer. What is there for the target alone is not compared.
///
/// # Errors
/// An interface has a change that the version does not allow; the tool says which on standard error.
pub fn semver(workspace: &Workspace, tool: &Path) -> Result<()> {
    let tool = tool.canonicalize().with_context(|| format!("there is no {}", tool.display()))?;
    let place = workspace.root().join("target/packed/semver");
    // Outside of the project: cargo would take an unpacked crate below it for a member of its workspace.
    let unpacked = tempfile::tempdir().context("a directory for the last packed state")?;
    let last = unpack_last_state(workspace, unpacked.path())?;
    patch(&last, &place)?;
    ensure!(!last.is_empty(), "{LAST_STATE} holds none of the crates");
    let mut wrong = Vec::new();
    for package in workspace.published() {
        let Some(baseline) = last.get(package.name.as_str()) else {
            println!("{} was not packed before, so there is nothing to compare it with", package.name);
            continue;
        };
        let mut command = Command::new(&tool);
        command.current_dir(&place).arg("semver-checks").arg("--manifest-path");
        command.arg(directory(package).join("Cargo.toml")).arg("--baseline-root").arg(baseline);
        command.env("CARGO_NET_OFFLINE", "true").env("CARGO_TARGET_DIR", &place);
        if pack::run(&mut command).is_err() {
            wrong.push(package.name.as_str());
        }
    }
    ensure!(
        wrong.is_empty(),
        "these have changed more than their version allows, or could not be compared: {}; `l4k-packages keep` after a release makes the state \
         of now the one to compare with",
        wrong.join(", ")
    );
    Ok(())
}

/// Unpacks the last packed state below `place`: where each crate is then.
fn unpack_last_state(workspace: &Workspace, place: &Path) -> Result<BTreeMap<String, PathBuf>> {
    let mut all = BTreeMap::new();
    for package in workspace.published() {
        if let Some(last) = last_state_of(workspace, package.name.as_str())? {
            all.insert(package.name.to_string(), pack::unpack(&last, place)?);
        }
    }
    Ok(all)
}

/// Has cargo, when it is called below `place`, find that the crates depend on each other as they were, and not on what a registry has.
fn patch(crates: &BTreeMap<String, PathBuf>, place: &Path) -> Result<()> {
    let path = |directory: &PathBuf| Value::String(directory.to_string_lossy().into_owned());
    let patches = crates.iter().map(|(name, directory)| {
        (name.clone(), Value::Table(Table::from_iter([("path".to_owned(), path(directory))])))
    });
    let patch = Table::from_iter([("crates-io".to_owned(), Value::Table(patches.collect()))]);
    let text = Table::from_iter([("patch".to_owned(), Value::Table(patch))]).to_string();
    let file = place.join(".cargo/config.toml");
    let written = fs::create_dir_all(place.join(".cargo")).and_then(|()| fs::write(&file, text));
    written.with_context(|| format!("writing {}", file.display()))
}

/// Makes the crates as they are now the last packed state. A release does so.
///
/// # Errors
/// A file cannot be written.
pub fn keep(workspace: &Workspace, packed: &[Packed]) -> Result<()> {
    let place = workspace.root().join(LAST_STATE);
    if place.exists() {
        fs::remove_dir_all(&place).with_context(|| format!("removing {}", place.display()))?;
    }
    fs::create_dir_all(&place).with_context(|| format!("making {}", place.display()))?;
    for one in packed {
        let file = place.join(one.file.file_name().unwrap_or_default());
        fs::copy(&one.file, &file).with_context(|| format!("writing {}", file.display()))?;
    }
    Ok(())
}

/// The file of a crate in the last packed state, whatever its version was.
fn last_state_of(workspace: &Workspace, name: &str) -> Result<Option<Packed>> {
    let place = workspace.root().join(LAST_STATE);
    let entries = fs::read_dir(&place).with_context(|| format!("reading {}", place.display()))?;
    let files: Vec<PathBuf> = entries.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
    Ok(files.into_iter().find_map(|file| {
        let directory = file.file_name()?.to_str()?.strip_suffix(".crate")?.to_owned();
        let version = directory.strip_prefix(name)?.strip_prefix('-')?;
        let is_this_one = version.starts_with(|first: char| first.is_ascii_digit());
        is_this_one.then(|| Packed { name: name.to_owned(), directory: directory.clone(), file })
    }))
}
