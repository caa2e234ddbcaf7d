//! What commands need, and how each need is met. May call `debian`, `toolchain`, and `doctor` for what to type.
//!
//! When nothing is missing this looks at a few files and asks the emulator for its version, and is done in a tenth of a second.

use std::ffi::OsString;
use std::fs;
use std::process::Command;

use anyhow::{Context, Result, bail};
use l4k_qemu::emulator;

use crate::debian::packages::{Package, Plan};
use crate::debian::system::{Privilege, System};
use crate::debian::{compiler, sysroot};
use crate::doctor::host::Host;
use crate::doctor::remedy::{Lack, remedies};
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
    needs.iter().try_for_each(|need| check_what_was_named(*need))?;
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

/// A program that a variable names is taken or refused. No package helps if it cannot be used.
///
/// # Errors
/// The program does not start, or is no usable QEMU; it names the variable.
pub fn check_what_was_named(need: Need) -> Result<()> {
    let variable = match need {
        Need::Emulator => emulator::VARIABLE,
        Need::Debugger => DEBUGGER,
        Need::Linter => return Ok(()),
    };
    let Some(program) = std::env::var_os(variable) else { return Ok(()) };
    let answer = match need {
        Need::Emulator => emulator::check(),
        _ => Command::new(&program).arg("--version").output().map(drop).context("it does not start"),
    };
    let problem = || format!("the variable {variable} names `{}`, which cannot be used", program.display());
    answer.with_context(problem)
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
    if toolchain.is_none() {
        may_take_debian(place.choice(), Host::of_this_computer())?;
    }
    if needs.contains(&Need::Emulator) {
        check_named_emulator(std::env::var_os(emulator::VARIABLE), emulator::check)?;
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

/// Only Debian has Debian's compiler. Elsewhere the target comes from rustup.
fn may_take_debian(choice: Choice, host: Host) -> Result<()> {
    if host == Host::Debian {
        return Ok(());
    }
    if choice == Choice::Debian {
        bail!("Debian's compiler was asked for by `--toolchain debian` or L4K_TOOLCHAIN, and this is {}", host.name());
    }
    let remedies = [remedies(host, Lack::Rustup), remedies(host, Lack::Target)].concat();
    let lines: Vec<String> = remedies.iter().map(|remedy| format!("    {}\n", remedy.shell(Privilege::None))).collect();
    bail!(
        "no compiler here has the target {TARGET}. Type, if rustup is not there yet, both lines:\n{}and run the command again.",
        lines.concat()
    )
}

/// No package helps where the user has named an emulator that does not do.
fn check_named_emulator(named: Option<OsString>, check: impl FnOnce() -> Result<()>) -> Result<()> {
    let Some(named) = named else { return Ok(()) };
    check().with_context(|| {
        format!(
            "the variable {} names {}, which is no emulator that l4k can use; unset it, or name another",
            emulator::VARIABLE,
            named.display()
        )
    })
}

/// What to type for packages that are missing.
fn instructions(packages: &[Package]) -> String {
    match System::read() {
        Ok(system) => format!(
            "packages are missing. Type:\n{}and run the command again. `cargo l4k doctor --fix` types them, where this user may.",
            Plan::new(packages, &system).lines()
        ),
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

#[cfg(test)]
mod tests {
    use anyhow::bail;

    use super::{Choice, Host, check_named_emulator, may_take_debian};

    #[test]
    fn an_emulator_that_does_not_do_is_named_with_its_variable() {
        let named = || Some("/no/such".into());
        check_named_emulator(None, || bail!("not there")).expect("a package may bring it");
        check_named_emulator(named(), || Ok(())).expect("it does");
        let said = check_named_emulator(named(), || bail!("/no/such does not start")).expect_err("it does not");
        assert_eq!(
            format!("{said:#}"),
            "the variable L4K_QEMU names /no/such, which is no emulator that l4k can use; unset it, or name another: \
             /no/such does not start"
        );
    }

    #[test]
    fn elsewhere_the_target_comes_from_rustup() {
        may_take_debian(Choice::Free, Host::Debian).expect("Debian has its compiler");
        let error = may_take_debian(Choice::Free, Host::Fedora).expect_err("Fedora has not").to_string();
        assert_eq!(
            error,
            "no compiler here has the target aarch64-unknown-none-softfloat. Type, if rustup is not there yet, both \
             lines:\n    curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh\n    rustup target add \
             aarch64-unknown-none-softfloat\nand run the command again."
        );
        let error = may_take_debian(Choice::Debian, Host::MacOs).expect_err("macOS has not").to_string();
        assert_eq!(
            error,
            "Debian's compiler was asked for by `--toolchain debian` or L4K_TOOLCHAIN, and this is macOS"
        );
    }
}
