//! Part `shell`: the integration tests of `tests/qemu`, which boot `examples/hello` and speak to it over its serial port. May call
//! `firmware` and `libtest`.

use std::process::Command;

use anyhow::Result;
use l4k_qemu::Board;

use super::image::Image;
use super::job::{Job, Resource, Subject};
use super::libtest;
use super::outcome::Outcome;
use super::part::{Context, Part};
use crate::firmware::Firmware;
use crate::process;
use crate::toolchain::choice::host_cargo;

/// The variables in which the tests find the board and the images: an ELF file, and a raw one.
const BOARD: &str = "L4K_BOARD";
const IMAGE: &str = "L4K_HELLO_IMAGE";
const RAW_IMAGE: &str = "L4K_HELLO_RAW_IMAGE";

/// The tests, as cargo names them.
const PACKAGE: [&str; 5] = ["--no-fail-fast", "--package", "l4k-qemu-tests", "--features", "images"];

/// Where they are.
const TESTS: Subject = Subject::Package("tests/qemu");

/// The example, from the project's directory.
pub const HELLO: &str = "examples/hello";

const MINI_UART_IMAGE: &str = "L4K_HELLO_MINI_UART_IMAGE";

/// Runs the tests on hello for each board: those of every board, and the board's own.
pub fn jobs() -> Vec<Job> {
    let build = build_job();
    let [virt, pi, mini_uart] = images();
    let on_virt = {
        let virt = virt.clone();
        move |context: &Context| session(context, &virt, &["loading_virt", "trees_virt"], None)
    };
    let on_pi = {
        let (pi, mini_uart) = (pi.clone(), mini_uart.clone());
        move |context: &Context| session(context, &pi, &["loading_rpi4"], Some(&mini_uart))
    };
    vec![
        Job::run(Part::Shell, "hello, qemu-virt", on_virt).with(&virt).about(TESTS).after(&build),
        Job::run(Part::Shell, "hello, rpi4", on_pi).with(&pi).with(&mini_uart).about(TESTS).after(&build),
        build,
    ]
}

/// hello for each board, and with the other console of the second.
fn images() -> [Image; 3] {
    let pi = Image::of(HELLO, Board::RaspberryPi4);
    [Image::of(HELLO, Board::QemuVirt), pi.clone(), pi.with_feature("mini-uart-console")]
}

/// Builds the tests.
pub fn build_job() -> Job {
    Job::build(Part::Shell, "build tests", Resource::Workspace, |context| {
        let mut command = host_cargo(context.project.root(), "test");
        Outcome::of_build("build", process::run(command.args(PACKAGE).args(["--quiet", "--no-run"])))
    })
}

fn session(context: &Context, image: &Image, own: &[&str], mini_uart: Option<&Image>) -> Outcome {
    let run = || {
        let mut command = tests(context, image.board(), &image.firmware(context)?)?;
        let targets = ["shell_session", "kernel_stack"].iter().chain(own);
        command.args(targets.flat_map(|target| ["--test", target]));
        if let Some(image) = mini_uart {
            command.env(MINI_UART_IMAGE, image.firmware(context)?.raw_image()?);
        }
        libtest::run(&mut command)
    };
    Outcome::of_all(&image.name(), run())
}

/// A session with the shell of a firmware that has the programs of hello.
pub fn session_with(context: &Context, board: Board, firmware: &Firmware) -> Result<Outcome> {
    libtest::run(tests(context, board, firmware)?.args(["--test", "shell_session"]))
}

fn tests(context: &Context, board: Board, firmware: &Firmware) -> Result<Command> {
    let mut command = host_cargo(context.project.root(), "test");
    command.args(PACKAGE);
    command.env(BOARD, board.name()).env(IMAGE, &firmware.kernel).env(RAW_IMAGE, firmware.raw_image()?);
    Ok(command)
}
