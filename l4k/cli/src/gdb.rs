//! A machine that waits for the debugger, and gdb with the symbols of the kernel and of all programs. May call `set_up`, `firmware`, `lock`
//! and `symbolize`.

use std::fmt::Write as _;
use std::fs;
use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};

use anyhow::{Context, Result, bail};
use l4k_qemu::{Boot, Machine, in_option};

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
    firmware::check_board(project.directory(), request.machine.board)?;
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
    let mut command = command(project, &firmware, stop, port)?;
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
            batch(start(&boot, &format!("file,path={}", in_option(&console)))?, command.arg("-batch"))
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

/// gdb with all symbols, connected to the machine. It is told in a file: at a mistake there it goes no further.
fn command(project: &Project, firmware: &Firmware, stop: Option<(&str, Function)>, port: u16) -> Result<Command> {
    let programs = firmware::programs(firmware)?;
    let file = project.scratch().join("commands.gdb");
    fs::write(&file, told(&programs, stop, port)).with_context(|| format!("writing {}", file.display()))?;
    let mut command = Command::new(debugger().context("there is no gdb that knows AArch64")?);
    command.arg("-q").arg(&firmware.kernel).arg("-x").arg(file);
    Ok(command)
}

/// What gdb is told.
fn told(programs: &[PathBuf], stop: Option<(&str, Function)>, port: u16) -> String {
    let mut text = "set confirm off\nset architecture aarch64\n".to_owned();
    text.extend(programs.iter().map(|program| add(program)));
    // As if gdb had started the machine: it ends it when it ends.
    text += "set remote query-attached-packet off\n";
    let _ = writeln!(text, "target remote 127.0.0.1:{port}");
    if let Some((name, function)) = stop {
        // Where it stops is shown when the other programs' symbols are gone: before, gdb names a function of any of them.
        let _ = writeln!(text, "{}\ncommands\nsilent\nend\ncontinue", breakpoint(&function));
        text += &only(programs, name, function.address);
        text += "commands\nend\nframe\n";
    }
    text
}

fn add(program: &Path) -> String {
    format!("add-symbol-file \"{}\"\n", program.display())
}

fn name_of(program: &Path) -> String {
    program.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

/// All programs begin at one address, so that gdb would name functions of any of them. Those of the program that it has stopped in are left.
/// A command `symbols-NAME` takes those of another program in their place.
fn only(programs: &[PathBuf], name: &str, address: u64) -> String {
    let mut text = String::new();
    for program in programs {
        if name_of(program) != name {
            let _ = writeln!(text, "remove-symbol-file \"{}\"", program.display());
        }
        let command = format!("remove-symbol-file -a {address:#x}\n{}", add(program));
        let _ = writeln!(text, "define symbols-{}\n{command}end", name_of(program));
    }
    text
}

fn main_of(symbols: &Symbols, name: &str) -> Result<Function> {
    match symbols.program(name) {
        Some(image) => Image::main(image),
        None => bail!("the firmware has no program `{name}`; it has: {}", symbols.programs().join(", ")),
    }
}

/// Stops where a function begins. Other programs have other instructions at this address: the condition, in Rust, lets them pass.
fn breakpoint(function: &Function) -> String {
    let mut line = format!("hbreak *{:#x} if true", function.address);
    let words = function.code.chunks_exact(4).filter_map(|word| <[u8; 4]>::try_from(word).ok());
    for (number, word) in words.enumerate() {
        let address = function.address + 4 * number as u64;
        let _ = write!(line, " && *({address:#x} as *mut u32) == {:#x}", u32::from_le_bytes(word));
    }
    line
}

/// A port that nobody uses. gdb tries again for a while if the emulator does not listen yet.
fn free_port() -> Result<u16> {
    let listener = TcpListener::bind("127.0.0.1:0").context("looking for a free port")?;
    Ok(listener.local_addr()?.port())
}

#[cfg(test)]
mod tests {
    use super::{breakpoint, told};
    use crate::symbolize::image::Function;

    #[test]
    fn a_breakpoint_looks_at_the_instructions() {
        let function = Function { address: 0x20_0028, code: vec![0xff, 0x43, 0x00, 0xd1, 0x00, 0x00, 0x80, 0xd2] };
        let line = "hbreak *0x200028 if true && *(0x200028 as *mut u32) == 0xd10043ff && *(0x20002c as *mut u32) == 0xd2800000";
        assert_eq!(breakpoint(&function), line);
        let text = told(&["/a b/shell.elf".into(), "/ping.elf".into()], Some(("shell", function)), 1234);
        assert!(text.contains("\nadd-symbol-file \"/a b/shell.elf\"\n"), "{text}");
        assert!(
            text.contains(&format!("target remote 127.0.0.1:1234\n{line}\ncommands\nsilent\nend\ncontinue\n")),
            "{text}"
        );
        assert!(text.contains("\nremove-symbol-file \"/ping.elf\"\n"), "{text}");
        assert!(!text.contains("\nremove-symbol-file \"/a b/shell.elf\"\n"), "{text}");
        let other = "define symbols-ping\nremove-symbol-file -a 0x200028\nadd-symbol-file \"/ping.elf\"\nend\n";
        assert!(text.ends_with(&format!("{other}commands\nend\nframe\n")), "{text}");
    }
}
