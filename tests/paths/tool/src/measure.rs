//! The measurement: builds, boots, prints. May call all of `paths`, `set_up`, `firmware` and `equipment`.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, ensure};
use l4k_paths::{Cause, STRETCH_MAX, Table};
use l4k_qemu::monitor::Monitor;
use l4k_qemu::{Board, Boot, Report, Session};
use l4k_sys::abi::SystemCall;

use super::counter::{self, Counter, PATIENCE, machine};
use super::functions::Functions;
use super::{kernel, report};
use cargo_l4k::Workplace;
use cargo_l4k::equipment::Equipment;
use cargo_l4k::firmware::{self, Firmware, Profile};
use cargo_l4k::set_up::{self, Missing, Need};
use cargo_l4k::toolchain::Toolchain;

/// The conformance suite, where an example could be named.
pub const SUITE: &str = "suite";

/// How long the suite may take on this computer; it needs less than a minute.
const LIMIT: Duration = Duration::from_secs(600);

/// Calls that take long in the suite while interrupts come every 10,000 instructions: they have to give way.
const LONG_CALLS: [SystemCall; 3] = [SystemCall::UntypedRetype, SystemCall::CNodeDelete, SystemCall::CNodeRevoke];

/// What to measure.
#[derive(Debug)]
pub struct Request {
    /// What the kernel works for.
    pub software: Software,
    /// Where to write the figures.
    pub json: Option<PathBuf>,
}

/// What the kernel works for.
#[derive(Debug)]
pub enum Software {
    /// The conformance suite, to its end.
    Suite,
    /// An example, for a time.
    Example {
        /// Its directory.
        directory: PathBuf,
        /// How long.
        time: Duration,
    },
}

/// Measures and prints.
pub fn run(project: &Workplace, request: &Request) -> Result<()> {
    let toolchain = set_up::ensure(project, &[Need::Emulator], Missing::Install)?;
    let bench = Bench { project, counter: Counter::new(project, "paths")? };
    bench.counter.calibrate()?;
    let (firmware, table) = match &request.software {
        Software::Suite => bench.suite(&toolchain)?,
        Software::Example { directory, time } => bench.example(&toolchain, directory, *time)?,
    };
    let functions = Functions::of(&firmware.kernel)?;
    print!("{}", report::text(&table, &functions));
    if let Some(file) = &request.json {
        let figures = report::json(&table, &functions);
        fs::write(file, format!("{figures:#}\n")).with_context(|| format!("writing {}", file.display()))?;
    }
    if let Some(row) = table.longest_stretch() {
        let longest = row.stretch.instructions;
        ensure!(
            longest <= STRETCH_MAX,
            "{} keeps interrupts waiting for {longest} instructions, above {STRETCH_MAX}",
            row.cause
        );
    }
    Ok(())
}

struct Bench<'a> {
    project: &'a Workplace,
    counter: Counter,
}

impl Bench<'_> {
    fn suite(&self, toolchain: &Toolchain) -> Result<(Firmware, Table)> {
        let firmware = build(toolchain, &self.project.path("tests/suite"))?;
        let boot = Boot::new(machine(), &firmware.image(&machine())?);
        let (boot, output) = self.counter.count(boot, kernel::layout(&firmware.kernel)?);
        let ended = Session::start(&boot)?.wait_for_end(LIMIT)?;
        let said = || anyhow!("the suite failed; the output:\n{}", ended.output);
        let results = Report::read(&ended.output).with_context(said)?;
        ensure!(results.failed.is_empty(), said());
        println!("software: the conformance suite, {} tests, release build", results.passed.len());
        let table = counter::read(&output)?;
        for call in LONG_CALLS {
            let gave_way = table.rows.iter().any(|row| row.cause == Cause::call(call as u64) && row.gave_way > 0);
            ensure!(gave_way, "interrupts came, and no {call:?} gave way to one");
        }
        Ok((firmware, table))
    }

    fn example(&self, toolchain: &Toolchain, directory: &Path, time: Duration) -> Result<(Firmware, Table)> {
        let firmware = build(toolchain, directory)?;
        let monitor = Monitor::at(&self.counter.scratch().join("monitor"));
        let arguments = monitor.arguments();
        let boot = Boot::new(machine(), &firmware.image(&machine())?)
            .with_arguments(&arguments.iter().map(String::as_str).collect::<Vec<&str>>());
        let boot = Equipment::of(directory)?.install(boot, self.counter.scratch())?;
        let (boot, output) = self.counter.count(boot, kernel::layout(&firmware.kernel)?);
        let session = Session::start(&boot)?;
        // What is wanted is the time itself: an example has no end.
        thread::sleep(time);
        // The monitor is gone before it could answer; the end of the machine is the answer.
        let _ = monitor.command("quit", PATIENCE);
        session.wait_for_end(PATIENCE)?;
        let name = directory.file_name().unwrap_or_default().to_string_lossy();
        println!("software: the example {name}, {} s of this computer, release build", time.as_secs());
        Ok((firmware, counter::read(&output)?))
    }
}

fn build(toolchain: &Toolchain, directory: &Path) -> Result<Firmware> {
    firmware::build(toolchain, directory, Profile::Release, Board::QemuVirt)
}
