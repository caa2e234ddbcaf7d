//! The image of examples/hello, booted for a test.
#![allow(dead_code, reason = "each test program uses its part")]

use std::path::{Path, PathBuf};
use std::time::Duration;

use l4k_qemu::{Board, Boot, Entry, Machine, Session};

/// How long an answer may take, on a busy computer.
pub const LIMIT: Duration = Duration::from_secs(30);

/// The shell's prompt.
pub const PROMPT: &str = "l4k> ";

fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("`cargo xtask test --only shell` sets {name}"))
}

/// The board that the image was built for, as it is if nothing is chosen.
pub fn usual() -> Machine {
    Machine::of(variable("L4K_BOARD").parse().expect("a board"))
}

/// The image, an ELF file.
pub fn elf() -> PathBuf {
    variable("L4K_HELLO_IMAGE").into()
}

/// The image as a loader takes it.
pub fn raw() -> PathBuf {
    variable("L4K_HELLO_RAW_IMAGE").into()
}

/// The image for the board's second UART, as a loader takes it.
pub fn with_mini_uart() -> PathBuf {
    variable("L4K_HELLO_MINI_UART_IMAGE").into()
}

/// The image on a machine.
pub fn boot(machine: Machine) -> Session {
    boot_with(machine, &[])
}

/// The image on a machine, with further arguments for QEMU.
pub fn boot_with(machine: Machine, arguments: &[&str]) -> Session {
    let image = match (machine.board, machine.entry) {
        (Board::RaspberryPi4, Entry::El2) => raw(),
        _ => elf(),
    };
    boot_file(machine, &image, arguments)
}

/// A file on a machine, with further arguments for QEMU.
pub fn boot_file(machine: Machine, image: &Path, arguments: &[&str]) -> Session {
    Session::start(&Boot::new(machine, image).with_arguments(arguments)).expect("QEMU starts")
}

/// The shell answers, and ends the machine.
pub fn shell_answers(mut session: Session) {
    session.expect(PROMPT, LIMIT).expect("the prompt");
    session.ask("exit 9", "ends with status 9", LIMIT).expect("the shell's answer");
    assert_eq!(session.wait_for_end(LIMIT).expect("the machine ends").status.code(), Some(9));
}
