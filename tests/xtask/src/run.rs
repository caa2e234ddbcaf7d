//! `cargo xtask run`: builds an example and boots it, with the console on this terminal or pipe. May call
//! [`set_up`](crate::set_up) and [`firmware`](crate::firmware).

use std::io::{self, IsTerminal};
use std::os::unix::process::CommandExt;

use anyhow::{Context, Result, bail};
use l4k_qemu::{Board, Boot, Machine};

use crate::firmware::{self, Profile};
use crate::project::Project;
use crate::set_up::{self, Need};

/// Builds and boots; on success the emulator has taken the place of this process, so that its exit status is ours.
pub fn run(project: &Project, example: &str, profile: Profile, machine: Machine) -> Result<()> {
    let directory = project.example(example)?;
    check_board(machine.board)?;
    let toolchain = set_up::ensure(project, &[Need::Emulator])?;
    let firmware = firmware::build(&toolchain, &directory, profile)?;
    let boot = Boot::new(machine, &firmware.kernel);
    let chardev = match io::stdin().is_terminal() {
        // QEMU puts the terminal in raw mode; Ctrl-C goes to the guest, and the multiplexer keeps Ctrl-A x to end the machine.
        true => {
            eprintln!("{}; Ctrl-A x ends it", boot.machine());
            "stdio,mux=on,signal=off"
        }
        // A pipe carries every byte as it is.
        false => "stdio,signal=off",
    };
    let error = boot.command(chardev).exec();
    Err(error).with_context(|| format!("{} does not start", l4k_qemu::emulator::PROGRAM))
}

/// Refuses a board that there is no support for.
pub fn check_board(board: Board) -> Result<()> {
    match board {
        Board::QemuVirt => Ok(()),
        Board::RaspberryPi4 => bail!("there is no board support for `{board}` yet; there is: {}", Board::QemuVirt),
    }
}
