//! Running cargo-mutants. May call `outcome`, `process`, `set_up` and `toolchain`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::outcome::Outcomes;
use crate::process;
use crate::project::Project;
use crate::set_up::{self, Need, mutation_tool};
use crate::toolchain::choice::host_cargo;

/// What to try.
#[derive(Clone, Debug)]
pub struct Request {
    /// How many changes at a time.
    pub jobs: u8,
    /// Only in files that match.
    pub file: Option<String>,
    /// Only those whose name matches a regular expression.
    pub matching: Option<String>,
    /// Only these: `i/n`.
    pub shard: Option<String>,
    /// Steps of each random sequence.
    pub steps: u64,
    /// Where the results go as well.
    pub json: Option<PathBuf>,
}

/// Steps of each random sequence if nothing else is asked for: enough to meet most mistakes, in seconds.
pub const STEPS: u64 = 2000;

/// Seconds that the tests may take with a change; without one they take less than ten.
const SECONDS: &str = "60";

/// Tries changes and prints what became of them.
pub fn run(project: &Project, request: &Request) -> Result<()> {
    set_up::ensure(project, &[Need::MutationTool])?;
    let directory = project.target().join("mutants");
    fs::create_dir_all(&directory).context("making target/mutants")?;
    eprintln!("mutants: the tests without any change");
    let mut unchanged = host_cargo(project.root(), "test");
    unchanged.args(["--quiet", "--package=l4k", "--package=l4k-model", "--tests"]).arg("--target-dir").arg(&directory);
    process::run(set_environment(&mut unchanged, request)).context("without any change")?;
    let results = directory.join("mutants.out");
    if results.exists() {
        fs::remove_dir_all(&results).context("removing the results of the last time")?;
    }
    // Its status says whether all were caught, which is for us to judge; without results it has failed.
    let status = hunt(project, request, &directory).status().context("cannot start cargo-mutants")?;
    let file = results.join("outcomes.json");
    let text = fs::read_to_string(&file).with_context(|| format!("cargo-mutants: {status}, no {}", file.display()))?;
    let outcomes = Outcomes::read(&text)?;
    ensure!(outcomes.tried() > 0, "there is nothing to change there");
    print!("{}", outcomes.text());
    match &request.json {
        Some(file) => write(file, &format!("{:#}\n", outcomes.figures())),
        None => Ok(()),
    }
}

fn hunt(project: &Project, request: &Request, directory: &Path) -> Command {
    let mut command = Command::new(mutation_tool(project));
    process::clean(&mut command);
    command.current_dir(project.root()).args([
        "mutants",
        "--baseline",
        "skip",
        "--timeout",
        SECONDS,
        "--colors",
        "never",
    ]);
    command.args(["--jobs", &request.jobs.to_string()]).arg("--output").arg(directory);
    if let Some(file) = &request.file {
        command.args(["--file", file]);
    }
    if let Some(expression) = &request.matching {
        command.args(["--re", expression]);
    }
    if let Some(shard) = &request.shard {
        command.args(["--shard", shard]);
    }
    set_environment(&mut command, request);
    command
}

/// Each change is built anew and tested: without symbols and optimised a little, that takes a third of the time.
fn set_environment<'a>(command: &'a mut Command, request: &Request) -> &'a mut Command {
    command.env("CARGO_PROFILE_DEV_DEBUG", "0").env("CARGO_PROFILE_DEV_OPT_LEVEL", "1");
    command.env("L4K_STEPS", request.steps.to_string())
}

fn write(file: &Path, text: &str) -> Result<()> {
    fs::write(file, text).with_context(|| format!("writing {}", file.display()))
}
