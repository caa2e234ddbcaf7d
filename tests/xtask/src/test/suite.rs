//! Part `suite`: the conformance programs in QEMU. May call `firmware`, `parallel` and the matrix of machines.
//!
//! On the usual machine of a board every test of the suite counts; on each other one the whole suite counts as one test. These run side by side.

use std::sync::Mutex;
use std::time::Duration;

use anyhow::{Result, anyhow, ensure};
use l4k_qemu::{Board, Boot, Clock, Machine, Report, Session};

use super::board_matrix::{machines, several_cores};
use super::outcome::{Failure, Outcome};
use super::parallel;
use super::part::Context;
use crate::conformance::Choice;
use crate::firmware::{self, Firmware, Profile};

/// The boards that the suite is built for.
const BOARDS: [Board; 2] = [Board::QemuVirt, Board::RaspberryPi4];

/// How long the suite may take on a machine; it needs seconds, on a busy computer minutes.
const LIMIT: Duration = Duration::from_secs(1200);

/// How long several cores are stressed, in seconds.
const STRESS_SECONDS: u64 = 120;

/// Builds the suite for each board and runs it on every machine of the board; then, as the release build, on the usual one.
pub fn run(context: &Context) -> Outcome {
    let mut outcome = Outcome::default();
    for board in &BOARDS {
        let build =
            |profile| firmware::build(&context.toolchain, &context.project.path("tests/suite"), profile, *board);
        match build(Profile::Development) {
            Ok(firmware) => on_every_machine(&firmware, *board, &mut outcome),
            Err(error) => outcome.add(&format!("{board}, build"), Err(error)),
        }
        let release = build(Profile::Release).and_then(|firmware| as_a_whole(Machine::of(*board), &firmware));
        outcome.add(&format!("{board}, release build"), release);
    }
    shares(context, &mut outcome);
    stress(context, &mut outcome);
    outcome
}

/// Shares of time, where time is counted in instructions: no budget is missed by more than a thousandth.
fn shares(context: &Context, outcome: &mut Outcome) {
    let machine = Machine { clock: Clock::InstructionsOnly, ..Machine::default() };
    let choice = Choice { name: Some("budgets".to_owned()), ..Choice::default() };
    let firmware =
        firmware::build(&context.toolchain, &context.project.path("tests/suite"), Profile::Release, Board::QemuVirt);
    let result = firmware.and_then(|firmware| {
        let firmware = choice.of(&firmware, "budgets")?;
        let (report, output) = boot(machine, &firmware)?;
        ensure!(report.failed.is_empty(), "{output}");
        let shares: Vec<[u64; 2]> = output.lines().filter_map(share).collect();
        let exact = shares.iter().all(|[used, granted]| used.abs_diff(*granted) * 1000 < *granted);
        ensure!(shares.len() == SHARES && exact, "{output}");
        Ok(())
    });
    outcome.add("qemu-virt, budgets from 1% to 90%, counted in instructions", result);
}

/// How many budgets the suite tries.
const SHARES: usize = 12;

/// What was used and what was granted, of a line such as `  budget 1%: 2000144 of 2000000 ns in 20 periods`.
fn share(line: &str) -> Option<[u64; 2]> {
    let (_, figures) = line.strip_prefix("  budget ")?.split_once(": ")?;
    let (used, rest) = figures.split_once(" of ")?;
    Some([used.parse().ok()?, rest.split(' ').next()?.parse().ok()?])
}

/// Everything at once on four cores.
fn stress(context: &Context, outcome: &mut Outcome) {
    let machine = Machine { cores: 4, ..Machine::default() };
    let choice = Choice { name: Some("stress".to_owned()), stress_seconds: Some(STRESS_SECONDS), ..Choice::default() };
    let firmware =
        firmware::build(&context.toolchain, &context.project.path("tests/suite"), Profile::Release, Board::QemuVirt);
    let result = firmware.and_then(|firmware| {
        let firmware = choice.of(&firmware, "stress")?;
        let (report, output) = boot(machine, &firmware)?;
        ensure!(report.failed.is_empty() && report.passed.len() == 1, "{output}");
        Ok(())
    });
    outcome.add("qemu-virt, stress of four cores", result);
}

fn on_every_machine(firmware: &Firmware, board: Board, outcome: &mut Outcome) {
    let mut machines = machines(board).into_iter();
    if let Some(usual) = machines.next() {
        outcome.add_all(&usual.to_string(), in_detail(usual, firmware));
    }
    let together = Mutex::new(&mut *outcome);
    parallel::for_each(machines.collect(), |machine: Machine| {
        let name = machine.to_string();
        let result = as_a_whole(machine, firmware);
        together.lock().expect("nobody panics while he adds to it").add(&name, result);
    });
    for machine in several_cores().into_iter().filter(|machine| machine.board == board) {
        outcome.add(&machine.to_string(), as_a_whole(machine.clone(), firmware));
    }
}

fn in_detail(machine: Machine, firmware: &Firmware) -> Result<Outcome> {
    let (report, output) = boot(machine, firmware)?;
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

fn as_a_whole(machine: Machine, firmware: &Firmware) -> Result<()> {
    let (report, _) = boot(machine, firmware)?;
    let names: Vec<&str> = report.failed.iter().map(|(name, _)| name.as_str()).collect();
    ensure!(names.is_empty(), "{}", names.join(", "));
    Ok(())
}

fn boot(machine: Machine, firmware: &Firmware) -> Result<(Report, String)> {
    let image = firmware.image(&machine)?;
    let cores = machine.cores;
    // What tests tell beside their results is indented; of the stress it is worth seeing while it goes on.
    let tell = |line: &str| {
        if line.starts_with("  stress") {
            eprintln!("{line}");
        }
    };
    let ended = Session::start(&Boot::new(machine, &image))?.follow_to_end(LIMIT, tell)?;
    let up = cores == 1 || ended.output.contains(&format!("{cores} cores are up"));
    ensure!(up, "not all of the {cores} cores are up; the output:\n{}", ended.output);
    let report = Report::read(&ended.output).map_err(|error| anyhow!("{error}; the output:\n{}", ended.output))?;
    let agrees = ended.status.success() == report.failed.is_empty();
    ensure!(agrees, "the suite ended with {}, which its report does not; the output:\n{}", ended.status, ended.output);
    Ok((report, ended.output))
}

#[cfg(test)]
mod tests {
    use super::share;

    #[test]
    fn shares_are_read_from_their_lines() {
        assert_eq!(share("  budget 1%: 2000144 of 2000000 ns in 20 periods"), Some([2_000_144, 2_000_000]));
        assert_eq!(share("  period of 10 ms, alone: 288 to 288 ns"), None);
    }
}
