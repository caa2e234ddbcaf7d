//! Part `suite`: the conformance programs in QEMU. May call `firmware` and the matrix of machines.
//!
//! On the usual machine every test of the suite counts; on each other one the whole suite counts as one test.

use std::path::Path;
use std::time::Duration;

use anyhow::{Result, anyhow, ensure};
use l4k_qemu::{Boot, Machine, Report, Session};

use super::board_matrix::machines;
use super::outcome::{Failure, Outcome};
use super::part::Context;
use crate::firmware::{self, Profile};

/// How long the suite may take on a machine; it needs seconds.
const LIMIT: Duration = Duration::from_secs(120);

/// Builds the suite and runs it on every machine; then, as the release build, on the usual one.
pub fn run(context: &Context) -> Outcome {
    let mut outcome = Outcome::default();
    let directory = context.project.path("tests/suite");
    let build = |profile| firmware::build(&context.toolchain, &directory, profile);
    match build(Profile::Development) {
        Ok(firmware) => on_every_machine(&firmware.kernel, &mut outcome),
        Err(error) => outcome.add("build", Err(error)),
    }
    let release = build(Profile::Release).and_then(|firmware| as_a_whole(Machine::default(), &firmware.kernel));
    outcome.add("release build", release);
    outcome
}

fn on_every_machine(image: &Path, outcome: &mut Outcome) {
    let mut machines = machines().into_iter();
    if let Some(usual) = machines.next() {
        outcome.add_all(&usual.to_string(), in_detail(usual, image));
    }
    for machine in machines {
        outcome.add(&machine.to_string(), as_a_whole(machine, image));
    }
}

fn in_detail(machine: Machine, image: &Path) -> Result<Outcome> {
    let (report, output) = boot(machine, image)?;
    for name in &report.passed {
        eprintln!("  ok      {name}");
    }
    for (name, reason) in &report.failed {
        eprintln!("  FAILED  {name}: {reason}");
    }
    if !report.failed.is_empty() {
        eprint!("{output}");
    }
    let failed = report.failed.into_iter().map(|(name, reason)| Failure { name, reason }).collect();
    Ok(Outcome { passed: report.passed.len(), failed })
}

fn as_a_whole(machine: Machine, image: &Path) -> Result<()> {
    let (report, _) = boot(machine, image)?;
    let names: Vec<&str> = report.failed.iter().map(|(name, _)| name.as_str()).collect();
    ensure!(names.is_empty(), "{}", names.join(", "));
    Ok(())
}

fn boot(machine: Machine, image: &Path) -> Result<(Report, String)> {
    let ended = Session::start(&Boot::new(machine, image))?.wait_for_end(LIMIT)?;
    let report = Report::read(&ended.output).map_err(|error| anyhow!("{error}; the output:\n{}", ended.output))?;
    let agrees = ended.status.success() == report.failed.is_empty();
    ensure!(agrees, "the suite ended with {}, which its report does not; the output:\n{}", ended.status, ended.output);
    Ok((report, ended.output))
}
