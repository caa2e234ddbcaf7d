//! What the project's commands need, and how each need is met. What every firmware project needs is met by `cargo-l4k`; the tools of this
//! project alone are installed here. May call `llvm`.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Result, bail};
use cargo_l4k::debian::packages::Package;
use cargo_l4k::set_up::{self, Missing, install, may_use_rustup, tell};

use crate::llvm::HostCompiler;
use crate::process;
use crate::project::Project;
use crate::toolchain::Toolchain;
use crate::toolchain::choice::host_cargo;

/// A thing that a command needs besides the compiler for the target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// QEMU.
    Emulator,
    /// Clippy of the compiler for the target.
    Linter,
    /// mdbook.
    BookTool,
    /// LLVM's coverage tools, of the compiler's version.
    CoverageTools,
    /// cargo-mutants.
    MutationTool,
    /// A C++ compiler, for libFuzzer.
    CppCompiler,
    /// cargo-deny.
    LicenceTool,
    /// cargo-semver-checks.
    InterfaceTool,
    /// cargo-generate.
    TemplateTool,
}

/// The package that has mdbook.
const BOOK_TOOL: &str = "mdbook";

/// Version of mdbook to be installed.
const BOOK_TOOL_VERSION: &str = "^0.5";

/// Version of cargo-mutants to be installed: the options and files that `mutants` counts on are its.
const MUTATION_TOOL_VERSION: &str = "^27.1";

/// Version of cargo-deny for which `.cargo/deny.toml` is written.
const LICENCE_TOOL_VERSION: &str = "^0.20";

/// Version of cargo-semver-checks. It reads rustdoc's JSON, whose format changes with the compiler.
const INTERFACE_TOOL_VERSION: &str = "^0.51";

/// Version of cargo-generate that `examples/template/cargo-generate.toml` asks for at least.
const TEMPLATE_TOOL_VERSION: &str = "=0.23.5";

/// Meets the needs, telling what it does, and returns the compiler for the target.
pub fn ensure(project: &Project, needs: &[Need]) -> Result<Toolchain> {
    let of_all: Vec<set_up::Need> = needs.iter().filter_map(|need| need.of_every_project()).collect();
    let toolchain = set_up::ensure(&project.place(), &of_all, Missing::Install)?;
    for need in needs {
        if !need.is_met(project) {
            need.meet(project)?;
        }
        if !need.is_met(project) {
            bail!("{}", need.unmet());
        }
    }
    Ok(toolchain)
}

/// Where mdbook is.
pub fn book_tool(project: &Project) -> PathBuf {
    project.target().join("tools/bin/mdbook")
}

/// Where cargo-mutants is.
pub fn mutation_tool(project: &Project) -> PathBuf {
    project.target().join("tools/bin/cargo-mutants")
}

/// Where cargo-deny is.
pub fn licence_tool(project: &Project) -> PathBuf {
    project.target().join("tools/bin/cargo-deny")
}

/// Where cargo-semver-checks is.
pub fn interface_tool(project: &Project) -> PathBuf {
    project.target().join("tools/bin/cargo-semver-checks")
}

/// Where cargo-generate is.
pub fn template_tool(project: &Project) -> PathBuf {
    project.target().join("tools/bin/cargo-generate")
}

impl Need {
    /// The same need of every firmware project, if it is one.
    fn of_every_project(self) -> Option<set_up::Need> {
        match self {
            Need::Emulator => Some(set_up::Need::Emulator),
            Need::Linter => Some(set_up::Need::Linter),
            Need::BookTool | Need::CoverageTools | Need::MutationTool | Need::CppCompiler => None,
            Need::LicenceTool | Need::InterfaceTool | Need::TemplateTool => None,
        }
    }

    fn is_met(self, project: &Project) -> bool {
        match self {
            // `cargo-l4k` has met them.
            Need::Emulator | Need::Linter => true,
            Need::BookTool => book_tool(project).is_file(),
            Need::CoverageTools => HostCompiler::ask().is_ok_and(|compiler| compiler.coverage_tools().is_some()),
            Need::MutationTool => mutation_tool(project).is_file(),
            Need::CppCompiler => process::on_path("c++"),
            Need::LicenceTool => licence_tool(project).is_file(),
            Need::InterfaceTool => interface_tool(project).is_file(),
            Need::TemplateTool => template_tool(project).is_file(),
        }
    }

    fn meet(self, project: &Project) -> Result<()> {
        match self {
            Need::Emulator | Need::Linter => Ok(()),
            Need::BookTool => install_tool(project, BOOK_TOOL, BOOK_TOOL_VERSION),
            Need::CoverageTools => add_coverage_tools(),
            Need::MutationTool => install_tool(project, "cargo-mutants", MUTATION_TOOL_VERSION),
            Need::CppCompiler => install(&[Package::plain("g++")]),
            Need::LicenceTool => install_tool(project, "cargo-deny", LICENCE_TOOL_VERSION),
            Need::InterfaceTool => install_tool(project, "cargo-semver-checks", INTERFACE_TOOL_VERSION),
            Need::TemplateTool => install_tool(project, "cargo-generate", TEMPLATE_TOOL_VERSION),
        }
    }

    fn unmet(self) -> &'static str {
        match self {
            Need::Emulator => "no usable QEMU",
            Need::Linter => "no clippy",
            Need::BookTool => "mdbook was not installed",
            Need::CoverageTools => "no llvm-profdata and llvm-cov of the compiler's own version of LLVM",
            Need::MutationTool => "cargo-mutants was not installed",
            Need::CppCompiler => "no C++ compiler, c++, on the search path",
            Need::LicenceTool => "cargo-deny was not installed",
            Need::InterfaceTool => "cargo-semver-checks was not installed",
            Need::TemplateTool => "cargo-generate was not installed",
        }
    }
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

/// The coverage tools from rustup, where they may be had, else from the system's packages.
fn add_coverage_tools() -> Result<()> {
    if may_use_rustup() {
        tell("rustup component add llvm-tools");
        match process::run(Command::new("rustup").args(["component", "add", "llvm-tools"])) {
            Ok(()) => return Ok(()),
            Err(error) => tell(&format!("{error:#}; going on with the system's packages")),
        }
    }
    install(&[Package::Plain(format!("llvm-{}", HostCompiler::ask()?.llvm))])
}
