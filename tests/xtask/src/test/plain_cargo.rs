//! Of the part `template`, in the long test: plain `cargo run` and `cargo test` work in a new project outside of the repository, with a compiler that
//! has the target. Where the computer has only Debian's, a directory is made that looks like such a compiler's. May call `set_up`.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use anyhow::{Context as _, Result, ensure};
use cargo_l4k::debian::compiler;
use cargo_l4k::new::make::{self, Request};
use l4k_qemu::Board;

use super::host;
use super::job::{Job, Resource};
use super::outcome::Outcome;
use super::part::{Context, Part};
use crate::process;
use crate::project::TARGET;
use crate::toolchain::Toolchain;
use crate::toolchain::choice::host_cargo;

/// The project's name.
const NAME: &str = "robot";

/// Where the programs of a compiler look for each other.
const LIBRARIES: &str = "lib/rustlib";

/// It builds the command for itself, then kernel and programs of a new project.
pub fn job() -> Job {
    let job = Job::run(Part::Template, "plain cargo", |context: &Context| {
        let mut outcome = Outcome::default();
        match Plain::make(context) {
            Ok(plain) => {
                outcome.add("cargo run boots the firmware", plain.boots());
                outcome.add("cargo test runs the tests", plain.tests());
                outcome.add("the compiler in use was taken", plain.took_nothing_else());
                outcome.add("the project is removed", plain.remove());
            }
            Err(error) => outcome.add("a new project", Err(error)),
        }
        outcome
    });
    job.holding(Resource::Workspace)
}

/// A new project, and what a person's shell would have to find for it.
struct Plain {
    scratch: PathBuf,
    /// Where programs are looked for.
    path: OsString,
}

impl Plain {
    fn make(context: &Context) -> Result<Plain> {
        let project = &context.project;
        process::run(host_cargo(project.root(), "build").args(["--quiet", "--package", "cargo-l4k"]))?;
        let scratch = env::temp_dir().join(format!("l4k-plain-cargo-{}", std::process::id()));
        fs::create_dir_all(&scratch).with_context(|| format!("making {}", scratch.display()))?;
        let mut places = vec![project.target().join("debug")];
        if let Toolchain::Debian { sysroot } = &context.toolchain {
            let compiler = scratch.join("compiler");
            imitate(&compiler, sysroot).context("a directory like that of a compiler with the target")?;
            places.push(compiler.join("bin"));
        }
        places.extend(env::split_paths(&env::var_os("PATH").unwrap_or_default()));
        let path = env::join_paths(places).context("the search path")?;
        let crates = Some(project.root().to_owned());
        let template = make::TEMPLATES[0].to_owned();
        let request = Request { name: NAME.to_owned(), board: Board::QemuVirt, template, crates };
        make::make(&request, &scratch)?;
        Ok(Plain { scratch, path })
    }

    /// `cargo SUBCOMMAND`, with this text typed, and with nothing that would tell it of another compiler.
    fn cargo(&self, subcommand: &str, typed: &str) -> Result<(Output, String)> {
        let mut command = Command::new("sh");
        command.args(["-c", "exec cargo \"$0\"", subcommand]).current_dir(self.scratch.join(NAME));
        process::clean(&mut command);
        for name in ["CARGO", "RUSTC", "RUSTDOC", "RUSTUP_TOOLCHAIN", "L4K_TOOLCHAIN", "CARGO_TARGET_DIR"] {
            command.env_remove(name);
        }
        command.env("PATH", &self.path).env("L4K_CACHE", self.cache());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().context("cargo does not start")?;
        // It may have ended already; then what it says matters.
        let _ = child.stdin.take().context("its input")?.write_all(typed.as_bytes());
        let output = child.wait_with_output().context("waiting for cargo")?;
        let text = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes).into_owned()).concat();
        Ok((output, text))
    }

    /// Where `cargo l4k` would build a library for Debian's compiler.
    fn cache(&self) -> PathBuf {
        self.scratch.join("cache")
    }

    fn boots(&self) -> Result<()> {
        let (output, said) = self.cargo("run", "Ada\rexit\r")?;
        ensure!(output.status.success(), "it ended with {}:\n{said}", output.status);
        ensure!(said.contains("name> Ada") && said.contains("Hello, Ada!"), "no greeting:\n{said}");
        Ok(())
    }

    fn tests(&self) -> Result<()> {
        let (output, said) = self.cargo("test", "")?;
        ensure!(output.status.success(), "it ended with {}:\n{said}", output.status);
        ensure!(said.contains("test a_greeting_names_the_person "), "the tests did not run:\n{said}");
        ensure!(said.contains("test result: ok. 3 passed"), "not all tests passed:\n{said}");
        Ok(())
    }

    fn took_nothing_else(&self) -> Result<()> {
        let other = cargo_l4k::debian::sysroot::directory(&self.cache());
        ensure!(!other.exists(), "a library for another compiler was built in {}", other.display());
        Ok(())
    }

    fn remove(&self) -> Result<()> {
        fs::remove_dir_all(&self.scratch).with_context(|| format!("removing {}", self.scratch.display()))
    }
}

/// A directory with what rustup installs for a compiler and the target, made of Debian's compiler and the library that was built for it.
fn imitate(directory: &Path, sysroot: &Path) -> Result<()> {
    let host = host::host_target()?;
    let [programs, libraries] = ["bin", LIBRARIES].map(|name| directory.join(name));
    let of_host = libraries.join(&host);
    for new in [&programs, &of_host.join("bin")] {
        fs::create_dir_all(new).with_context(|| format!("making {}", new.display()))?;
    }
    let debian = Path::new("/usr").join(LIBRARIES);
    symlink(debian.join(&host).join("lib"), of_host.join("lib"))?;
    symlink(sysroot.join(LIBRARIES).join(TARGET), libraries.join(TARGET))?;
    // The linker of this target has that name.
    symlink(Path::new("/usr/bin").join(compiler::LINKER), of_host.join("bin/rust-lld"))?;
    symlink(compiler::CARGO, programs.join("cargo"))?;
    for (name, program) in [("rustc", compiler::RUSTC), ("rustdoc", compiler::RUSTDOC)] {
        let script = programs.join(name);
        fs::write(&script, format!("#!/bin/sh\nexec {program} --sysroot '{}' \"$@\"\n", directory.display()))?;
        fs::set_permissions(&script, fs::Permissions::from_mode(0o755))?;
    }
    Ok(())
}
