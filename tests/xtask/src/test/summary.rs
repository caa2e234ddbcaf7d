//! The summary of a test: a table for people, JSON for tools, one last line for both. May call `job`, `outcome` and `part`.

use std::fmt::{self, Write as _};
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::job::{Job, Kind};
use super::outcome::{Failure, Outcome};
use super::part::Part;

/// A job that was done.
#[derive(Clone, Debug)]
pub struct Done {
    /// The part that it belongs to.
    pub part: Part,
    /// Its name.
    pub name: String,
    kind: Kind,
    outcome: Outcome,
    /// From when to when, since the test began.
    time: [Duration; 2],
    /// Time of the processors.
    used: Duration,
    output: String,
}

impl Done {
    /// What a job came to, from when to when it ran, what time of the processors it used, and what it said. A job that tests and in which no test
    /// ran has failed, since otherwise nobody would see it.
    pub fn new(job: &Job, mut outcome: Outcome, time: [Duration; 2], used: Duration, output: String) -> Done {
        if job.kind == Kind::Run && outcome == Outcome::default() {
            outcome.failed.push(Failure { name: job.name.clone(), reason: "no test ran".to_owned() });
        }
        Done { part: job.part, name: job.name.clone(), kind: job.kind, outcome, time, used, output }
    }

    /// Whether it built nothing, which those that wait for it cannot do without.
    pub fn is_failed_build(&self) -> bool {
        self.kind == Kind::Build && !self.outcome.failed.is_empty()
    }

    /// The first line of why something in it failed.
    pub fn first_failure(&self) -> Option<&str> {
        self.outcome.failed.first().map(|failure| failure.reason.lines().next().unwrap_or(""))
    }

    /// What it says, with a line on how it ended.
    pub fn block(&self, count: usize, all: usize) -> String {
        let (wall, used) = (self.wall().as_secs_f32(), self.used.as_secs_f32());
        let result = match self.outcome.failed.len() {
            0 => "ok".to_owned(),
            failed => format!("{failed} FAILED"),
        };
        let mut block = format!("\n[{count}/{all}] {}: {result}, {wall:.1} s, {used:.1} s of processors", self.name);
        for line in self.output.lines() {
            let _ = write!(block, "\n{line}");
        }
        block
    }

    fn wall(&self) -> Duration {
        self.time[1].saturating_sub(self.time[0])
    }

    fn to_json(&self) -> Value {
        json!({
            "name": self.name,
            "build": self.kind == Kind::Build,
            "from": self.time[0].as_secs_f32(),
            "to": self.time[1].as_secs_f32(),
            "processors": self.used.as_secs_f32(),
            "passed": self.outcome.passed,
            "failed": self.outcome.failed.len(),
        })
    }
}

/// A part: all its jobs.
struct Row<'a> {
    part: Part,
    jobs: Vec<&'a Done>,
}

impl Row<'_> {
    fn passed(&self) -> usize {
        self.jobs.iter().map(|job| job.outcome.passed).sum()
    }

    fn failures(&self) -> impl Iterator<Item = &Failure> {
        self.jobs.iter().flat_map(|job| &job.outcome.failed)
    }

    /// How long jobs of a kind ran, whatever ran beside them.
    fn wall_of(&self, kind: Kind) -> Duration {
        self.jobs.iter().filter(|job| job.kind == kind).map(|job| job.wall()).sum()
    }

    /// How long jobs that test waited: the time in which they had no processor.
    fn idle(&self) -> Duration {
        let tests = self.jobs.iter().filter(|job| job.kind == Kind::Run);
        tests.map(|job| job.wall().saturating_sub(job.used)).sum()
    }

    fn used(&self) -> Duration {
        self.jobs.iter().map(|job| job.used).sum()
    }

    /// From the begin of its first job to the end of its last.
    fn wall(&self) -> Duration {
        let from = self.jobs.iter().map(|job| job.time[0]).min().unwrap_or_default();
        let to = self.jobs.iter().map(|job| job.time[1]).max().unwrap_or_default();
        to.saturating_sub(from)
    }

    /// Build, run without idle, idle, processors, wall; in seconds.
    fn times(&self) -> [f32; 5] {
        let run = self.wall_of(Kind::Run).saturating_sub(self.idle());
        [self.wall_of(Kind::Build), run, self.idle(), self.used(), self.wall()].map(|time| time.as_secs_f32())
    }

    fn line(&self) -> String {
        let (passed, failed) = (self.passed(), self.failures().count());
        line(self.part.name(), [passed + failed, passed, failed].map(|count| count.to_string()), self.times())
    }

    fn to_json(&self) -> Value {
        let [build, run, idle, processors, wall] = self.times();
        let failures: Vec<Value> =
            self.failures().map(|failure| json!({ "name": failure.name, "reason": failure.reason })).collect();
        json!({
            "part": self.part.name(),
            "passed": self.passed(),
            "failed": failures.len(),
            "failures": failures,
            "seconds": { "build": build, "run": run, "idle": idle, "processors": processors, "wall": wall },
            "jobs": self.jobs.iter().map(|job| job.to_json()).collect::<Vec<_>>(),
        })
    }
}

fn line(name: &str, counts: [String; 3], times: [f32; 5]) -> String {
    let mut line = format!("{name:<14}");
    for count in counts {
        let _ = write!(line, " {count:>7}");
    }
    for time in times {
        let _ = write!(line, " {time:>7.1}");
    }
    line
}

/// All that was done.
pub struct Summary {
    jobs: Vec<Done>,
    wall: Duration,
}

impl Summary {
    /// Of these jobs, which took so long together.
    pub fn new(jobs: Vec<Done>, wall: Duration) -> Summary {
        Summary { jobs, wall }
    }

    /// Whether something ran and nothing failed.
    pub fn is_success(&self) -> bool {
        let (passed, failed) = self.counts();
        passed > 0 && failed == 0
    }

    /// Writes it as JSON.
    pub fn write(&self, file: &Path) -> Result<()> {
        let (passed, failed) = self.counts();
        let parts: Vec<Value> = self.rows().iter().map(Row::to_json).collect();
        let used: Duration = self.jobs.iter().map(|job| job.used).sum();
        let all = json!({
            "passed": passed,
            "failed": failed,
            "seconds": { "wall": self.wall.as_secs_f32(), "processors": used.as_secs_f32() },
            "parts": parts,
        });
        std::fs::write(file, format!("{all:#}\n")).with_context(|| format!("writing {}", file.display()))
    }

    fn rows(&self) -> Vec<Row<'_>> {
        let row = |part| Row { part, jobs: self.jobs.iter().filter(|job| job.part == part).collect() };
        Part::ALL.into_iter().map(row).filter(|row| !row.jobs.is_empty()).collect()
    }

    fn counts(&self) -> (usize, usize) {
        let passed = self.jobs.iter().map(|job| job.outcome.passed).sum();
        let failed = self.jobs.iter().map(|job| job.outcome.failed.len()).sum();
        (passed, failed)
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows = self.rows();
        write!(formatter, "\n{:<14} {:>7} {:>7} {:>7}", "part", "tests", "passed", "failed")?;
        writeln!(formatter, " {:>7} {:>7} {:>7} {:>7} {:>7}", "build", "run", "idle", "cpu", "wall")?;
        let mut sums = [0.0; 5];
        for row in &rows {
            writeln!(formatter, "{}", row.line())?;
            sums.iter_mut().zip(row.times()).for_each(|(sum, time)| *sum += time);
        }
        sums[4] = self.wall.as_secs_f32();
        let (passed, failed) = self.counts();
        writeln!(formatter, "{}", line("all", [passed + failed, passed, failed].map(|count| count.to_string()), sums))?;
        writeln!(formatter, "times in seconds; jobs run side by side, so that parts add up to more than the whole")?;
        for row in &rows {
            for Failure { name, reason } in row.failures() {
                writeln!(formatter, "FAILED {}: {name}: {}", row.part.name(), reason.lines().next().unwrap_or(""))?;
            }
        }
        writeln!(formatter, "{passed} passed, {failed} failed")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn done(job: &Job, passed: usize, failed: &[&str], time: [u64; 2], used: u64) -> Done {
        let failed = failed.iter().map(|name| Failure { name: (*name).to_owned(), reason: "why\nmore".to_owned() });
        let outcome = Outcome { passed, failed: failed.collect() };
        Done::new(job, outcome, time.map(Duration::from_secs), Duration::from_secs(used), String::new())
    }

    fn job(name: &str) -> Job {
        Job::run(Part::House, name, |_| Outcome::default())
    }

    fn build(name: &str) -> Job {
        Job { kind: Kind::Build, ..job(name) }
    }

    fn summary(jobs: Vec<Done>) -> Summary {
        Summary::new(jobs, Duration::from_secs(9))
    }

    #[test]
    fn last_line_says_how_many_ran() {
        let summary = summary(vec![done(&job("a"), 3, &[], [0, 1], 1), done(&job("b"), 4, &["one"], [0, 1], 1)]);
        assert!(!summary.is_success());
        let text = summary.to_string();
        assert!(text.contains("FAILED house: one: why\n"), "{text}");
        assert!(text.ends_with("\n7 passed, 1 failed\n"), "{text}");
    }

    #[test]
    fn a_job_in_which_no_test_ran_has_failed() {
        assert!(summary(vec![done(&build("a"), 0, &[], [0, 1], 1), done(&job("b"), 1, &[], [0, 1], 1)]).is_success());
        assert!(!summary(vec![done(&job("a"), 1, &[], [0, 1], 1), done(&job("b"), 0, &[], [0, 1], 1)]).is_success());
    }

    #[test]
    fn nothing_is_no_success() {
        assert!(!summary(Vec::new()).is_success());
    }

    #[test]
    fn times_are_told_by_part() {
        // Built from 0 to 4 on two processors; tested from 4 to 7, of which 2 s with a processor, and from 5 to 8 with two.
        let jobs = vec![
            done(&build("a"), 0, &[], [0, 4], 7),
            done(&job("b"), 1, &[], [4, 7], 2),
            done(&job("c"), 1, &[], [5, 8], 6),
        ];
        let summary = summary(jobs);
        let rows = summary.rows();
        assert_eq!(rows[0].times(), [4.0, 5.0, 1.0, 15.0, 8.0]);
        let text = summary.to_string();
        let words = |line: &str| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        let lines: Vec<Vec<String>> = text.lines().skip(1).map(words).collect();
        assert_eq!(lines[0], ["part", "tests", "passed", "failed", "build", "run", "idle", "cpu", "wall"]);
        assert_eq!(lines[1], ["house", "2", "2", "0", "4.0", "5.0", "1.0", "15.0", "8.0"]);
        assert_eq!(lines[2], ["all", "2", "2", "0", "4.0", "5.0", "1.0", "15.0", "9.0"]);
    }

    #[test]
    fn a_build_that_failed_keeps_others_from_running() {
        assert!(done(&build("a"), 0, &["a"], [0, 1], 1).is_failed_build());
        assert!(!done(&job("a"), 0, &["a"], [0, 1], 1).is_failed_build());
    }
}
