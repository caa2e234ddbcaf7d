//! `cargo l4k test`: `cargo test` for the target, with this program as the runner. May call `firmware`, `set_up`, and
//! `options` and `place` of the runner.
//!
//! With a target that rustup has added, `cargo test` alone does the same. With Debian's compiler it cannot, since the library for the target is not
//! where that compiler looks for it.

use std::env;
use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, ExitStatus};

use anyhow::{Context, Result, bail};
use l4k_qemu::Board;

use crate::firmware::{self, Profile};
use crate::project::Project;
use crate::runner::{options, place};
use crate::set_up::{self, Missing, Need};
use crate::toolchain::TARGET;

/// What is to be tested.
#[derive(Clone, Debug)]
pub struct Request {
    /// On which board; that of the project if nothing is said.
    pub board: Option<Board>,
    /// cargo's profile for the test programs.
    pub profile: Profile,
    /// How long a test may take.
    pub seconds: Option<u64>,
    /// Arguments for `cargo test`.
    pub cargo: Vec<String>,
    /// Arguments for each test program.
    pub program: Vec<String>,
}

/// Builds the tests and runs them. Returns cargo's status.
///
/// # Errors
/// Something is missing, or cargo does not start.
pub fn run(project: &Project, request: &Request, missing: Missing) -> Result<ExitStatus> {
    // The runner, which cargo starts, takes the same compiler.
    let chosen = project.place().choice().name();
    let toolchain = set_up::ensure(project.place(), &[Need::Emulator], missing)?;
    let mut command = toolchain.cargo(project.directory(), "test");
    firmware::build_in_project(&mut command, project.directory())?;
    if let Some(chosen) = chosen {
        command.env(options::TOOLCHAIN, chosen);
    }
    set_runner(&mut command, &env::current_exe().context("the path of this program")?)?;
    // As for a build and a run: what these have made is used again.
    let board = place::board_for_tests(request.board, &firmware::boards(project.directory())?)?;
    command.arg("--no-default-features").args(firmware::features_of(project.directory(), board)?);
    command.env(options::BOARD, board.name());
    add(&mut command, request);
    command.status().context("cargo does not start")
}

/// Makes this program the runner. cargo takes the variable apart at spaces, so it holds the program's name, and the program's directory comes first on
/// the search path.
fn set_runner(command: &mut Command, program: &Path) -> Result<()> {
    let (Some(directory), Some(name)) = (program.parent(), program.file_name()) else {
        bail!("{} is no path of a program", program.display());
    };
    let set = command.get_envs().find(|(variable, _)| *variable == "PATH").and_then(|(_, value)| value);
    let path = set.map(OsStr::to_owned).or_else(|| env::var_os("PATH")).unwrap_or_default();
    let directories = [directory.to_owned()].into_iter().chain(env::split_paths(&path));
    command.env("PATH", env::join_paths(directories).context("the search path")?);
    let variable = format!("CARGO_TARGET_{}_RUNNER", TARGET.to_uppercase().replace('-', "_"));
    command.env(variable, format!("{} l4k runner", name.to_string_lossy()));
    Ok(())
}

fn add(command: &mut Command, request: &Request) {
    if let Some(seconds) = request.seconds {
        command.env(options::SECONDS, seconds.to_string());
    }
    if request.profile == Profile::Release {
        command.arg("--release");
    }
    command.args(&request.cargo);
    if !request.program.is_empty() {
        command.arg("--").args(&request.program);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_asked_for_reaches_cargo_and_the_runner() {
        let request = Request {
            board: Some(Board::RaspberryPi4),
            profile: Profile::Release,
            seconds: Some(5),
            cargo: vec!["greeting".to_owned()],
            program: vec!["--nocapture".to_owned()],
        };
        let mut command = Command::new("cargo");
        add(&mut command, &request);
        let line: Vec<_> = command.get_args().map(|word| word.to_string_lossy()).collect();
        assert_eq!(line.join(" "), "--release greeting -- --nocapture");
        let variables: Vec<_> = command.get_envs().map(|(name, _)| name.to_string_lossy()).collect();
        assert_eq!(variables, ["L4K_TEST_SECONDS"]);
    }

    #[test]
    fn a_program_in_a_directory_with_spaces_can_be_the_runner() {
        let mut command = Command::new("cargo");
        command.env("PATH", "/bin");
        set_runner(&mut command, Path::new("/my tools/cargo-l4k")).unwrap();
        let set: Vec<_> = command.get_envs().map(|(_, value)| value.unwrap_or_default().to_string_lossy()).collect();
        assert_eq!(set, ["cargo-l4k l4k runner", "/my tools:/bin"]);
    }
}
