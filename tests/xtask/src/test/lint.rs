//! Parts `lint-host` and `lint-target`: clippy has nothing to say. May call `toolchain` and `firmware`.

use std::path::Path;
use std::process::Command;

use anyhow::Result;

use super::outcome::Outcome;
use super::part::Context;
use crate::firmware::{board_features, boards};
use crate::process;
use crate::project::TARGET;
use crate::toolchain::choice::host_cargo;

/// Crates of the workspace that run on the target.
const ON_TARGET: [&str; 7] = ["l4k-sys", "l4k-drivers", "l4k-init", "l4k-test", "l4k", "bsp-qemu-virt", "bsp-rpi4"];

/// Their features that exist on the target.
const FEATURES: &str =
    "l4k/debug,l4k/critical-section,l4k-sys/critical-section-multi-thread,bsp-rpi4/mini-uart-console";

/// Code of the host: with the features that the tests need, and the libraries as a user without them sees them.
pub fn host(context: &Context) -> Outcome {
    let root = context.project.root();
    let mut outcome = Outcome::default();
    let clippy = || host_cargo(root, "clippy");
    outcome.add("all targets and features", deny(clippy().args(["--workspace", "--all-targets", "--all-features"])));
    outcome.add("no features", deny(clippy().args(["--package", "l4k", "--no-default-features"])));
    outcome
}

/// Code of the target: the libraries with and without their features, and each firmware with its programs.
pub fn target(context: &Context) -> Outcome {
    let mut outcome = Outcome::default();
    let packages = ON_TARGET.iter().flat_map(|package| ["--package", package]);
    let libraries = || {
        let mut command = context.toolchain.cargo(context.project.root(), "clippy");
        command.args(["--target", TARGET]).args(packages.clone());
        command
    };
    outcome.add("libraries", deny(&mut libraries()));
    outcome.add("libraries, features", deny(libraries().args(["--features", FEATURES])));
    match context.project.firmware() {
        Ok(all) => all.iter().for_each(|directory| firmware(context, directory, &mut outcome)),
        Err(error) => outcome.add("examples", Err(error)),
    }
    outcome
}

/// A firmware for each of its boards.
fn firmware(context: &Context, directory: &Path, outcome: &mut Outcome) {
    let name = directory.strip_prefix(context.project.root()).unwrap_or(directory).display().to_string();
    match boards(directory) {
        Ok(boards) => {
            for (index, board) in boards.into_iter().enumerate() {
                let mut command = context.toolchain.cargo(directory, "clippy");
                // The programs are the same on every board.
                command.args((index == 0).then_some("--workspace")).arg("--no-default-features");
                // What they all depend on is looked at once.
                command.args(board_features(board)).env("CARGO_TARGET_DIR", context.project.target().join("lint"));
                outcome.add(&format!("{name}, {board}"), deny(&mut command));
            }
        }
        Err(error) => outcome.add(&name, Err(error)),
    }
}

fn deny(command: &mut Command) -> Result<()> {
    process::run(command.args(["--quiet", "--", "--deny", "warnings"]))
}
