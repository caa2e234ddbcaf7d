//! Looks at this computer. Changes nothing. May call `finding`, `remedy`, `debian`, `toolchain` and `set_up`.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use l4k_qemu::emulator;

use super::finding::{Finding, State};
use super::host::Host;
use super::remedy::{Lack, Remedy, remedies};
use crate::debian::compiler;
use crate::debian::system::Privilege;
use crate::process;
use crate::set_up::{self, Need};
use crate::toolchain::choice::own_compiler_has_target;
use crate::toolchain::{Choice, TARGET, Toolchain};
use crate::workplace::Workplace;

/// Everything that commands of `cargo l4k` need.
#[must_use]
pub fn examine(place: &Workplace, host: Host) -> Vec<Finding> {
    let mut findings = vec![cargo(place)];
    findings.extend(compilers(place, host));
    findings.extend([emulator(host), debugger(host), permissions(place)]);
    findings
}

fn cargo(place: &Workplace) -> Finding {
    match said(Command::new("cargo").arg("--version").current_dir(place.root())) {
        Some(version) => Finding::good("cargo", version),
        None => Finding {
            what: "cargo",
            state: State::Missing,
            about: "there is no cargo on the search path".to_owned(),
            remedies: remedies(Host::Other, Lack::Rustup),
        },
    }
}

/// The compiler, its library for the target, and its linker.
fn compilers(place: &Workplace, host: Host) -> [Finding; 3] {
    let choice = place.choice();
    let own = choice != Choice::Debian && own_compiler_has_target(place.root());
    if own {
        let version = said(Command::new("rustc").arg("--version").current_dir(place.root())).unwrap_or_default();
        return [
            Finding::good("compiler", format!("{version}, the one that cargo uses here")),
            Finding::good("target", format!("{TARGET} is installed; plain `cargo run` and `cargo test` work")),
            Finding::good("linker", "rust-lld, which belongs to the compiler".to_owned()),
        ];
    }
    if choice != Choice::Own && compiler::missing_packages().is_empty() {
        return of_debian(place);
    }
    missing_compiler(choice, host)
}

fn of_debian(place: &Workplace) -> [Finding; 3] {
    let version = said(Command::new(compiler::RUSTC).arg("--version")).unwrap_or_default();
    let library = match Toolchain::find(place) {
        Some(_) => "built from Debian's source",
        None => "built from Debian's source by the first command that needs it (half a minute)",
    };
    [
        Finding::good("compiler", format!("{version}, Debian's")),
        Finding::good(
            "target",
            format!(
                "{TARGET}, {library}. Plain `cargo run` and `cargo test` do not find this library: \
                 `cargo l4k run` and `cargo l4k test` do the same"
            ),
        ),
        Finding::good("linker", said(Command::new(compiler::LINKER).arg("--version")).unwrap_or_default()),
    ]
}

fn missing_compiler(choice: Choice, host: Host) -> [Finding; 3] {
    let missing = |what, about: &str, remedies: Vec<Remedy>| Finding {
        what,
        state: State::Missing,
        about: about.to_owned(),
        remedies,
    };
    let mut ways = match process::on_path("rustup") {
        true => remedies(host, Lack::Target),
        false => [remedies(host, Lack::Rustup), remedies(host, Lack::Target)].concat(),
    };
    // On Debian its compiler is the way that needs nobody else.
    if choice == Choice::Debian || (choice == Choice::Free && host == Host::Debian && !set_up::may_use_rustup()) {
        ways = remedies(host, Lack::DebianCompiler);
    }
    let about = match choice {
        Choice::Debian if host != Host::Debian => "Debian's compiler was asked for, and this is not Debian",
        Choice::Debian => "Debian's compiler was asked for, and packages are missing",
        Choice::Own => "the compiler in use was asked for, and lacks the target",
        Choice::Free => "no compiler here has the target",
    };
    [
        missing("compiler", about, ways),
        missing("target", &format!("{TARGET} comes with the compiler"), Vec::new()),
        missing("linker", "it comes with the compiler", Vec::new()),
    ]
}

/// The finding about a program that a variable names, if it cannot be used: nothing that could be installed helps.
fn named_in_vain(need: Need, what: &'static str, state: State) -> Option<Finding> {
    let error = set_up::check_what_was_named(need).err()?;
    Some(Finding { what, state, about: format!("{error:#}"), remedies: Vec::new() })
}

fn emulator(host: Host) -> Finding {
    if let Some(finding) = named_in_vain(Need::Emulator, "QEMU", State::Missing) {
        return finding;
    }
    match emulator::check() {
        Ok(()) => {
            let version = said(Command::new(emulator::program()).arg("--version")).unwrap_or_default();
            Finding::good("QEMU", version)
        }
        Err(error) => Finding {
            what: "QEMU",
            state: State::Missing,
            about: format!("{error:#}"),
            remedies: remedies(host, Lack::Emulator),
        },
    }
}

fn debugger(host: Host) -> Finding {
    if let Some(finding) = named_in_vain(Need::Debugger, "gdb", State::Optional) {
        return finding;
    }
    match set_up::debugger() {
        Some(program) => Finding::good("gdb", format!("{program} knows AArch64")),
        None => Finding {
            what: "gdb",
            state: State::Optional,
            about: "no gdb that knows AArch64; only `cargo l4k gdb` needs it".to_owned(),
            remedies: remedies(host, Lack::Debugger),
        },
    }
}

/// Whether it may write where it has to, and install packages.
fn permissions(place: &Workplace) -> Finding {
    for directory in [place.cache(), place.target()] {
        if let Err(reason) = may_write(directory) {
            let about = format!("cannot write to {}: {reason}", directory.display());
            return Finding { what: "permissions", state: State::Missing, about, remedies: Vec::new() };
        }
    }
    let packages = match Privilege::of_this_process() {
        Privilege::Root => "may install packages, as root",
        Privilege::Sudo => "may install packages, with sudo",
        Privilege::None => "may not install packages without a password; `--fix` leaves such commands to you",
    };
    Finding::good("permissions", packages.to_owned())
}

/// The next directory above that exists says whether one may be made.
fn may_write(directory: &Path) -> std::io::Result<()> {
    let there = directory.ancestors().find(|above| above.is_dir()).unwrap_or(Path::new("/"));
    let probe = there.join(format!(".l4k-doctor-{}", std::process::id()));
    fs::write(&probe, "")?;
    fs::remove_file(probe)
}

/// The first line that a program says.
fn said(command: &mut Command) -> Option<String> {
    let output = command.stderr(Stdio::null()).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    output.status.success().then(|| text.lines().next().unwrap_or_default().to_owned())
}
