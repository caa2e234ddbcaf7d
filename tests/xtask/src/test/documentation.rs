//! Part `documentation`: every public item is documented, and no link is broken. May call `toolchain`.

use super::outcome::Outcome;
use super::part::Context;
use crate::process;
use crate::project::TARGET;
use crate::toolchain::choice::host_cargo;

/// Checks the workspace as the host sees it, and the kernel and its board as the target does.
pub fn run(context: &Context) -> Outcome {
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
