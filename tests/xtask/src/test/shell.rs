//! Part `shell`: the integration tests of `tests/qemu`, which boot `examples/hello` and speak to it over its serial port. May call
//! `firmware` and `libtest`.

use anyhow::Result;
use l4k_qemu::Board;

use super::libtest;
use super::outcome::Outcome;
use super::part::Context;
use crate::firmware::{self, Profile};
use crate::toolchain::choice::host_cargo;

/// The variables in which the tests find the board and the images: an ELF file, and a raw one.
const BOARD: &str = "L4K_BOARD";
const IMAGE: &str = "L4K_HELLO_IMAGE";
const RAW_IMAGE: &str = "L4K_HELLO_RAW_IMAGE";

/// Builds hello for each board and runs the tests on it: those of every board, and the board's own.
pub fn run(context: &Context) -> Outcome {
    let mut outcome = Outcome::default();
    for board in Board::ALL {
        let own = match board {
            Board::QemuVirt => "loading_virt",
            Board::RaspberryPi4 => "loading_rpi4",
        };
        outcome.add_all(&format!("hello, {board}"), session(context, *board, own));
    }
    outcome
}

fn session(context: &Context, board: Board, own: &str) -> Result<Outcome> {
    let directory = context.project.example("hello")?;
    let firmware = firmware::build(&context.toolchain, &directory, Profile::Development, board)?;
    let mut command = host_cargo(context.project.root(), "test");
    command.args(["--no-fail-fast", "--package", "l4k-qemu", "--features", "images"]);
    command.args(["--test", "shell_session", "--test", own]);
    command.env(BOARD, board.name()).env(IMAGE, &firmware.kernel).env(RAW_IMAGE, firmware.raw_image()?);
    libtest::run(&mut command)
}
