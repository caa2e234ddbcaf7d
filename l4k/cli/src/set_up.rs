//! What commands need, and how each need is met. May call `debian` and `toolchain`.
//!
//! When nothing is missing this looks at a few files and asks the emulator for its version, and is done in a tenth of a second.

use std::fs;
use std::process::Command;

use anyhow::{Context, Result, bail};
use l4k_qemu::emulator;

use crate::debian::packages::{Package, Plan};
use crate::debian::system::{Privilege, System};
use crate::debian::{compiler, sysroot};
use crate::lock::Lock;
use crate::process;
use crate::progress::Progress;
use crate::toolchain::{Choice, TARGET, Toolchain};
use crate::workplace::Workplace;

/// A thing that a command needs besides the compiler for the target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// QEMU.
    Emulator,
    /// Clippy of the compiler for the target.
    Linter,
    /// A gdb that knows AArch64.
    Debugger,
}

/// What becomes of packages that are missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// They are installed, where that is permitted.
    Install,
    /// They are named, with what to type.
    Name,
}

/// Meets the needs, telling what it does, and returns the compiler for the target.
///
/// # Errors
/// Something is missing and cannot be had; it says what to type.
pub fn ensure(place: &Workplace, needs: &[Need], missing: Missing) -> Result<Toolchain> {
    if let Some(toolchain) = Toolchain::find(place)
        && needs.iter().all(|need| is_met(*need, &toolchain))
    {
        return Ok(toolchain);
    }
    fs::create_dir_all(place.cache()).with_context(|| format!("making {}", place.cache().display()))?;
    let file = place.cache().join("l4k-set-up.lock");
    // Two commands at once would both install; the second waits, and then finds nothing to do.
    let _lock = Lock::take(&file, "another set-up")?;
    meet(place, needs, missing)
}

fn meet(place: &Workplace, needs: &[Need], missing: Missing) -> Result<Toolchain> {
    let toolchain = match Toolchain::find(place) {
        Some(found) => Some(found),
        None => add_target(place)?,
    };
    if toolchain.is_none() && place.choice() == Choice::Own {
        bail!(
            "the compiler that cargo uses here lacks the target {TARGET}, and it was asked for by `--toolchain own` or \
             L4K_TOOLCHAIN. Type:\n    rustup target add {TARGET}\nand run the command again."
        );
    }
    let packages = packages_for(needs, toolchain.as_ref());
    if !packages.is_empty() {
        match missing {
            Missing::Install => install(&packages)?,
            Missing::Name => bail!("{}", instructions(&packages)),
        }
    }
    let toolchain = match toolchain {
        Some(toolchain) => toolchain,
        None => build_library(place)?,
    };
    for need in needs {
        if !is_met(*need, &toolchain) {
            bail!("{}", unmet(*need));
        }
    }
    Ok(toolchain)
}

/// What to type for packages that are missing.
fn instructions(packages: &[Package]) -> String {
    match System::read() {
        Ok(system) => Plan::new(packages, &system).instructions(),
        Err(error) => format!("{error:#}\n`cargo l4k doctor` says what to type on this system"),
    }
}

fn is_met(need: Need, toolchain: &Toolchain) -> bool {
    match need {
        Need::Emulator => emulator::check().is_ok(),
        Need::Linter => match toolchain {
            Toolchain::Own => true,
            Toolchain::Debian { .. } => compiler::missing_clippy().is_none(),
        },
        Need::Debugger => debugger().is_some(),
    }
}

/// Debuggers that may know AArch64; the last one does on some systems.
const DEBUGGERS: [&str; 5] =
    ["gdb-multiarch", "aarch64-none-elf-gdb", "aarch64-elf-gdb", "aarch64-linux-gnu-gdb", "gdb"];

/// The variable that names another one.
const DEBUGGER: &str = "L4K_GDB";

/// A gdb that knows AArch64.
#[must_use]
pub fn debugger() -> Option<String> {
    let knows =
        |program: &str| process::succeeds(Command::new(program).args(["-batch", "-ex", "set architecture aarch64"]));
    match std::env::var(DEBUGGER) {
        Ok(own) => Some(own),
        Err(_) => DEBUGGERS.into_iter().find(|program| process::on_path(program) && knows(program)).map(str::to_owned),
    }
}

fn unmet(need: Need) -> String {
    match need {
        Need::Emulator => match emulator::check() {
            Err(error) => format!("no usable QEMU: {error:#}"),
            Ok(()) => "QEMU came just now; run the command again".to_owned(),
        },
        Need::Linter => format!("no clippy at {}", compiler::CARGO_CLIPPY),
        Need::Debugger => format!("no gdb that knows AArch64 on the search path; {DEBUGGER} can name one"),
    }
}

/// The target's library from rustup, where it may be had.
fn add_target(place: &Workplace) -> Result<Option<Toolchain>> {
    if place.choice() == Choice::Debian || !may_use_rustup() {
        return Ok(None);
    }
    tell(&format!("rustup target add {TARGET}"));
    match process::run(Command::new("rustup").args(["target", "add", TARGET]).current_dir(place.root())) {
        Ok(()) => Ok(Some(Toolchain::Own)),
        Err(error) => {
            tell(&format!("{error:#}; going on with Debian's compiler"));
            Ok(None)
        }
    }
}

/// Whether rustup is there and may fetch something.
#[must_use]
pub fn may_use_rustup() -> bool {
    std::env::var_os("RUSTUP_AUTO_INSTALL").is_none_or(|value| value != "0") && process::on_path("rustup")
}

fn packages_for(needs: &[Need], toolchain: Option<&Toolchain>) -> Vec<Package> {
    let mut packages = Vec::new();
    if !matches!(toolchain, Some(Toolchain::Own)) {
        packages.extend(compiler::missing_packages().into_iter().map(Package::plain));
        if needs.contains(&Need::Linter) {
            packages.extend(compiler::missing_clippy().map(Package::plain));
        }
    }
    if needs.contains(&Need::Emulator) && emulator::check().is_err() {
        packages.push(Package::Emulator);
    }
    if needs.contains(&Need::Debugger) && !is_met(Need::Debugger, &Toolchain::Own) {
        packages.push(Package::plain("gdb-multiarch"));
    }
    packages
}

/// Installs packages with the system's package manager.
///
/// # Errors
/// This user may not, or the package manager fails.
pub fn install(packages: &[Package]) -> Result<()> {
    let system = System::read()?;
    let plan = Plan::new(packages, &system);
    let privilege = Privilege::of_this_process();
    if privilege == Privilege::None {
        bail!("{}", plan.instructions());
    }
    for step in plan.steps() {
        let line = step.shell(privilege);
        tell(&line);
        process::run(Command::new("sh").args(["-c", &line]))?;
    }
    Ok(())
}

fn build_library(place: &Workplace) -> Result<Toolchain> {
    let sysroot = sysroot::directory(place.cache());
    if !sysroot::is_current(&sysroot) {
        let progress = Progress::of(&format!(
            "set-up: building the library for {TARGET} with Debian's compiler (half a minute, once)"
        ));
        sysroot::build(&sysroot)?;
        progress.done();
    }
    Ok(Toolchain::Debian { sysroot })
}

/// Tells a person what is being set up.
pub fn tell(what: &str) {
    eprintln!("set-up: {what}");
}
