//! Parts `house` and `host`: what runs on this computer. May call `libtest`.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use super::libtest;
use super::outcome::Outcome;
use super::part::Context;
use crate::process;
use crate::toolchain::choice::host_cargo;

/// The crate of the house rules, a part of its own.
const HOUSE: &str = "l4k-house";

/// The crate of the binary interface, of whose features some exclude each other's code.
const ABI: &str = "l4k-sys";

/// The crates that read input from outside, and the profile that has a release's arithmetic and is built quickly.
const READERS: [&str; 3] = ["l4k", "l4k-build", "l4k-sys"];
const WRAPPING: &str = "wrapping";

/// The rules of the house.
pub fn house(context: &Context) -> Outcome {
    let mut outcome = Outcome::default();
    let mut command = host_cargo(context.project.root(), "test");
    outcome.add_all("house", libtest::run(command.args(["--no-fail-fast", "--package", HOUSE])));
    outcome
}

/// The workspace's other tests, and those of the firmware's crates that need no kernel.
pub fn all(context: &Context) -> Outcome {
    let mut outcome = Outcome::default();
    let mut command = host_cargo(context.project.root(), "test");
    command.args(["--no-fail-fast", "--workspace", "--exclude", HOUSE, "--exclude", super::book::PACKAGE]);
    outcome.add_all("workspace", libtest::run(&mut command));
    // What the workspace has once, and a program chooses.
    let mut command = host_cargo(context.project.root(), "test");
    command.args(["--no-fail-fast", "--package", ABI, "--all-features"]);
    outcome.add_all("features of l4k-sys", libtest::run(&mut command));
    // Arithmetic of a release wraps instead of panicking. What reads input from outside has to give the same answers.
    let mut command = host_cargo(context.project.root(), "test");
    command.args(["--no-fail-fast", "--lib", "--profile", WRAPPING]);
    command.args(READERS.iter().flat_map(|reader| ["--package", reader]));
    outcome.add_all("readers, with a release's arithmetic", libtest::run(&mut command));
    match context.project.firmware() {
        Ok(all) => all.iter().for_each(|directory| {
            let name = directory.strip_prefix(context.project.root()).unwrap_or(directory).display().to_string();
            outcome.add_all(&name, firmware(directory));
        }),
        Err(error) => outcome.add("examples", Err(error)),
    }
    outcome
}

/// A firmware's libraries, on this computer.
fn firmware(directory: &Path) -> Result<Outcome> {
    ensure!(directory.join("Cargo.toml").is_file(), "there is no firmware project in {}", directory.display());
    let mut command = host_cargo(directory, "metadata");
    let metadata = process::answer(command.args(["--quiet", "--no-deps", "--format-version", "1"]))?;
    let libraries = libraries(&metadata)?;
    if libraries.is_empty() {
        return Ok(Outcome::default());
    }
    let mut command = host_cargo(directory, "test");
    command.args(["--no-fail-fast", "--target", &host_target()?]);
    command.args(libraries.iter().flat_map(|library| ["--package", library]));
    libtest::run(&mut command)
}

/// Names of the packages that are libraries, from `cargo metadata`.
fn libraries(metadata: &str) -> Result<Vec<String>> {
    let metadata: Value = serde_json::from_str(metadata).context("cargo's metadata")?;
    let packages = metadata["packages"].as_array().context("cargo's metadata name no packages")?;
    let is_library = |package: &&Value| {
        let targets = package["targets"].as_array();
        targets.is_some_and(|targets| targets.iter().any(|target| target["kind"][0] == "lib"))
    };
    let names = packages.iter().filter(is_library).filter_map(|package| package["name"].as_str());
    Ok(names.map(str::to_owned).collect())
}

fn host_target() -> Result<String> {
    let about = process::answer(Command::new("rustc").arg("-vV"))?;
    let host = about.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.context("rustc does not name its host")?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::libraries;

    #[test]
    fn only_libraries_are_tested_on_the_host() {
        let metadata = r#"{"packages": [
            {"name": "shell", "targets": [{"kind": ["bin"]}]},
            {"name": "shell-core", "targets": [{"kind": ["custom-build"]}, {"kind": ["lib"]}]}]}"#;
        assert_eq!(libraries(metadata).expect("metadata"), ["shell-core"]);
    }
}
