//! Commands that bring what is missing, for each system. May call `host`, and `debian` for the commands of Debian.
//!
//! Those of Debian were tried on Debian 12. Nobody has tried the others, and the doctor says so.

use super::host::Host;
use crate::debian::compiler;
use crate::debian::packages::{Package, Plan, Step};
use crate::debian::system::{Privilege, System};
use crate::toolchain::TARGET;

/// What can be missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lack {
    /// A compiler of one's own, by rustup.
    Rustup,
    /// The target, for a compiler that rustup has installed.
    Target,
    /// Debian's compiler, its library's source, its linker.
    DebianCompiler,
    /// QEMU.
    Emulator,
    /// A gdb that knows AArch64.
    Debugger,
}

/// A command that helps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remedy {
    action: Action,
    /// Whether somebody has tried it on this system.
    pub trial: Trial,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Action {
    /// A step of Debian's package manager.
    Debian(Step),
    /// A line for the shell, as root.
    AsRoot(&'static str),
    /// A line for the shell, as the user.
    AsUser(String),
}

/// Whether somebody has tried a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trial {
    /// It was run, and helped.
    Tried,
    /// It was taken from documentation.
    NotTried,
}

/// Whose right a command needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Right {
    /// The user's.
    User,
    /// That of root.
    Root,
}

impl Remedy {
    /// As a line for the shell.
    #[must_use]
    pub fn shell(&self, privilege: Privilege) -> String {
        match &self.action {
            Action::Debian(step) => step.shell(privilege),
            Action::AsRoot(line) if privilege == Privilege::Root => (*line).to_owned(),
            Action::AsRoot(line) => format!("sudo {line}"),
            Action::AsUser(line) => line.clone(),
        }
    }

    /// Whose right it needs.
    #[must_use]
    pub fn right(&self) -> Right {
        match &self.action {
            Action::Debian(_) | Action::AsRoot(_) => Right::Root,
            Action::AsUser(_) => Right::User,
        }
    }

    /// Whether it is rustup's to do.
    #[must_use]
    pub fn is_of_rustup(&self) -> bool {
        matches!(&self.action, Action::AsUser(line) if line.contains("rustup"))
    }
}

/// What helps on a system; nothing if no command is known.
#[must_use]
pub fn remedies(host: Host, lack: Lack) -> Vec<Remedy> {
    let root = |line| vec![Remedy { action: Action::AsRoot(line), trial: Trial::NotTried }];
    let user = |line: &str| vec![Remedy { action: Action::AsUser(line.to_owned()), trial: Trial::NotTried }];
    match (host, lack) {
        (Host::Arch, Lack::Rustup) => root("pacman -S --needed rustup"),
        (_, Lack::Rustup) => user("curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh"),
        (_, Lack::Target) => user(&format!("rustup target add {TARGET}")),
        (Host::Debian, Lack::DebianCompiler) => {
            debian(host, compiler::missing_packages().into_iter().map(Package::plain).collect())
        }
        (_, Lack::DebianCompiler) => Vec::new(),
        (Host::Debian | Host::Ubuntu, Lack::Emulator) => debian(host, vec![Package::Emulator]),
        (Host::Debian | Host::Ubuntu, Lack::Debugger) => debian(host, vec![Package::plain("gdb-multiarch")]),
        (Host::Fedora, Lack::Emulator) => root("dnf install qemu-system-aarch64"),
        (Host::Fedora, Lack::Debugger) => root("dnf install gdb"),
        (Host::Arch, Lack::Emulator) => root("pacman -S --needed qemu-system-aarch64"),
        (Host::Arch, Lack::Debugger) => root("pacman -S --needed aarch64-linux-gnu-gdb"),
        (Host::MacOs, Lack::Emulator) => user("brew install qemu"),
        (Host::MacOs, Lack::Debugger) => user("brew install aarch64-elf-gdb"),
        (Host::Other, Lack::Emulator | Lack::Debugger) => Vec::new(),
    }
}

fn debian(host: Host, packages: Vec<Package>) -> Vec<Remedy> {
    let trial = if host == Host::Debian { Trial::Tried } else { Trial::NotTried };
    let Ok(system) = System::read() else { return Vec::new() };
    if packages.is_empty() {
        return Vec::new();
    }
    let plan = Plan::new(&packages, &system);
    plan.steps().iter().map(|step| Remedy { action: Action::Debian(step.clone()), trial }).collect()
}

#[cfg(test)]
mod tests {
    use super::{Lack, Right, Trial, remedies};
    use crate::debian::system::Privilege;
    use crate::doctor::host::Host;

    fn lines(host: Host, lack: Lack, privilege: Privilege) -> Vec<String> {
        remedies(host, lack).iter().map(|remedy| remedy.shell(privilege)).collect()
    }

    #[test]
    fn root_needs_no_sudo_and_others_do() {
        assert_eq!(lines(Host::Fedora, Lack::Emulator, Privilege::Root), ["dnf install qemu-system-aarch64"]);
        assert_eq!(lines(Host::Fedora, Lack::Emulator, Privilege::None), ["sudo dnf install qemu-system-aarch64"]);
        assert_eq!(lines(Host::MacOs, Lack::Emulator, Privilege::None), ["brew install qemu"]);
        assert_eq!(remedies(Host::MacOs, Lack::Emulator)[0].right(), Right::User);
    }

    #[test]
    fn the_target_comes_from_rustup_everywhere() {
        for host in Host::ALL {
            let found = remedies(host, Lack::Target);
            assert_eq!(found[0].shell(Privilege::None), "rustup target add aarch64-unknown-none-softfloat");
            assert!(found[0].is_of_rustup());
        }
    }

    #[test]
    fn only_what_was_run_on_debian_counts_as_tried() {
        for host in [Host::Ubuntu, Host::Fedora, Host::Arch, Host::MacOs] {
            for lack in [Lack::Rustup, Lack::Target, Lack::Emulator, Lack::Debugger] {
                assert!(remedies(host, lack).iter().all(|remedy| remedy.trial == Trial::NotTried), "{host:?} {lack:?}");
            }
        }
    }
}
