//! `cargo xtask model`: random sequences of system calls on the kernel's core and on the reference model. May call `process`.

use anyhow::{Context as _, Result};

use crate::process;
use crate::project::Project;
use crate::toolchain::choice::host_cargo;

/// How many steps, and from which seed on.
#[derive(Clone, Copy, Debug)]
pub struct Request {
    /// System calls, faults and interrupts.
    pub steps: u64,
    /// Seed of the first sequence.
    pub seed: u64,
}

/// Steps of the usual test.
pub const STEPS: u64 = 1_000_000;

/// Runs them; the first sequence that diverges is shortened and printed as a program.
pub fn run(project: &Project, Request { steps, seed }: Request) -> Result<()> {
    let mut command = host_cargo(project.root(), "test");
    command.args([
        "--quiet",
        "--profile",
        "model",
        "--package",
        "l4k-model",
        "--test",
        "reference",
        "--",
        "--nocapture",
    ]);
    command.env("L4K_STEPS", steps.to_string()).env("L4K_SEED", seed.to_string());
    process::run(&mut command).context("the kernel and its model differ")
}
