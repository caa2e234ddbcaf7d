//! What the commands need, and how each need is met. May call the rest of this directory and `toolchain`.
//!
//! When nothing is missing this looks at a few files and asks the emulator for its version, and is done in a tenth of a second.

use std::fs::{self, File};
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};
use l4k_qemu::emulator;

use super::packages::{Package, Plan};
use super::system::{Privilege, System};
use crate::process;
use crate::project::{Project, TARGET};
use crate::toolchain::choice::host_cargo;
use crate::toolchain::llvm::HostCompiler;
use crate::toolchain::{Toolchain, debian, sysroot};

/// A thing that a command needs besides the compiler for the target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// QEMU.
    Emulator,
    /// Clippy of the compiler for the target.
    Linter,
    /// mdbook.
    BookTool,
    /// A gdb that knows AArch64.
    Debugger,
    /// LLVM's coverage tools, of the compiler's version.
    CoverageTools,
    /// cargo-mutants.
    MutationTool,
    /// A C++ compiler, for libFuzzer.
    CppCompiler,
}

/// The package that has mdbook.
const BOOK_TOOL: &str = "mdbook";

/// Version of mdbook to be installed.
const BOOK_TOOL_VERSION: &str = "^0.5";

/// Version of cargo-mutants to be installed: the options and files that `mutants` counts on are its.
const MUTATION_TOOL_VERSION: &str = "^27.1";

/// Meets the needs, telling what it does, and returns the compiler for the target.
pub fn ensure(project: &Project, needs: &[Need]) -> Result<Toolchain> {
    if let Some(toolchain) = Toolchain::find(project)
        && needs.iter().all(|need| is_met(*need, project, &toolchain))
    {
        return Ok(toolchain);
    }
    fs::create_dir_all(project.target()).context("making target/")?;
    let lock = File::create(project.target().join("l4k-set-up.lock")).context("making target/l4k-set-up.lock")?;
    // Two commands at once would both install; the second waits, and then finds nothing to do.
    lock.lock().context("waiting for another set-up")?;
    meet(project, needs)
}

/// Where mdbook is.
pub fn book_tool(project: &Project) -> PathBuf {
    project.target().join("tools/bin/mdbook")
}

/// Where cargo-mutants is.
pub fn mutation_tool(project: &Project) -> PathBuf {
    project.target().join("tools/bin/cargo-mutants")
}

fn meet(project: &Project, needs: &[Need]) -> Result<Toolchain> {
    let toolchain = match Toolchain::find(project) {
        Some(found) => Some(found),
        None => add_target()?,
    };
    if needs.contains(&Need::CoverageTools) {
        add_coverage_tools();
    }
    let packages = packages_for(project, needs, toolchain.as_ref())?;
    if !packages.is_empty() {
        install(&packages)?;
    }
    let toolchain = match toolchain {
        Some(toolchain) => toolchain,
        None => build_library(project)?,
    };
    if needs.contains(&Need::BookTool) && !is_met(Need::BookTool, project, &toolchain) {
        install_tool(project, BOOK_TOOL, BOOK_TOOL_VERSION)?;
    }
    if needs.contains(&Need::MutationTool) && !is_met(Need::MutationTool, project, &toolchain) {
        install_tool(project, "cargo-mutants", MUTATION_TOOL_VERSION)?;
    }
    for need in needs {
        if !is_met(*need, project, &toolchain) {
            bail!("{}", unmet(*need));
        }
    }
    Ok(toolchain)
}

/// Not optimised: to wait for the compiler would take longer than these tools work.
fn install_tool(project: &Project, name: &str, version: &str) -> Result<()> {
    tell(&format!("installing {name} to target/tools (a few minutes)"));
    let mut command = host_cargo(project.root(), "install");
    command.args(["--quiet", "--locked", "--debug", "--root", "target/tools", name, "--version", version]);
    if name == BOOK_TOOL {
        // Without the servers that show a book while it is written.
        command.args(["--no-default-features", "--features", "search"]);
    }
    process::run(&mut command)
}

fn is_met(need: Need, project: &Project, toolchain: &Toolchain) -> bool {
    match need {
        Need::Emulator => emulator::check().is_ok(),
        Need::Linter => match toolchain {
            Toolchain::Own => true,
            Toolchain::Debian { .. } => debian::missing_clippy().is_none(),
        },
        Need::BookTool => book_tool(project).is_file(),
        Need::Debugger => process::on_path("gdb-multiarch"),
        Need::CoverageTools => HostCompiler::ask().is_ok_and(|compiler| compiler.coverage_tools().is_some()),
        Need::MutationTool => mutation_tool(project).is_file(),
        Need::CppCompiler => process::on_path("c++"),
    }
}

fn unmet(need: Need) -> String {
    match need {
        Need::Emulator => match emulator::check() {
            Err(error) => format!("no usable QEMU: {error:#}"),
            Ok(()) => "QEMU came just now; run the command again".to_owned(),
        },
        Need::Linter => format!("no clippy at {}", debian::CARGO_CLIPPY),
        Need::BookTool => "mdbook was not installed".to_owned(),
        Need::Debugger => "no gdb-multiarch on the search path".to_owned(),
        Need::CoverageTools => "no llvm-profdata and llvm-cov of the compiler's own version of LLVM".to_owned(),
        Need::MutationTool => "cargo-mutants was not installed".to_owned(),
        Need::CppCompiler => "no C++ compiler, c++, on the search path".to_owned(),
    }
}

/// The target's library from rustup, where it may be had.
fn add_target() -> Result<Option<Toolchain>> {
    if !may_use_rustup() {
        return Ok(None);
    }
    tell(&format!("rustup target add {TARGET}"));
    match process::run(Command::new("rustup").args(["target", "add", TARGET])) {
        Ok(()) => Ok(Some(Toolchain::Own)),
        Err(error) => {
            tell(&format!("{error:#}; going on with Debian's compiler"));
            Ok(None)
        }
    }
}

/// The coverage tools from rustup, where they may be had.
fn add_coverage_tools() {
    if !may_use_rustup() {
        return;
    }
    tell("rustup component add llvm-tools");
    if let Err(error) = process::run(Command::new("rustup").args(["component", "add", "llvm-tools"])) {
        tell(&format!("{error:#}; going on with the system's packages"));
    }
}

fn may_use_rustup() -> bool {
    std::env::var_os("RUSTUP_AUTO_INSTALL").is_none_or(|value| value != "0") && process::on_path("rustup")
}

fn packages_for(project: &Project, needs: &[Need], toolchain: Option<&Toolchain>) -> Result<Vec<Package>> {
    let mut packages = Vec::new();
    if !matches!(toolchain, Some(Toolchain::Own)) {
        packages.extend(debian::missing_packages().into_iter().map(Package::Plain));
        if needs.contains(&Need::Linter) {
            packages.extend(debian::missing_clippy().map(Package::Plain));
        }
    }
    if needs.contains(&Need::Emulator) && emulator::check().is_err() {
        packages.push(Package::Emulator);
    }
    if needs.contains(&Need::Debugger) && !is_met(Need::Debugger, project, &Toolchain::Own) {
        packages.push(Package::Plain("gdb-multiarch"));
    }
    if needs.contains(&Need::CppCompiler) && !is_met(Need::CppCompiler, project, &Toolchain::Own) {
        packages.push(Package::Plain("g++"));
    }
    if needs.contains(&Need::CoverageTools) && !is_met(Need::CoverageTools, project, &Toolchain::Own) {
        packages.push(Package::Llvm { version: HostCompiler::ask()?.llvm });
    }
    Ok(packages)
}

fn install(packages: &[Package]) -> Result<()> {
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

fn build_library(project: &Project) -> Result<Toolchain> {
    let sysroot = sysroot::directory(project);
    if !sysroot::is_current(&sysroot) {
        tell(&format!("building the library for {TARGET} with Debian's compiler (half a minute, once)"));
        sysroot::build(&sysroot)?;
    }
    Ok(Toolchain::Debian { sysroot })
}

fn tell(what: &str) {
    eprintln!("set-up: {what}");
}
