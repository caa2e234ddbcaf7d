//! The summary of a test: a table for people, JSON for tools, one last line for both. May call `part` and
//! `outcome`.

use std::fmt;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::outcome::{Failure, Outcome};
use super::part::Part;

/// A part that ran.
pub struct Row {
    /// Which.
    pub part: Part,
    /// What it came to.
    pub outcome: Outcome,
    /// How long it took.
    pub time: Duration,
}

impl Row {
    /// As a line of the table. A part in which nothing ran has failed.
    pub fn line(&self) -> String {
        let Row { part, outcome, time } = self;
        let (passed, failed) = (outcome.passed, outcome.failed.len());
        format!("{:<14} {:>6} {passed:>7} {failed:>7} {:>8.1} s", part.name(), passed + failed, time.as_secs_f32())
    }

    fn to_json(&self) -> Value {
        json!({
            "part": self.part.name(),
            "passed": self.outcome.passed,
            "failed": self.outcome.failed.len(),
            "seconds": self.time.as_secs_f32(),
            "failures": self.outcome.failed.iter().map(|failure| {
                json!({ "name": failure.name, "reason": failure.reason })
            }).collect::<Vec<_>>(),
        })
    }
}

/// All parts that ran.
#[derive(Default)]
pub struct Summary {
    rows: Vec<Row>,
}

impl Summary {
    /// Takes in one more. A part in which no test ran counts as one that failed, since otherwise nobody would see it.
    pub fn add(&mut self, mut row: Row) {
        if row.outcome == Outcome::default() {
            row.outcome.failed.push(Failure { name: row.part.name().to_owned(), reason: "no test ran".to_owned() });
        }
        self.rows.push(row);
    }

    /// Whether something ran and nothing failed.
    pub fn is_success(&self) -> bool {
        let (passed, failed) = self.counts();
        passed > 0 && failed == 0
    }

    /// Writes it as JSON.
    pub fn write(&self, file: &Path) -> Result<()> {
        let (passed, failed) = self.counts();
        let parts: Vec<Value> = self.rows.iter().map(Row::to_json).collect();
        let text = format!("{:#}\n", json!({ "passed": passed, "failed": failed, "parts": parts }));
        std::fs::write(file, text).with_context(|| format!("writing {}", file.display()))
    }

    fn counts(&self) -> (usize, usize) {
        let passed = self.rows.iter().map(|row| row.outcome.passed).sum();
        let failed = self.rows.iter().map(|row| row.outcome.failed.len()).sum();
        (passed, failed)
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "\n{:<14} {:>6} {:>7} {:>7} {:>8}", "part", "tests", "passed", "failed", "time")?;
        for row in &self.rows {
            writeln!(formatter, "{}", row.line())?;
        }
        for row in &self.rows {
            for Failure { name, reason } in &row.outcome.failed {
                writeln!(formatter, "FAILED {}: {name}: {}", row.part.name(), reason.lines().next().unwrap_or(""))?;
            }
        }
        let (passed, failed) = self.counts();
        writeln!(formatter, "{passed} passed, {failed} failed")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(passed: usize, failed: &[&str]) -> Row {
        let failed = failed.iter().map(|name| Failure { name: (*name).to_owned(), reason: "why\nmore".to_owned() });
        Row { part: Part::House, outcome: Outcome { passed, failed: failed.collect() }, time: Duration::from_secs(2) }
    }

    #[test]
    fn last_line_says_how_many_ran() {
        let mut summary = Summary::default();
        summary.add(row(3, &[]));
        summary.add(row(4, &["one"]));
        assert!(!summary.is_success());
        let text = summary.to_string();
        assert!(text.contains("FAILED house: one: why\n"), "{text}");
        assert!(text.ends_with("\n7 passed, 1 failed\n"), "{text}");
    }

    #[test]
    fn part_without_a_test_has_failed() {
        let mut summary = Summary::default();
        summary.add(row(1, &[]));
        assert!(summary.is_success());
        summary.add(row(0, &[]));
        assert!(!summary.is_success());
    }

    #[test]
    fn nothing_is_no_success() {
        assert!(!Summary::default().is_success());
    }
}
