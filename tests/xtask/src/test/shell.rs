//! Part `shell`: the integration tests of `tests/qemu`, which boot `examples/hello` and speak to it over its serial port. May call
//! `firmware` and `libtest`.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::Result;
use l4k_qemu::Board;

use super::libtest;
use super::outcome::Outcome;
use super::part::Context;
use crate::firmware::{self, Extras, Firmware, Profile};
use crate::toolchain::choice::host_cargo;

/// The variables in which the tests find the board and the images: an ELF file, and a raw one.
const BOARD: &str = "L4K_BOARD";
const IMAGE: &str = "L4K_HELLO_IMAGE";
const RAW_IMAGE: &str = "L4K_HELLO_RAW_IMAGE";

const MINI_UART_IMAGE: &str = "L4K_HELLO_MINI_UART_IMAGE";

/// Builds hello for each board and runs the tests on it: those of every board, and the board's own.
pub fn run(context: &Context) -> Outcome {
    let mut outcome = Outcome::default();
    outcome.add_all("hello, qemu-virt", session(context, Board::QemuVirt, &["loading_virt", "trees_virt"], &[]));
    let pi = build(context, Board::RaspberryPi4, &["mini-uart-console"]).and_then(|firmware| {
        // The next build takes the file's place.
        let image = firmware.raw_image()?;
        let kept = image.with_extension("mini-uart.img");
        fs::rename(&image, &kept)?;
        session(context, Board::RaspberryPi4, &["loading_rpi4"], &[(MINI_UART_IMAGE, &kept)])
    });
    outcome.add_all("hello, rpi4", pi);
    outcome
}

fn build(context: &Context, board: Board, features: &[&str]) -> Result<Firmware> {
    let directory = context.project.example("hello")?;
    firmware::build_with(
        &context.toolchain,
        &directory,
        Profile::Development,
        board,
        Extras { features, ..Extras::default() },
    )
}

fn session(context: &Context, board: Board, own: &[&str], more: &[(&str, &Path)]) -> Result<Outcome> {
    let firmware = build(context, board, &[])?;
    let mut command = tests(context, board, &firmware)?;
    command.args(["--test", "shell_session", "--test", "kernel_stack"]);
    command.args(own.iter().flat_map(|test| ["--test", test]));
    command.envs(more.iter().copied());
    libtest::run(&mut command)
}

/// A session with the shell of a firmware that has the programs of hello.
pub fn session_with(context: &Context, board: Board, firmware: &Firmware) -> Result<Outcome> {
    libtest::run(tests(context, board, firmware)?.args(["--test", "shell_session"]))
}

fn tests(context: &Context, board: Board, firmware: &Firmware) -> Result<Command> {
    let mut command = host_cargo(context.project.root(), "test");
    command.args(["--no-fail-fast", "--package", "l4k-qemu", "--features", "images"]);
    command.env(BOARD, board.name()).env(IMAGE, &firmware.kernel).env(RAW_IMAGE, firmware.raw_image()?);
    Ok(command)
}
