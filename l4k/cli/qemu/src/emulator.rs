//! The emulator on this computer: its name, and whether it is new enough. May call nothing of this crate.

use std::ffi::OsString;
use std::num::NonZero;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use anyhow::{Context, Result, bail};

/// The emulator's program.
pub const PROGRAM: &str = "qemu-system-aarch64";

/// The oldest version that has `-M raspi4b`.
pub const OLDEST: u32 = 9;

/// The variable that names another emulator than the one on the search path.
pub const VARIABLE: &str = "L4K_QEMU";

/// The variable by which one chooses how the emulator runs cores: `multi`, each on a thread of its own, or `single`, in turns on one.
pub const THREADS: &str = "L4K_QEMU_THREADS";

/// QEMU's own choice: a thread for each core, unless instructions are counted.
const THREAD_FOR_EACH: &[&str] = &[];

/// All cores on one thread.
const IN_TURNS: &[&str] = &["-accel", "tcg,thread=single"];

/// How the emulator runs so many cores, in its terms. If nothing was chosen: in turns, where the machine has more cores than this computer.
///
/// A core that waits for another one does nothing but look; if each has a thread of its own and there are too few real cores, those that look
/// keep away the one that they look for, for all of their slices, and a call takes longer by a factor of a hundred.
#[must_use]
pub fn threads(cores: u8) -> &'static [&'static str] {
    let real = std::thread::available_parallelism().map_or(1, NonZero::get);
    match std::env::var(THREADS).as_deref() {
        Ok("multi") => THREAD_FOR_EACH,
        Ok("single") => IN_TURNS,
        _ if usize::from(cores) > real => IN_TURNS,
        _ => THREAD_FOR_EACH,
    }
}

/// The emulator to start.
#[must_use]
pub fn program() -> OsString {
    std::env::var_os(VARIABLE).unwrap_or_else(|| PROGRAM.into())
}

/// Linux's command that starts another with a signal for its parent's end.
const END_TOGETHER: [&str; 4] = ["setpriv", "--pdeathsig", "KILL", "--"];

/// The command that starts the emulator. Where the system is able to, it ends the emulator together with the thread that has started it, however that
/// ends: nobody sees a machine that runs on, and it keeps its processors busy. Linux is able to; elsewhere the emulator outlives a `SIGKILL`.
#[must_use]
pub fn command() -> Command {
    if !can_end_together() {
        return Command::new(program());
    }
    // It becomes the emulator: the process stays the same. What is killed before that, within some milliseconds, leaves the emulator behind.
    let [first, rest @ ..] = END_TOGETHER;
    let mut command = Command::new(first);
    command.args(rest).arg(program());
    command
}

/// Whether that command is there and knows this option, which small forms of it lack.
fn can_end_together() -> bool {
    static CAN: OnceLock<bool> = OnceLock::new();
    *CAN.get_or_init(|| {
        let [first, rest @ ..] = END_TOGETHER;
        let mut trial = Command::new(first);
        trial.args(rest).arg("true").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        trial.status().is_ok_and(|status| status.success())
    })
}

/// Checks that the emulator is there, is new enough, and has both boards' machines.
///
/// # Errors
/// Tells what is missing.
pub fn check() -> Result<()> {
    let version = answer("--version")?;
    match major_version(&version) {
        Some(major) if major >= OLDEST => {}
        _ => bail!("{} is too old: {} (version {OLDEST} is needed)", PROGRAM, version.lines().next().unwrap_or("")),
    }
    let machines = answer("-machine help")?;
    for machine in ["virt ", "raspi4b "] {
        if !machines.lines().any(|line| line.starts_with(machine)) {
            bail!("{PROGRAM} has no machine named {}", machine.trim_end());
        }
    }
    Ok(())
}

fn answer(arguments: &str) -> Result<String> {
    let output = Command::new(program())
        .args(arguments.split(' '))
        .output()
        .with_context(|| format!("{} does not start", program().display()))?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The first number of `QEMU emulator version 10.0.2 (Debian …)`.
fn major_version(text: &str) -> Option<u32> {
    let number = text.split("version ").nth(1)?.split('.').next()?;
    number.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::major_version;

    #[test]
    fn version_is_read_from_the_first_line() {
        assert_eq!(major_version("QEMU emulator version 10.0.2 (Debian 1:10.0.2)\nCopyright"), Some(10));
        assert_eq!(major_version("QEMU emulator version 7.2.1\n"), Some(7));
        assert_eq!(major_version("something else"), None);
    }
}
