//! `cargo xtask gdb`: a machine that waits for the debugger, and gdb with the symbols of the kernel and of all programs. May call
//! `set_up` and `firmware`.

use std::net::TcpListener;
use std::process::{Command, Stdio};

use anyhow::{Context, Result};
use l4k_qemu::{Boot, Machine};

use crate::firmware::{self, Profile};
use crate::process;
use crate::project::Project;
use crate::run::check_board;
use crate::set_up::{self, Need};

/// Builds, starts the machine stopped, and runs gdb on it. `more` goes to gdb.
pub fn gdb(project: &Project, example: &str, profile: Profile, machine: Machine, more: &[String]) -> Result<()> {
    let directory = project.example(example)?;
    check_board(machine.board)?;
    let toolchain = set_up::ensure(project, &[Need::Emulator, Need::Debugger])?;
    let firmware = firmware::build(&toolchain, &directory, profile)?;
    let port = free_port()?;
    let server = format!("tcp:127.0.0.1:{port}");
    let boot = Boot::new(machine, &firmware.kernel).with_arguments(&["-S", "-gdb", &server]);
    // The console gets a terminal of its own, whose name QEMU prints: this one is gdb's.
    let mut emulator = boot.command("pty").stdin(Stdio::null()).spawn().context("the emulator does not start")?;

    let mut command = Command::new("gdb-multiarch");
    command.arg("-q").arg(&firmware.kernel);
    for program in firmware::programs(&firmware)? {
        command.arg("-ex").arg(format!("add-symbol-file {}", program.display()));
    }
    command.args(["-ex", "set confirm off", "-ex", "set architecture aarch64"]);
    command.arg("-ex").arg(format!("target remote 127.0.0.1:{port}")).args(more);
    let result = process::run(&mut command);

    emulator.kill().context("ending the emulator")?;
    emulator.wait().context("ending the emulator")?;
    result
}

/// A port that nobody uses. gdb tries again for a while if the emulator does not listen yet.
fn free_port() -> Result<u16> {
    let listener = TcpListener::bind("127.0.0.1:0").context("looking for a free port")?;
    Ok(listener.local_addr()?.port())
}
