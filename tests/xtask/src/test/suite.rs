//! Part `suite`: the conformance programs in QEMU. May call `conformance`, `firmware` and the matrix of machines.
//!
//! The whole suite runs on the usual machine of each board and on one with four cores. On the usual machine every test of it counts; everywhere else
//! what runs counts as one test. On the other machines of the matrix the areas do not run that no machine makes a difference to; with `--long` they do.

use std::time::Duration;

use anyhow::{Result, anyhow, ensure};
use l4k_paths::STRETCH_MAX;
use l4k_qemu::{Board, Boot, Clock, Machine, Report, Session};

use super::board_matrix::{machines, several_cores};
use super::image::Image;
use super::job::Job;
use super::outcome::{Failure, Outcome};
use super::part::{Context, Part, Scope};
use super::silent_hangs;
use crate::conformance::Choice;
use crate::firmware::Firmware;

/// The suite, from the project's directory.
pub const PROJECT: &str = "tests/suite";

/// The boards that the suite is built for.
const BOARDS: [Board; 2] = [Board::QemuVirt, Board::RaspberryPi4];

/// How long the suite may take on a machine; it needs seconds, on a busy computer minutes.
const LIMIT: Duration = Duration::from_secs(1200);

/// How long several cores are stressed, in seconds.
const STRESS_SECONDS: u64 = 10;

/// The same in the long test.
const LONG_STRESS_SECONDS: u64 = 120;

/// Rounds of each attack on passive servers in the long test.
const LONG_ATTACK_ROUNDS: u64 = 10_000;

/// Calls of the hostile programs on machines other than the usual one, on which they make the suite's usual number.
const HOSTILE_CALLS: u64 = 40_000;

/// Areas that run on the whole machines only, and why it makes no difference to them what the machine is.
const SAME_EVERYWHERE: [(&str, &str); 2] = [
    (
        "hostile",
        "random calls find faults of the kernel's core, which has no code for one machine; they are most of the suite's work",
    ),
    (
        "budgets",
        "shares of time are kept by the scheduler; that the timer of a machine is right, the area `time` tests",
    ),
];

/// A run of the suite.
#[derive(Clone)]
struct Run {
    /// What tells it from others.
    name: String,
    image: Image,
    machine: Machine,
    choice: Choice,
}

impl Run {
    fn job(self, perform: impl Fn(&Run, &Context) -> Outcome + Send + Sync + 'static) -> Job {
        let (name, image) = (self.name.clone(), self.image.clone());
        Job::run(Part::Suite, name, move |context| perform(&self, context)).with(&image)
    }
}

/// All runs.
pub fn jobs(scope: Scope) -> Vec<Job> {
    let mut jobs = whole();
    jobs.extend(on_other_machines());
    jobs.extend(release());
    jobs.push(budgets());
    jobs.extend(silent_hangs::jobs());
    jobs.extend(BOARDS.map(waits));
    jobs.push(stress("stress of four cores", STRESS_SECONDS));
    if scope == Scope::Long {
        jobs.extend(long());
    }
    jobs
}

/// The whole suite on three machines.
fn whole() -> Vec<Job> {
    let usual = Machine::of(Board::QemuVirt);
    let run = Run {
        name: usual.to_string(),
        image: Image::of(PROJECT, usual.board),
        machine: counted(usual),
        choice: Choice::default(),
    };
    let in_detail = run.job(|run, context| Outcome::of_all(&run.name, in_detail(run, context)));
    let four_cores = Machine { cores: 4, ..Machine::default() };
    let others = [four_cores, Machine::of(Board::RaspberryPi4)];
    [in_detail].into_iter().chain(others.map(|machine| one(counted(machine), fewer_hostile_calls()))).collect()
}

/// What may differ from machine to machine, on the rest of the matrix. Two cores run at the same time on a computer that has two processors, so they
/// run alone.
fn on_other_machines() -> Vec<Job> {
    let is_whole = |name: &String| whole().iter().any(|job| job.name.ends_with(name));
    let others = BOARDS.iter().flat_map(|board| machines(*board)).chain(several_cores());
    let others = others.filter(|machine| !is_whole(&machine.to_string()));
    let job = |machine: Machine| match machine.cores {
        2 => one(machine, machine_choice()).alone(),
        _ => one(counted(machine), machine_choice()),
    };
    others.map(job).collect()
}

/// The release build: whole on the usual machine, and what the machine makes a difference to on the other board.
fn release() -> Vec<Job> {
    let choice = |board| match board {
        Board::QemuVirt => fewer_hostile_calls(),
        Board::RaspberryPi4 | Board::Versal => machine_choice(),
    };
    let job = |board: Board| {
        let run = Run {
            name: format!("{board}, release build"),
            image: Image::of(PROJECT, board).release(),
            machine: counted(Machine::of(board)),
            choice: choice(board),
        };
        run.job(as_a_whole)
    };
    BOARDS.map(job).into()
}

/// What moved to the long test: the whole suite on every machine with the clock of this computer, and the stress for longer.
fn long() -> Vec<Job> {
    let all = BOARDS.iter().flat_map(|board| machines(*board)).chain(several_cores());
    let job = |machine: Machine| {
        let run = Run {
            name: format!("whole, {machine}"),
            image: Image::of(PROJECT, machine.board),
            machine,
            choice: Choice::default(),
        };
        let several = run.machine.cores > 1;
        let job = run.job(as_a_whole);
        if several { job.alone() } else { job }
    };
    let release = |board| {
        let run = Run {
            name: format!("whole, {board}, release build"),
            image: Image::of(PROJECT, board).release(),
            machine: Machine::of(board),
            choice: Choice::default(),
        };
        run.job(as_a_whole).alone()
    };
    let long = all.map(job).chain(BOARDS.map(release));
    long.chain([stress("long stress of four cores", LONG_STRESS_SECONDS)]).chain(attacks()).collect()
}

/// The attacks on passive servers many times over, on one, two and four cores, in both builds. The usual test makes
/// each 200 times on each machine.
fn attacks() -> impl Iterator<Item = Job> {
    let usual = Image::of(PROJECT, Board::QemuVirt);
    let images = [("development build", usual.clone()), ("release build", usual.release())];
    let runs = [1, 2, 4].into_iter().flat_map(move |cores| images.clone().map(|image| (cores, image)));
    runs.map(|(cores, (build, image))| {
        let run = Run {
            name: format!("long attacks on passive servers, {cores} cores, {build}"),
            image,
            machine: Machine { cores, ..Machine::default() },
            choice: Choice {
                name: Some("lending,passive".to_owned()),
                attack_rounds: Some(LONG_ATTACK_ROUNDS),
                ..Choice::default()
            },
        };
        run.job(as_a_whole).alone()
    })
}

/// A run on a machine, which counts as one test.
fn one(machine: Machine, choice: Choice) -> Job {
    let run = Run { name: machine.to_string(), image: Image::of(PROJECT, machine.board), machine, choice };
    run.job(as_a_whole)
}

/// A machine whose time is counted in instructions: it goes on at the pace of the program, whatever else this computer does, several cores run in turns
/// that are the same each time, and while all of them wait no time passes. In the time of this computer a build beside it is enough to make a test of
/// shares of time fail. Two cores alone have the time of this computer: they really run at once.
fn counted(machine: Machine) -> Machine {
    Machine { clock: Clock::InstructionsOnly, ..machine }
}

fn fewer_hostile_calls() -> Choice {
    Choice { hostile_calls: Some(HOSTILE_CALLS), ..Choice::default() }
}

/// Everything but the areas that are the same everywhere.
fn machine_choice() -> Choice {
    let left_out: Vec<String> = SAME_EVERYWHERE.iter().map(|(area, _)| format!("-{area}")).collect();
    Choice { name: Some(left_out.join(",")), ..Choice::default() }
}

/// Shares of time, where time is counted in instructions: no budget is missed by more than a thousandth.
fn budgets() -> Job {
    let run = Run {
        name: "budgets from 1% to 90%, counted in instructions".to_owned(),
        image: Image::of(PROJECT, Board::QemuVirt).release(),
        machine: Machine { clock: Clock::InstructionsOnly, ..Machine::default() },
        choice: Choice { name: Some("budgets".to_owned()), ..Choice::default() },
    };
    run.job(|run, context| Outcome::of(&run.name, shares(run, context)))
}

fn shares(run: &Run, context: &Context) -> Result<()> {
    let (report, output) = boot(run, context)?;
    ensure!(report.failed.is_empty(), "{output}");
    let shares: Vec<[u64; 2]> = output.lines().filter_map(share).collect();
    let exact = shares.iter().all(|[used, granted]| used.abs_diff(*granted) * 1000 < *granted);
    ensure!(shares.len() == SHARES && exact, "{output}");
    Ok(())
}

/// How many budgets the suite tries.
const SHARES: usize = 12;

/// What was used and what was granted, of a line such as `  budget 1%: 2000144 of 2000000 ns in 20 periods`.
fn share(line: &str) -> Option<[u64; 2]> {
    let (_, figures) = line.strip_prefix("  budget ")?.split_once(": ")?;
    let (used, rest) = figures.split_once(" of ")?;
    Some([used.parse().ok()?, rest.split(' ').next()?.parse().ok()?])
}

/// How long one of four cores waits for the kernel, where time is counted in instructions, one a nanosecond. Each other core
/// holds the lock once at most meanwhile, up to its next preemption point.
fn waits(board: Board) -> Job {
    let run = Run {
        name: format!("{board}, longest wait of four cores"),
        image: Image::of(PROJECT, board).release(),
        machine: Machine { cores: 4, clock: Clock::InstructionsOnly, ..Machine::of(board) },
        choice: Choice { name: Some("waits".to_owned()), ..Choice::default() },
    };
    run.job(|run, context| Outcome::of(&run.name, longest_wait(run, context)))
}

fn longest_wait(run: &Run, context: &Context) -> Result<()> {
    let (report, output) = boot(run, context)?;
    ensure!(report.failed.is_empty(), "{output}");
    let bound = (u64::from(run.machine.cores) - 1) * STRETCH_MAX;
    let wait = output.lines().find_map(wait).ok_or_else(|| anyhow!("no wait is told; the output:\n{output}"))?;
    eprintln!("  longest wait of {} cores: {wait} instructions of {bound} that are allowed", run.machine.cores);
    ensure!(wait <= bound, "a core waits for {wait} instructions, and the bound is {bound}");
    ensure!(wait * 2 >= bound, "the attack reaches {wait} instructions only, less than half of the bound of {bound}");
    Ok(())
}

/// The nanoseconds of a line such as `  longest wait of 4 cores: 62320 ns`.
fn wait(line: &str) -> Option<u64> {
    let (_, time) = line.strip_prefix("  longest wait of ")?.split_once(" cores: ")?;
    time.strip_suffix(" ns")?.parse().ok()
}

/// Everything at once on four cores, in this computer's time.
fn stress(name: &str, seconds: u64) -> Job {
    let choice = Choice { name: Some("stress".to_owned()), stress_seconds: Some(seconds), ..Choice::default() };
    let run = Run {
        name: name.to_owned(),
        image: Image::of(PROJECT, Board::QemuVirt).release(),
        machine: Machine { cores: 4, ..Machine::default() },
        choice,
    };
    let perform = |run: &Run, context: &Context| {
        let result = boot(run, context).and_then(|(report, output)| {
            ensure!(report.failed.is_empty() && report.passed.len() == 1, "{output}");
            Ok(())
        });
        Outcome::of(&run.name, result)
    };
    run.job(perform).alone()
}

fn in_detail(run: &Run, context: &Context) -> Result<Outcome> {
    let (report, output) = boot(run, context)?;
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

fn as_a_whole(run: &Run, context: &Context) -> Outcome {
    let result = boot(run, context).and_then(|(report, output)| {
        let names: Vec<&str> = report.failed.iter().map(|(name, _)| name.as_str()).collect();
        ensure!(names.is_empty(), "{}; the output:\n{output}", names.join(", "));
        ensure!(!report.passed.is_empty(), "no test ran; the output:\n{output}");
        Ok(())
    });
    Outcome::of(&run.name, result)
}

fn boot(run: &Run, context: &Context) -> Result<(Report, String)> {
    // A directory for each run: others boot the same image with other parameters.
    let place = run.name.replace([' ', ','], "-").replace('%', "");
    let firmware: Firmware = run.choice.of(&run.image.firmware(context)?, &place)?;
    let image = firmware.image(&run.machine)?;
    let cores = run.machine.cores;
    // What tests tell beside their results is indented; of the stress it is worth seeing.
    let tell = |line: &str| {
        if line.starts_with("  stress") {
            eprintln!("{line}");
        }
    };
    let ended = Session::start(&Boot::new(run.machine.clone(), &image))?
        .follow_to_end(context.options.limit.map_or(LIMIT, Duration::from_secs), tell)?;
    let up = cores == 1 || ended.output.contains(&format!("{cores} cores are up"));
    ensure!(up, "not all of the {cores} cores are up; the output:\n{}", ended.output);
    let report = Report::read(&ended.output).map_err(|error| anyhow!("{error}; the output:\n{}", ended.output))?;
    let agrees = ended.status.success() == report.failed.is_empty();
    ensure!(agrees, "the suite ended with {}, which its report does not; the output:\n{}", ended.status, ended.output);
    Ok((report, ended.output))
}

#[cfg(test)]
mod tests {
    use l4k_qemu::Board;

    use super::{BOARDS, SAME_EVERYWHERE, jobs, machine_choice, share, wait};
    use crate::test::board_matrix::{machines, several_cores};
    use crate::test::part::Scope;

    #[test]
    fn shares_are_read_from_their_lines() {
        assert_eq!(share("  budget 1%: 2000144 of 2000000 ns in 20 periods"), Some([2_000_144, 2_000_000]));
        assert_eq!(wait("  longest wait of 4 cores: 62320 ns"), Some(62_320));
        assert_eq!(share("  period of 10 ms, alone: 288 to 288 ns"), None);
    }

    #[test]
    fn every_machine_of_the_matrix_runs_once_in_the_usual_test_and_once_whole_in_the_long_one() {
        let names = |scope| jobs(scope).into_iter().map(|job| job.name).collect::<Vec<String>>();
        let (usual, long) = (names(Scope::Usual), names(Scope::Long));
        for machine in BOARDS.iter().flat_map(|board| machines(*board)).chain(several_cores()) {
            let count = |names: &[String], name: &str| names.iter().filter(|other| **other == name).count();
            assert_eq!(count(&usual, &format!("suite: {machine}")), 1, "{machine}");
            assert_eq!(count(&long, &format!("suite: whole, {machine}")), 1, "{machine}");
        }
        assert!(!BOARDS.contains(&Board::Versal));
    }

    #[test]
    fn areas_that_are_left_out_are_named_in_the_choice() {
        let name = machine_choice().name.expect("a filter");
        assert!(SAME_EVERYWHERE.iter().all(|(area, _)| name.contains(&format!("-{area}"))), "{name}");
    }
}
