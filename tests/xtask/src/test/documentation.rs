//! Part `documentation`: every public item is documented, and no link is broken. May call `toolchain`.

use super::job::{Job, Resource, Subject};
use super::outcome::Outcome;
use super::part::{Context, Part};
use crate::process;
use crate::project::TARGET;
use crate::toolchain::choice::host_cargo;

/// One job: both build to the same directory.
pub fn jobs() -> Vec<Job> {
    vec![Job::build(Part::Documentation, "all crates", Resource::Workspace, run).about(Subject::Workspace)]
}

/// Checks the workspace as the host sees it, and the kernel and its board as the target does.
fn run(context: &Context) -> Outcome {
    let root = context.project.root();
    let mut outcome = Outcome::default();
    let mut workspace = host_cargo(root, "doc");
    workspace.args(["--quiet", "--no-deps", "--workspace"]).env("RUSTDOCFLAGS", "--deny warnings");
    outcome.add("workspace", process::run(&mut workspace));
    let mut target = context.toolchain.cargo(root, "doc");
    target.args([
        "--quiet",
        "--no-deps",
        "--target",
        TARGET,
        "--package",
        "l4k",
        "--package",
        "bsp-qemu-virt",
        "--package",
        "bsp-rpi4",
    ]);
    target.arg("--config").arg(format!("target.{TARGET}.rustdocflags=[\"--deny\", \"warnings\"]"));
    outcome.add("kernel and board, on the target", process::run(&mut target));
    outcome
}
