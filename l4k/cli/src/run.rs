//! Builds a firmware project and boots it, with the console on this terminal or pipe. May call `set_up`, `firmware`, `equipment`, `lock` and
//! `symbolize`.

use std::fs::{self, File};
use std::io::{self, IsTerminal, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::thread;

use anyhow::{Context, Result};
use l4k_qemu::{Boot, Machine};
use shared_child::SharedChild;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use signal_hook::low_level::emulate_default_handler;

use crate::equipment::Equipment;
use crate::files::entries;
use crate::firmware::{self, Audience, Extras, Profile};
use crate::lock::Lock;
use crate::project::Project;
use crate::set_up::{self, Missing, Need};
use crate::symbolize::annotate::Annotator;
use crate::symbolize::symbols::Symbols;

/// What is to be run, and how.
#[derive(Clone, Debug)]
pub struct Request {
    /// cargo's profile.
    pub profile: Profile,
    /// On what.
    pub machine: Machine,
    /// What becomes of the console.
    pub console: Console,
    /// What becomes of what is missing.
    pub missing: Missing,
}

/// What becomes of the console.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Console {
    /// It is passed on as it is.
    Plain,
    /// Lines that tell of faults are followed by lines with functions, files and lines.
    Symbolized,
}

const DOES_NOT_START: &str = "the emulator does not start";

/// Builds and boots. Returns the emulator's exit status.
///
/// # Errors
/// Something is missing, the project does not build, or the emulator does not start.
pub fn run(project: &Project, request: &Request) -> Result<u8> {
    firmware::check_board(project.directory(), request.machine.board)?;
    let toolchain = set_up::ensure(project.place(), &[Need::Emulator], request.missing)?;
    let lock = Lock::of_build(project.place())?;
    let extras = Extras { audience: Audience::Person, ..Extras::default() };
    let (profile, machine) = (request.profile, request.machine.clone());
    let firmware = firmware::build_with(&toolchain, project.directory(), profile, machine.board, extras)?;
    let image = Taken::of(&firmware.image(&machine)?, &project.scratch())?;
    let symbols = match request.console {
        Console::Plain => None,
        Console::Symbolized => Some(Annotator::new(Symbols::of(&firmware)?, project.directory())),
    };
    // From here on another command may build: this one has what it needs.
    drop(lock);
    boot(project, machine, image.path(), symbols)
}

/// Boots an image of the project, with what that wants to find in the machine. Returns the emulator's exit status.
///
/// # Errors
/// The emulator does not start.
pub fn boot(project: &Project, machine: Machine, image: &Path, symbols: Option<Annotator>) -> Result<u8> {
    let equipment = Equipment::of(project.directory())?;
    let _card = match equipment.card {
        Some(_) => {
            Some(Lock::take(&project.scratch().join("card.lock"), "another machine with the card of this project")?)
        }
        None => None,
    };
    follow(&equipment.install(Boot::new(machine, image), &project.scratch())?, symbols)
}

/// A copy of the image, which nobody else builds anew. It is removed when the value goes away.
struct Taken {
    copy: PathBuf,
    /// Locked as long as this process lives, so that others know that the copy is in use.
    _used: File,
}

/// How the names of copies begin. A process's number follows.
const COPY: &str = "boot-";

impl Taken {
    fn of(image: &Path, scratch: &Path) -> Result<Taken> {
        // Nobody takes a copy for a forgotten one before it is locked.
        let _alone = Lock::take(&scratch.join("boot.lock"), "another cargo l4k run in this project")?;
        remove_forgotten(scratch)?;
        let copy = scratch.join(format!("{COPY}{}", std::process::id()));
        let copying = || format!("copying {} to {}", image.display(), copy.display());
        let mut used = File::create(&copy).with_context(copying)?;
        used.lock().with_context(copying)?;
        io::copy(&mut File::open(image).with_context(copying)?, &mut used).with_context(copying)?;
        Ok(Taken { copy, _used: used })
    }

    fn path(&self) -> &Path {
        &self.copy
    }
}

/// Removes the copies of processes that were ended from outside.
fn remove_forgotten(scratch: &Path) -> Result<()> {
    for file in entries(scratch)? {
        let is_copy = file.file_name().is_some_and(|name| name.to_string_lossy().starts_with(COPY));
        if is_copy && File::open(&file).is_ok_and(|open| open.try_lock().is_ok()) {
            fs::remove_file(&file).with_context(|| format!("removing {}", file.display()))?;
        }
    }
    Ok(())
}

impl Drop for Taken {
    fn drop(&mut self) {
        // What is left over lies among files that can be thrown away.
        let _ = fs::remove_file(&self.copy);
    }
}

/// Starts the emulator, and stays until it ends.
fn follow(boot: &Boot, annotator: Option<Annotator>) -> Result<u8> {
    let output = || if annotator.is_some() { Stdio::piped() } else { Stdio::inherit() };
    let emulator = match io::stdin().is_terminal() {
        true => on_terminal(boot, output())?,
        false => on_pipe(boot, output())?,
    };
    end_together(&emulator)?;
    if let (Some(mut annotator), Some(mut output)) = (annotator, emulator.take_stdout()) {
        let passed = annotator.copy(&mut output, &mut person()).context("passing the console on");
        if passed.is_err() {
            // Nobody reads the console any more, and a machine that nobody sees would run on. It may have ended already.
            let _ = emulator.kill();
            let _ = emulator.wait();
        }
        passed?;
    }
    let status = emulator.wait().context("waiting for the emulator")?;
    // By a signal: as a shell tells it.
    let code = status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or(0));
    Ok(u8::try_from(code & 0xff).unwrap_or(u8::MAX))
}

/// A signal that ends this process ends the emulator first. It would run on otherwise, with all its processors busy and with nobody who sees it.
fn end_together(emulator: &Arc<SharedChild>) -> Result<()> {
    let mut signals = Signals::new([SIGTERM, SIGHUP, SIGINT]).context("asking for signals")?;
    let emulator = Arc::clone(emulator);
    thread::spawn(move || {
        for signal in signals.forever() {
            // It may have ended by itself.
            let _ = emulator.kill();
            let _ = emulator.wait();
            let _ = emulate_default_handler(signal);
        }
    });
    Ok(())
}

fn start(command: &mut Command) -> Result<Arc<SharedChild>> {
    Ok(Arc::new(SharedChild::spawn(command).context(DOES_NOT_START)?))
}

/// QEMU puts the terminal in raw mode; Ctrl-C goes to the guest, and the multiplexer keeps Ctrl-A x to end the machine.
fn on_terminal(boot: &Boot, output: Stdio) -> Result<Arc<SharedChild>> {
    eprintln!("{}; Ctrl-A x ends it", boot.machine());
    start(boot.command("stdio,mux=on,signal=off").stdout(output))
}

/// Passes every byte as it is.
fn on_pipe(boot: &Boot, output: Stdio) -> Result<Arc<SharedChild>> {
    let mut command = boot.command("stdio,signal=off");
    command.stdin(Stdio::piped()).stdout(output);
    let emulator = start(&mut command)?;
    let mut port = emulator.take_stdin().context("the serial port")?;
    thread::spawn(move || {
        // What waits in the port when a driver sets it up is lost: one byte, since the FIFO is off until then and the rest waits in
        // the pipe. A person types later than that; a file does not, and this byte goes in its place.
        let _ = port.write_all(&[0]);
        // The machine may end before the input does, and the input before the machine.
        let _ = io::copy(&mut io::stdin(), &mut port);
    });
    Ok(emulator)
}

/// Standard output. A terminal is opened anew: QEMU lets reading and writing on its own open terminal not wait, which would make writing fail
/// here where the terminal is slow.
fn person() -> Box<dyn Write> {
    let terminal = io::stdout().is_terminal().then(|| File::options().write(true).open("/dev/tty").ok());
    match terminal.flatten() {
        Some(terminal) => Box::new(terminal),
        None => Box::new(io::stdout()),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{Taken, remove_forgotten};

    #[test]
    fn the_copy_of_a_process_that_was_ended_is_removed_and_no_other() {
        let scratch = tempfile::tempdir().expect("a directory");
        let image = scratch.path().join("image");
        fs::write(&image, "kernel").expect("an image");
        let forgotten = scratch.path().join("boot-forgotten");
        fs::write(&forgotten, "old").expect("a copy");
        let taken = Taken::of(&image, scratch.path()).expect("a copy");
        assert!(!forgotten.exists() && image.exists());
        remove_forgotten(scratch.path()).expect("another run");
        assert_eq!(fs::read(taken.path()).expect("it is in use"), b"kernel");
        let copy = taken.path().to_owned();
        drop(taken);
        assert!(!copy.exists());
    }
}
