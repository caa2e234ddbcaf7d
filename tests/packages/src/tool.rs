//! The tool `cargo l4k`, built from its package. May call `pack` and `workspace`.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;
use cargo_l4k::firmware;

use crate::pack::{self, Packed};
use crate::workspace::Workspace;

/// The package with the tool.
const PACKAGE: &str = "cargo-l4k";

/// The tool, and where it keeps what it makes.
#[derive(Debug)]
pub struct Tool {
    program: PathBuf,
    target: PathBuf,
    /// What `RUSTC_BOOTSTRAP` is when the repository's own firmware is built: with another value cargo would build much
    /// of it anew after this.
    bootstrapped: String,
}

impl Tool {
    /// Builds the tool from the unpacked crates in the directory `crates`. Cargo keeps what it makes on the way where it keeps that of the repository, so that crates
    /// of the registry are not built again. The finished tool has a directory of its own, since the repository makes a program with the same name.
    ///
    /// # Errors
    /// It does not build.
    pub fn build(workspace: &Workspace, packed: &[Packed], crates: &Path) -> Result<Tool> {
        let target = workspace.root().join("target");
        let place = target.join("packed/tool");
        let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        command
            .current_dir(crates.join(PACKAGE))
            .args(["build", "--quiet", "--offline"])
            .env("CARGO_TARGET_DIR", &place);
        command.env("CARGO_BUILD_BUILD_DIR", &target);
        for one in packed.iter().filter(|one| one.name != PACKAGE) {
            let path = toml::Value::String(crates.join(&one.name).display().to_string());
            command.arg("--config").arg(format!("patch.crates-io.{}.path={path}", one.name));
        }
        // Crates for the target are no dependencies of the tool, and cargo says so for each of them.
        pack::run(&mut command)?;
        let bootstrapped = firmware::bootstrapped(workspace.root())?;
        Ok(Tool { program: place.join("debug").join(PACKAGE), target, bootstrapped })
    }

    /// Has it make the template's project `name` in the directory `place`, with the crates in the directory `crates`, and returns the project's directory.
    ///
    /// # Errors
    /// It fails.
    pub fn new_project(&self, place: &Path, name: &str, crates: &Path) -> Result<PathBuf> {
        pack::run(self.command(place, "new").arg(name).arg("--crates").arg(crates))?;
        Ok(place.join(name))
    }

    /// Has it build the firmware of a project.
    ///
    /// # Errors
    /// It fails.
    pub fn build_firmware(&self, project: &Path) -> Result<()> {
        pack::run(&mut self.command(project, "build"))
    }

    /// The command that has it boot the firmware, with the console on its standard input and output.
    #[must_use]
    pub fn run(&self, project: &Path) -> Command {
        self.command(project, "run")
    }

    /// Its cache, and the place where firmware is built, are those of the repository's own commands. So the library for the target and the crates of the registry
    /// are built once.
    fn command(&self, directory: &Path, subcommand: &str) -> Command {
        let mut command = Command::new(&self.program);
        command.args(["l4k", subcommand]).current_dir(directory);
        command.env("L4K_CACHE", &self.target).env("CARGO_TARGET_DIR", self.target.join("firmware"));
        command.env("CARGO_NET_OFFLINE", "true").env("RUSTC_BOOTSTRAP", &self.bootstrapped);
        command
    }
}
