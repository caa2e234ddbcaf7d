//! Runs a binary that cargo has built for the target. May call the other files of this directory.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use l4k_qemu::Machine;
use libtest_mimic::{Arguments, Conclusion, Trial};

use super::binary::{Binary, Chosen, TestProgram};
use super::kernel::TestKernel;
use super::mark::Mark;
use super::options::Options;
use super::place;
use super::test_list::{TestEntry, Usual};
use super::trial::{self, Show};
use super::verdict::{Ending, judge};
use crate::firmware::{self, Firmware};
use crate::project::{self, Project};
use crate::toolchain::Choice;
use crate::workplace::Workplace;
use crate::{cache, run};

/// Status of tests of which some have failed, as in the standard library's harness.
const FAILED: u8 = 101;

/// Runs the binary, and returns the status of the firmware, or that of the tests.
///
/// # Errors
/// It cannot be booted.
pub fn run(binary: &Path, arguments: &[OsString], choice: Choice) -> Result<u8> {
    let file = fs::read(binary).with_context(|| format!("reading {}", binary.display()))?;
    let read = Binary::read(file).with_context(|| binary.display().to_string())?;
    let options = Options::from_environment()?;
    match read {
        Binary::Firmware { load_address } => {
            ensure!(arguments.is_empty(), "a firmware takes no arguments");
            boot(binary, load_address, &options, choice)
        }
        Binary::Tests(program) => {
            let arguments = Arguments::from_iter([OsString::from("cargo l4k runner")].iter().chain(arguments));
            let conclusion = test(program, binary, arguments, options, choice)?;
            Ok(if conclusion.has_failed() { FAILED } else { 0 })
        }
    }
}

fn project(binary: &Path, choice: Choice) -> Result<Project> {
    let directory = place::firmware_directory()?;
    let workplace = match project::repository(&directory) {
        Some(repository) => Workplace::new(repository, &repository.join("target")),
        None => Workplace::new(&directory, &place::target_directory(binary)?).with_cache(&cache::directory()?),
    };
    Ok(Project::at(&place::package_name(&directory)?, &directory, workplace.with_choice(choice)))
}

/// Boots a firmware, with what its project wants to find in the machine.
fn boot(binary: &Path, load_address: u64, options: &Options, choice: Choice) -> Result<u8> {
    let project = project(binary, choice)?;
    let boards = firmware::boards(project.directory())?;
    let machine = Machine::of(place::board_of(load_address, options.board, &boards)?);
    let firmware = Firmware { kernel: binary.to_owned(), made: PathBuf::new() };
    let image = firmware.image(&machine)?;
    run::boot(&project, machine, &image, None)
}

/// What all tests of a program have in common.
struct Bench {
    program: TestProgram,
    kernel: TestKernel,
    options: Options,
    show: Show,
}

fn test(
    program: TestProgram,
    binary: &Path,
    arguments: Arguments,
    options: Options,
    choice: Choice,
) -> Result<Conclusion> {
    let tests = program.tests.clone();
    // A list needs no kernel and no machine.
    let bench = if arguments.list {
        None
    } else {
        let project = project(binary, choice)?;
        let board = place::board_for_tests(options.board, &firmware::boards(project.directory())?)?;
        let bytes = program.package(Chosen { test: 0, mark: Mark::choose() }, options.stack_size)?.len();
        let kernel = TestKernel::build(&project, &place::target_directory(binary)?, board, bytes)?;
        let show = if arguments.nocapture { Show::Everything } else { Show::Failures };
        Some(Arc::new(Bench { program, kernel, options, show }))
    };
    let trials = (0..).zip(tests).map(|(number, entry)| trial_of(number, entry, bench.clone())).collect();
    Ok(libtest_mimic::run(&arguments, trials))
}

fn trial_of(number: u32, entry: TestEntry, bench: Option<Arc<Bench>>) -> Trial {
    let ignored = entry.usual == Usual::Ignored;
    let name = entry.name.clone();
    let run = move || {
        let bench = bench.ok_or("the tests were only to be listed")?;
        bench.run(number, &entry).map_err(Into::into)
    };
    Trial::test(name, run).with_ignored_flag(ignored)
}

impl Bench {
    /// Boots one test on a machine of its own, and judges it.
    fn run(&self, number: u32, entry: &TestEntry) -> Result<(), String> {
        let mark = Mark::choose();
        let (ending, output) = self.boot(Chosen { test: number, mark }).map_err(|error| format!("{error:#}"))?;
        judge(&entry.expected, ending, &output, mark)
    }

    fn boot(&self, chosen: Chosen) -> Result<(Ending, String)> {
        let scratch = tempfile::tempdir().context("making a directory for the machine")?;
        let boot = self.kernel.boot(&self.program, chosen, self.options.stack_size, scratch.path())?;
        trial::run(&boot, self.options.limit, self.show, chosen.mark)
    }
}
