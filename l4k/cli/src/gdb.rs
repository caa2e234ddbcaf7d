//! A machine that waits for the debugger, and gdb with the symbols of the kernel and of all programs. May call `set_up`, `firmware`, `lock`
//! and `symbolize`.

use std::fmt::Write as _;
use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};

use anyhow::{Context, Result, bail};
use l4k_qemu::{Boot, Machine};

use crate::equipment::Equipment;
use crate::firmware::{self, Audience, Extras, Firmware, Profile};
use crate::lock::Lock;
use crate::project::Project;
use crate::set_up::{self, Missing, Need, debugger};
use crate::symbolize::image::{Function, Image};
use crate::symbolize::symbols::Symbols;

/// What is to be debugged, and how.
#[derive(Clone, Debug)]
pub struct Request {
    /// cargo's profile.
    pub profile: Profile,
    /// On what.
    pub machine: Machine,
    /// The program at whose `main` it stops.
    pub stop: Option<String>,
    /// Who sits before gdb.
    pub session: Session,
    /// Further arguments for gdb.
    pub more: Vec<String>,
    /// What becomes of what is missing.
    pub missing: Missing,
}

/// Who sits before gdb.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Session {
    /// A person: the console gets a terminal of its own.
    Person,
    /// Nobody: gdb does what it was told, and ends. The console goes to a file.
    Batch,
}

/// Builds, starts the machine stopped, and runs gdb on it.
///
/// # Errors
/// Something is missing, the project does not build, the program is not there, or one of the two does not start. In a batch: gdb failed.
pub fn gdb(project: &Project, request: &Request) -> Result<()> {
    let toolchain = set_up::ensure(project.place(), &[Need::Emulator, Need::Debugger], request.missing)?;
    let _lock = Lock::of_build(project.place())?;
    let extras = Extras { audience: Audience::Person, ..Extras::default() };
    let machine = request.machine.clone();
    let firmware = firmware::build_with(&toolchain, project.directory(), request.profile, machine.board, extras)?;
    let symbols = Symbols::of(&firmware)?;
    let stop = match &request.stop {
        Some(name) => Some((name.as_str(), main_of(&symbols, name)?)),
        None => None,
    };
    let port = free_port()?;
    let server = format!("tcp:127.0.0.1:{port}");
    let boot = Boot::new(machine.clone(), &firmware.image(&machine)?);
    let boot = Equipment::of(project.directory())?.install(boot, &project.scratch())?;
    let boot = boot.with_arguments(&["-S", "-gdb", &server]);
    let mut command = command(&firmware, stop, port)?;
    command.args(&request.more);
    match request.session {
        Session::Person => {
            // The console gets a terminal of its own, whose name QEMU prints: this one is gdb's, and so is its Ctrl-C.
            start(&boot, "pty")?;
            Err(command.exec()).context("gdb does not start")
        }
        Session::Batch => {
            let console = project.scratch().join("console.txt");
            eprintln!("the console goes to {}", console.display());
            batch(start(&boot, &format!("file,path={}", console.display()))?, command.arg("-batch"))
        }
    }
}

fn start(boot: &Boot, console: &str) -> Result<Child> {
    let mut command = boot.command(console);
    command.stdin(Stdio::null()).process_group(0).spawn().context("the emulator does not start")
}

/// Runs gdb to its end. The machine ends with it.
fn batch(mut emulator: Child, gdb: &mut Command) -> Result<()> {
    let status: std::io::Result<ExitStatus> = gdb.status();
    // gdb ends the machine, but not if it failed to reach it.
    let _ = emulator.kill();
    emulator.wait().context("waiting for the emulator")?;
    let status = status.context("gdb does not start")?;
    match status.success() {
        true => Ok(()),
        false => bail!("gdb failed: {status}"),
    }
}

/// gdb with all symbols, connected to the machine.
fn command(firmware: &Firmware, stop: Option<(&str, Function)>, port: u16) -> Result<Command> {
    let mut command = Command::new(debugger().context("there is no gdb that knows AArch64")?);
    command.arg("-q").arg(&firmware.kernel);
    let mut programs = firmware::programs(firmware)?;
    // All programs begin at one address, and gdb takes the first that has something there: the one that is debugged.
    programs
        .sort_by_key(|file| stop.as_ref().is_none_or(|(name, _)| file.file_stem().is_none_or(|stem| stem != *name)));
    command.args(["-ex", "set confirm off", "-ex", "set architecture aarch64"]);
    for program in programs {
        command.arg("-ex").arg(format!("add-symbol-file {}", quoted(&program)));
    }
    // As if gdb had started the machine: it ends it when it ends.
    command.args(["-ex", "set remote query-attached-packet off"]);
    command.arg("-ex").arg(format!("target remote 127.0.0.1:{port}"));
    if let Some((_, function)) = stop {
        command.arg("-ex").arg(breakpoint(&function)).args(["-ex", "continue"]);
    }
    Ok(command)
}

fn main_of(symbols: &Symbols, name: &str) -> Result<Function> {
    match symbols.program(name) {
        Some(image) => Image::main(image),
        None => bail!("the firmware has no program `{name}`; it has: {}", symbols.programs().join(", ")),
    }
}

/// Stops where a function begins. Other programs have other instructions at this address: the condition lets them pass.
fn breakpoint(function: &Function) -> String {
    let mut line = format!("hbreak *{:#x} if 1", function.address);
    let words = function.code.chunks_exact(4).filter_map(|word| <[u8; 4]>::try_from(word).ok());
    for (number, word) in words.enumerate() {
        let address = function.address + 4 * number as u64;
        let _ = write!(line, " && *(unsigned int *){address:#x} == {:#x}", u32::from_le_bytes(word));
    }
    line
}

fn quoted(file: &Path) -> String {
    format!("\"{}\"", file.display())
}

/// A port that nobody uses. gdb tries again for a while if the emulator does not listen yet.
fn free_port() -> Result<u16> {
    let listener = TcpListener::bind("127.0.0.1:0").context("looking for a free port")?;
    Ok(listener.local_addr()?.port())
}

#[cfg(test)]
mod tests {
    use super::breakpoint;
    use crate::symbolize::image::Function;

    #[test]
    fn a_breakpoint_looks_at_the_instructions() {
        let function = Function { address: 0x20_0028, code: vec![0xff, 0x43, 0x00, 0xd1, 0x00, 0x00, 0x80, 0xd2] };
        assert_eq!(
            breakpoint(&function),
            "hbreak *0x200028 if 1 && *(unsigned int *)0x200028 == 0xd10043ff && *(unsigned int *)0x20002c == 0xd2800000"
        );
    }
}
