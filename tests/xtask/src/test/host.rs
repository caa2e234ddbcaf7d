//! Parts `house` and `host`: what runs on this computer. May call `libtest` and `tested`.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use super::job::{Job, Resource, Subject};
use super::libtest;
use super::outcome::Outcome;
use super::part::{Context, Part};
use super::tested;
use crate::process;
use crate::toolchain::choice::host_cargo;

/// The crate of the house rules, a part of its own.
const HOUSE: &str = "l4k-house";

/// The crate of the binary interface, of whose features some exclude each other's code.
const ABI: &str = "l4k-sys";

/// The packages that read device trees, ELF files and packages, and their directories.
const READERS: [(&str, &str); 3] = [("l4k", "l4k"), ("l4k-build", "l4k/build"), ("l4k-sys", "l4k-sys")];

/// The rules of the house.
pub fn house_jobs() -> Vec<Job> {
    let build = Job::build(Part::House, "build", Resource::Workspace, |context| {
        let mut command = host_cargo(context.project.root(), "test");
        Outcome::of_build("build", process::run(command.args(["--quiet", "--no-run", "--package", HOUSE])))
    });
    let run = Job::run(Part::House, "rules", |context| {
        let mut command = host_cargo(context.project.root(), "test");
        Outcome::of_all("house", libtest::run(command.args(["--no-fail-fast", "--package", HOUSE])))
    });
    vec![run.about(Subject::Sources).after(&build), build]
}

/// The workspace's other tests, and those of the firmware's crates that need no kernel.
pub fn jobs() -> Vec<Job> {
    let build = build_job();
    let features = Job::run(Part::Host, "features of l4k-sys", |context| {
        // What the workspace has once, and a program chooses.
        let mut command = host_cargo(context.project.root(), "test");
        command.args(["--no-fail-fast", "--package", ABI, "--all-features"]);
        Outcome::of_all("features of l4k-sys", libtest::run(&mut command))
    });
    vec![
        Job::run(Part::Host, "tests of the workspace", |context| {
            Outcome::of_all("workspace", tests_of_workspace(context))
        })
        .about(Subject::Workspace)
        .after(&build),
        Job::run(Part::Host, "documentation tests of the workspace", |context| {
            Outcome::of_all("workspace", libtest::run(workspace(context, "test").arg("--doc")))
        })
        .about(Subject::Workspace)
        .after(&build),
        build,
        features.holding(Resource::Workspace).about(Subject::Package("l4k-sys")),
        wrapping_job(),
        Job::run(Part::Host, "libraries of firmware", libraries_of_firmware).about(Subject::AllFirmware),
    ]
}

/// Those of all packages, or of those that are asked for.
fn tests_of_workspace(context: &Context) -> Result<Outcome> {
    let mut command = workspace(context, "test");
    if let Some(packages) = &context.options.packages {
        command.args(tested::options(&host_target()?, context.project.root(), packages)?);
    }
    libtest::run(command.arg("--tests"))
}

/// The tests of what reads input from outside, with a release's arithmetic: numbers wrap, and nothing is asserted.
fn wrapping_job() -> Job {
    const NAME: &str = "readers of input, as in a release";
    let job = Job::run(Part::Host, NAME, |context| {
        let mut command = host_cargo(context.project.root(), "test");
        command.args(["--no-fail-fast", "--lib", "--profile", "wrapping"]);
        command.args(READERS.iter().flat_map(|(name, _)| ["--package", name]));
        Outcome::of_all(NAME, libtest::run(&mut command))
    });
    READERS.iter().fold(job.holding(Resource::Workspace), |job, (_, directory)| job.about(Subject::Package(directory)))
}

/// Builds the workspace's tests.
fn build_job() -> Job {
    Job::build(Part::Host, "build tests", Resource::Workspace, |context| {
        Outcome::of_build("build", process::run(workspace(context, "test").args(["--quiet", "--tests", "--no-run"])))
    })
}

/// A command of cargo for the workspace's packages but those that are parts of their own. They are always the same packages, so that what they
/// depend on always has the same features, and is built once.
pub fn workspace(context: &Context, subcommand: &str) -> Command {
    let mut command = host_cargo(context.project.root(), subcommand);
    command.args(["--no-fail-fast", "--workspace", "--exclude", HOUSE, "--exclude", super::book::PACKAGE]);
    command
}

fn libraries_of_firmware(context: &Context) -> Outcome {
    let mut outcome = Outcome::default();
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

/// This computer's target.
///
/// # Errors
/// rustc does not name it.
pub fn host_target() -> Result<String> {
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
