//! Running the host tests with counters in the code. May call `process` and `toolchain`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::llvm::{CoverageTools, HostCompiler};
use crate::process;
use crate::project::{Project, entries};
use crate::toolchain::choice::host_cargo;

/// The tests that count.
const TESTS: [&str; 8] = [
    "--package=l4k",
    "--package=l4k-model",
    "--package=l4k-sys",
    "--features",
    "l4k/simulation,l4k/debug",
    "--lib",
    "--bins",
    "--tests",
];

/// Builds and runs the tests in a directory of their own, and returns LLVM's account in the format of lcov.
pub fn measure(project: &Project, compiler: &HostCompiler, tools: &CoverageTools) -> Result<String> {
    let directory = project.target().join("coverage");
    let counts = directory.join("counts");
    if counts.exists() {
        fs::remove_dir_all(&counts).context("removing the counts of the last time")?;
    }
    fs::create_dir_all(&counts).context("making target/coverage")?;
    eprintln!("coverage: building and running the host tests");
    let mut build = cargo_test(project, compiler, &directory, &counts);
    let messages = process::answer(build.args(["--no-run", "--message-format=json"]))?;
    let programs = programs(&messages);
    ensure!(!programs.is_empty(), "cargo built no tests");
    process::run(cargo_test(project, compiler, &directory, &counts).args(["--quiet", "--no-fail-fast"]))?;
    account(tools, &directory, &entries(&counts)?, &programs)
}

fn cargo_test(project: &Project, compiler: &HostCompiler, directory: &Path, counts: &Path) -> Command {
    let mut command = host_cargo(project.root(), "test");
    // With a target named, the flag does not reach build scripts and macros.
    command.args(TESTS).args(["--target", &compiler.host, "--target-dir"]).arg(directory);
    // A place for the counts in the program, whose name tells programs and builds apart.
    command.env("RUSTFLAGS", "-Cinstrument-coverage").env("LLVM_PROFILE_FILE", counts.join("%p-%m.profraw"));
    command
}

/// The test programs that cargo tells of.
fn programs(messages: &str) -> Vec<PathBuf> {
    let messages = messages.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let tests = messages.filter(|message| message["profile"]["test"] == Value::Bool(true));
    tests.filter_map(|message| message["executable"].as_str().map(PathBuf::from)).collect()
}

fn account(tools: &CoverageTools, directory: &Path, counts: &[PathBuf], programs: &[PathBuf]) -> Result<String> {
    let sum = directory.join("sum.profdata");
    process::run(Command::new(&tools.profdata).args(["merge", "-sparse", "-o"]).arg(&sum).args(counts))?;
    let mut export = Command::new(&tools.cov);
    export.args(["export", "-format=lcov", "-instr-profile"]).arg(&sum);
    export.args(programs.iter().flat_map(|program| ["-object".as_ref(), program.as_os_str()]));
    process::answer(&mut export)
}

#[cfg(test)]
mod tests {
    use super::programs;

    #[test]
    fn only_test_programs_are_asked() {
        let messages = r#"{"reason":"compiler-artifact","profile":{"test":false},"executable":null}
{"reason":"compiler-artifact","profile":{"test":false},"executable":"/t/tool"}
{"reason":"compiler-artifact","profile":{"test":true},"executable":"/t/l4k-0"}
{"reason":"build-finished","success":true}"#;
        assert_eq!(programs(messages), [std::path::PathBuf::from("/t/l4k-0")]);
    }
}
