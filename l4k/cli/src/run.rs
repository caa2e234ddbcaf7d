//! Builds a firmware project and boots it, with the console on this terminal or pipe. May call
//! `set_up`, `firmware` and `equipment`.

use std::io::{self, IsTerminal, Write};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::Stdio;
use std::thread;

use anyhow::{Context, Result};
use l4k_qemu::{Boot, Machine};

use crate::equipment::Equipment;
use crate::firmware::{self, Profile};
use crate::project::Project;
use crate::set_up::{self, Missing, Need};

const DOES_NOT_START: &str = "the emulator does not start";

/// Builds and boots. The emulator's exit status becomes that of this process.
///
/// # Errors
/// Something is missing, the project does not build, or the emulator does not start.
pub fn run(project: &Project, profile: Profile, machine: Machine, missing: Missing) -> Result<()> {
    let toolchain = set_up::ensure(project.place(), &[Need::Emulator], missing)?;
    let firmware = firmware::build(&toolchain, project.directory(), profile, machine.board)?;
    let image = firmware.image(&machine)?;
    let boot = Equipment::of(project.directory())?.install(Boot::new(machine, &image), &project.scratch())?;
    match io::stdin().is_terminal() {
        true => on_terminal(&boot),
        false => on_pipe(&boot),
    }
}

/// QEMU puts the terminal in raw mode; Ctrl-C goes to the guest, and the multiplexer keeps Ctrl-A x to end the machine.
fn on_terminal(boot: &Boot) -> Result<()> {
    eprintln!("{}; Ctrl-A x ends it", boot.machine());
    let error = boot.command("stdio,mux=on,signal=off").exec();
    Err(error).context(DOES_NOT_START)
}

/// Passes every byte as it is.
fn on_pipe(boot: &Boot) -> Result<()> {
    let mut emulator = boot.command("stdio,signal=off").stdin(Stdio::piped()).spawn().context(DOES_NOT_START)?;
    let mut port = emulator.stdin.take().context("the serial port")?;
    thread::spawn(move || {
        // What waits in the port when a driver sets it up is lost: one byte, since the FIFO is off until then and the rest waits in
        // the pipe. A person types later than that; a file does not, and this byte goes in its place.
        let _ = port.write_all(&[0]);
        // The machine may end before the input does, and the input before the machine.
        let _ = io::copy(&mut io::stdin(), &mut port);
    });
    let status = emulator.wait().context("waiting for the emulator")?;
    // By a signal: as a shell tells it.
    let code = status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or(0));
    std::process::exit(code)
}
