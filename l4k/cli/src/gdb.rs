//! A machine that waits for the debugger, and gdb with the symbols of the kernel and of all programs. May call
//! `set_up` and `firmware`.

use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

use anyhow::{Context, Result};
use l4k_qemu::{Boot, Machine};

use crate::firmware::{self, Profile};
use crate::project::Project;
use crate::set_up::{self, Missing, Need};

/// Builds, starts the machine stopped, and runs gdb on it. `more` goes to gdb.
///
/// # Errors
/// Something is missing, the project does not build, or one of the two does not start.
pub fn gdb(project: &Project, profile: Profile, machine: Machine, more: &[String], missing: Missing) -> Result<()> {
    let toolchain = set_up::ensure(project.place(), &[Need::Emulator, Need::Debugger], missing)?;
    let firmware = firmware::build(&toolchain, project.directory(), profile, machine.board)?;
    let image = firmware.image(&machine)?;
    let port = free_port()?;
    let server = format!("tcp:127.0.0.1:{port}");
    let boot = Boot::new(machine, &image).with_arguments(&["-S", "-gdb", &server]);
    // The console gets a terminal of its own, whose name QEMU prints: this one is gdb's, and so is its Ctrl-C.
    boot.command("pty").stdin(Stdio::null()).process_group(0).spawn().context("the emulator does not start")?;

    let mut command = Command::new("gdb-multiarch");
    command.arg("-q").arg(&firmware.kernel);
    for program in firmware::programs(&firmware)? {
        command.arg("-ex").arg(format!("add-symbol-file {}", program.display()));
    }
    command.args(["-ex", "set confirm off", "-ex", "set architecture aarch64"]);
    // As if gdb had started the machine: it ends it when it ends.
    command.args(["-ex", "set remote query-attached-packet off"]);
    command.arg("-ex").arg(format!("target remote 127.0.0.1:{port}")).args(more);
    let error = command.exec();
    Err(error).context("gdb does not start")
}

/// A port that nobody uses. gdb tries again for a while if the emulator does not listen yet.
fn free_port() -> Result<u16> {
    let listener = TcpListener::bind("127.0.0.1:0").context("looking for a free port")?;
    Ok(listener.local_addr()?.port())
}
