//! Parts `lint-host` and `lint-target`: clippy has nothing to say. May call `toolchain` and `firmware`.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result};
use serde_json::Value;

use super::job::{Job, Resource, Subject};
use super::outcome::Outcome;
use super::part::{Context, Part};
use crate::firmware::{board_features, boards, bootstrapped};
use crate::process;
use crate::project::{Project, TARGET};
use crate::toolchain::choice::host_cargo;

/// The variable that names the directory in which programs are built: see l4k-build.
const PROGRAMS_DIRECTORY: &str = "L4K_PROGRAMS_TARGET_DIR";

/// Crates of the workspace that run on the target.
const ON_TARGET: [&str; 7] = ["l4k-sys", "l4k-drivers", "l4k-init", "l4k-test", "l4k", "bsp-qemu-virt", "bsp-rpi4"];

/// Their features that exist on the target.
const FEATURES: &str = "l4k/debug,l4k/clear-branch-history,l4k/critical-section,l4k-sys/critical-section-multi-thread,bsp-rpi4/mini-uart-console";

/// Code of the host.
pub fn host_jobs() -> Vec<Job> {
    vec![Job::build(Part::LintHost, "workspace", Resource::Workspace, host).about(Subject::Workspace)]
}

/// Code of the target: a job for the libraries, and one for each firmware.
///
/// # Errors
/// If the examples cannot be listed.
pub fn target_jobs(project: &Project) -> Result<Vec<Job>> {
    let libraries = Job::build(Part::LintTarget, "libraries", Resource::Workspace, target_libraries);
    let mut jobs = vec![libraries.about(Subject::Workspace)];
    for directory in project.firmware()? {
        let name = directory.strip_prefix(project.root()).unwrap_or(&directory).display().to_string();
        let work = {
            let name = name.clone();
            move |context: &Context| firmware(context, &name)
        };
        let job = Job::build(Part::LintTarget, name.as_str(), Resource::Lint, work);
        jobs.push(job.about(Subject::Firmware(name)));
    }
    Ok(jobs)
}

/// With the features that the tests need, and the libraries as a user without them sees them.
fn host(context: &Context) -> Outcome {
    let root = context.project.root();
    let mut outcome = Outcome::default();
    let clippy = || host_cargo(root, "clippy");
    outcome.add("all targets and features", deny(clippy().args(["--workspace", "--all-targets", "--all-features"])));
    outcome.add("no features", deny(clippy().args(["--package", "l4k", "--no-default-features"])));
    outcome
}

/// The libraries with and without their features.
fn target_libraries(context: &Context) -> Outcome {
    let mut outcome = Outcome::default();
    let packages = ON_TARGET.iter().flat_map(|package| ["--package", package]);
    let libraries = || {
        let mut command = context.toolchain.cargo(context.project.root(), "clippy");
        command.args(["--target", TARGET]).args(packages.clone());
        command
    };
    outcome.add("libraries", deny(&mut libraries()));
    outcome.add("libraries, features", deny(libraries().args(["--features", FEATURES])));
    outcome
}

/// Has clippy look anew at packages of which another firmware has one of the same name: cargo tells them apart by name and by place in the
/// workspace alone, and would take what it knows of the other's for this one's.
fn take_over(context: &Context, directory: &Path) -> Result<()> {
    let metadata = process::answer(host_cargo(directory, "metadata").args(["--no-deps", "--format-version", "1"]))?;
    let metadata: Value = serde_json::from_str(&metadata).context("cargo's metadata")?;
    let owners = context.project.target().join("lint/l4k-owners");
    fs::create_dir_all(&owners).with_context(|| format!("making {}", owners.display()))?;
    for package in metadata["packages"].as_array().context("cargo's metadata name no packages")? {
        let [name, id] = ["name", "id"].map(|key| package[key].as_str().unwrap_or_default());
        let owner = owners.join(name);
        if fs::read_to_string(&owner).is_ok_and(|other| other == id) {
            continue;
        }
        let mut clean = context.toolchain.cargo(directory, "clean");
        clean.args(["--quiet", "--package", id]).env("CARGO_TARGET_DIR", context.project.target().join("lint"));
        process::run(&mut clean)?;
        fs::write(&owner, id).with_context(|| format!("writing {}", owner.display()))?;
    }
    Ok(())
}

/// A firmware with its programs, for each of its boards.
fn firmware(context: &Context, name: &str) -> Outcome {
    let directory = &context.project.path(name);
    let mut outcome = Outcome::default();
    let bootstrapped = bootstrapped(context.project.root());
    match take_over(context, directory).and_then(|()| Ok((boards(directory)?, bootstrapped?))) {
        Ok((boards, bootstrapped)) => {
            for (index, board) in boards.into_iter().enumerate() {
                let mut command = context.toolchain.cargo(directory, "clippy");
                // The programs are the same on every board.
                command.args((index == 0).then_some("--workspace")).arg("--no-default-features");
                // What they all depend on is looked at once, and the programs are those that are built to be run. With another value of
                // this variable cargo would build most of what the programs depend on anew, and once more for the next image.
                command.env("RUSTC_BOOTSTRAP", &bootstrapped);
                command.args(board_features(board)).env("CARGO_TARGET_DIR", context.project.target().join("lint"));
                command.env(
                    PROGRAMS_DIRECTORY,
                    context.project.target().join("firmware").join(TARGET).join("l4k-programs"),
                );
                outcome.add(&format!("{name}, {board}"), deny(&mut command));
            }
        }
        Err(error) => outcome.add(name, Err(error)),
    }
    outcome
}

fn deny(command: &mut Command) -> Result<()> {
    process::run(command.args(["--quiet", "--", "--deny", "warnings"]))
}
