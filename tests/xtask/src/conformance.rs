//! `cargo xtask suite`: the conformance suite, or the tests of it that are named, on one machine. May call `firmware`, `set_up`.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use l4k_parameters::file::copy_with;
use l4k_parameters::keys;
use l4k_qemu::{Boot, Machine, Report, Session};
use serde_json::json;

use crate::firmware::{self, Firmware, Profile};
use crate::project::Project;
use crate::set_up::{self, Need};

/// How long the suite may take with the usual number of hostile calls.
const LIMIT: Duration = Duration::from_secs(1200);

/// How many hostile calls a second are made at least, for the limit of a longer run.
const CALLS_PER_SECOND: u64 = 2_000;

/// How many rounds of all attacks on passive servers are made in a second at least.
const ROUNDS_PER_SECOND: u64 = 10;

/// What is to be run.
#[derive(Clone, Debug, Default)]
pub struct Choice {
    /// Tests whose names begin so; `None` for all.
    pub name: Option<String>,
    /// The share of them, `i/n`; `None` for all.
    pub shard: Option<String>,
    /// Calls of the hostile programs; `None` for the usual number.
    pub hostile_calls: Option<u64>,
    /// Seconds of stress; `None` for the usual time.
    pub stress_seconds: Option<u64>,
    /// Rounds of each attack on a passive server; `None` for the usual number.
    pub attack_rounds: Option<u64>,
    /// How the suite hangs instead of testing; `None`: it tests.
    pub hang: Option<String>,
}

impl Choice {
    /// As parameters of the suite.
    fn parameters(&self) -> Vec<(&'static str, String)> {
        let number = |number: Option<u64>| number.map(|number| number.to_string());
        let given = [
            (keys::FILTER, self.name.clone()),
            (keys::SHARD, self.shard.clone()),
            (keys::HOSTILE_CALLS, number(self.hostile_calls)),
            (keys::STRESS_SECONDS, number(self.stress_seconds)),
            (keys::ATTACK_ROUNDS, number(self.attack_rounds)),
            (keys::HANG, self.hang.clone()),
        ];
        given.into_iter().filter_map(|(key, value)| Some((key, value?))).collect()
    }

    /// A copy of the suite in which this is chosen, under a name.
    pub fn of(&self, firmware: &Firmware, name: &str) -> Result<Firmware> {
        let kernel = copy_with(&firmware.kernel, name, &self.parameters())?;
        Ok(Firmware { kernel, made: firmware.made.clone() })
    }
}

/// Builds the suite, boots it with the tests that were chosen, and prints a table.
pub fn run(project: &Project, machine: Machine, profile: Profile, choice: &Choice, json: Option<&Path>) -> Result<()> {
    let toolchain = set_up::ensure(project, &[Need::Emulator])?;
    let firmware = firmware::build(&toolchain, &project.path("tests/suite"), profile, machine.board)?;
    let firmware = choice.of(&firmware, "chosen")?;
    println!("{machine}");
    let image = firmware.image(&machine)?;
    let cores = machine.cores;
    // What tests tell beside their results is indented.
    let tell = |line: &str| {
        if line.starts_with("  ") {
            println!("{line}");
        }
    };
    let ended = Session::start(&Boot::new(machine, &image))?.follow_to_end(limit(choice), tell)?;
    let report = match Report::read(&ended.output) {
        Ok(report) => report,
        Err(error) => bail!("{error}; the output:\n{}", ended.output),
    };
    if cores > 1 && !ended.output.contains(&format!("{cores} cores are up")) {
        bail!("not all of the {cores} cores are up; the output:\n{}", ended.output);
    }
    print!("{}", table(&report));
    if let Some(file) = json {
        let failed: BTreeMap<&String, &String> = report.failed.iter().map(|(name, reason)| (name, reason)).collect();
        let results = json!({ "passed": report.passed, "failed": failed });
        fs::write(file, format!("{results:#}\n")).with_context(|| format!("writing {}", file.display()))?;
    }
    for (name, reason) in &report.failed {
        eprintln!("FAILED {name}: {reason}");
    }
    match report.failed.len() {
        0 => Ok(()),
        count => bail!("{count} tests failed; the output:\n{}", ended.output),
    }
}

fn limit(choice: &Choice) -> Duration {
    LIMIT
        + Duration::from_secs(choice.hostile_calls.unwrap_or(0) / CALLS_PER_SECOND + choice.stress_seconds.unwrap_or(0))
        + Duration::from_secs(choice.attack_rounds.unwrap_or(0) / ROUNDS_PER_SECOND)
}

/// A line for each area, and for each test if there are few.
fn table(report: &Report) -> String {
    let mut areas: BTreeMap<&str, [usize; 2]> = BTreeMap::new();
    let passed = report.passed.iter().map(|name| (name, 0));
    for (name, column) in passed.chain(report.failed.iter().map(|(name, _)| (name, 1))) {
        areas.entry(name.split("::").next().unwrap_or(name)).or_default()[column] += 1;
    }
    let width = areas.keys().map(|area| area.len()).max().unwrap_or(0).max("area".len());
    let mut lines = format!("{:<width$}  {:>6}  {:>6}\n", "area", "passed", "failed");
    for (area, [passed, failed]) in &areas {
        lines += &format!("{area:<width$}  {passed:>6}  {failed:>6}\n");
    }
    lines + &format!("{:<width$}  {:>6}  {:>6}\n", "all", report.passed.len(), report.failed.len())
}

#[cfg(test)]
mod tests {
    use super::table;
    use l4k_qemu::Report;

    #[test]
    fn tests_are_counted_by_area() {
        let report = Report {
            passed: ["ipc::a", "ipc::b", "faults::c"].map(str::to_owned).to_vec(),
            failed: vec![("ipc::d".to_owned(), "lost".to_owned())],
        };
        let lines = table(&report);
        let rows: Vec<Vec<&str>> = lines.lines().map(|line| line.split_whitespace().collect()).collect();
        assert_eq!(rows[1..], [vec!["faults", "1", "0"], vec!["ipc", "2", "1"], vec!["all", "3", "1"]]);
    }
}
