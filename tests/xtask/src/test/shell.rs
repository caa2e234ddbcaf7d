//! Part `shell`: the integration tests of `tests/qemu`, which boot `examples/hello` and speak to it over its serial port. May call
//! `firmware` and `libtest`.

use anyhow::Result;

use super::libtest;
use super::outcome::Outcome;
use super::part::Context;
use crate::firmware::{self, Profile};
use crate::toolchain::choice::host_cargo;

/// The variable in which the tests find the image.
const IMAGE: &str = "L4K_HELLO_IMAGE";

/// Builds hello and runs the tests on it.
pub fn run(context: &Context) -> Outcome {
    let mut outcome = Outcome::default();
    outcome.add_all("hello", session(context));
    outcome
}

fn session(context: &Context) -> Result<Outcome> {
    let directory = context.project.example("hello")?;
    let firmware = firmware::build(&context.toolchain, &directory, Profile::Development)?;
    let mut command = host_cargo(context.project.root(), "test");
    command.args(["--no-fail-fast", "--package", "l4k-qemu", "--features", "images", "--test", "*"]);
    libtest::run(command.env(IMAGE, &firmware.kernel))
}
