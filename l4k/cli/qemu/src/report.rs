//! What a conformance suite prints, read. May call nothing of this crate.
//!
//! The protocol, one line each: `test AREA::NAME ... ok` or `test AREA::NAME ... FAILED: reason`; at the end
//! `suite: N passed, N failed`, and exit status 0 if nothing failed. Other lines are remarks.

use anyhow::{Result, bail, ensure};

/// A suite's results.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Names of the tests that passed.
    pub passed: Vec<String>,
    /// Names and reasons of those that failed.
    pub failed: Vec<(String, String)>,
}

impl Report {
    /// Reads a suite's whole output.
    ///
    /// # Errors
    /// The closing line is missing or does not agree with the lines before it, or no test ran: a suite that stops half way must
    /// not pass for a short one.
    pub fn read(output: &str) -> Result<Report> {
        let mut report = Report::default();
        let mut closing = None;
        for line in output.lines().map(str::trim) {
            report.take(line);
            if let Some(counts) = line.strip_prefix("suite: ") {
                ensure!(closing.is_none(), "the suite closes twice");
                closing = Some(counts.to_owned());
            }
        }
        let counts = format!("{} passed, {} failed", report.passed.len(), report.failed.len());
        match closing {
            None => bail!("the suite stopped before its closing line, after {counts}"),
            Some(told) if told != counts => bail!("the suite's closing line says `{told}`, its tests say `{counts}`"),
            Some(_) if report.is_empty() => bail!("the suite ran no test"),
            Some(_) => Ok(report),
        }
    }

    fn take(&mut self, line: &str) {
        let Some((name, result)) = line.strip_prefix("test ").and_then(|line| line.split_once(" ... ")) else { return };
        match result {
            "ok" => self.passed.push(name.to_owned()),
            _ => self.failed.push((name.to_owned(), result.trim_start_matches("FAILED: ").to_owned())),
        }
    }

    fn is_empty(&self) -> bool {
        self.passed.is_empty() && self.failed.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::Report;

    #[test]
    fn whole_output_is_read() {
        let output =
            "l4k boots\r\ntest ipc::call ... ok\r\ntest irq::ack ... FAILED: lost\r\nsuite: 1 passed, 1 failed\r\n";
        let report = Report::read(output).expect("a whole output");
        assert_eq!(report.passed, ["ipc::call"]);
        assert_eq!(report.failed, [("irq::ack".to_owned(), "lost".to_owned())]);
    }

    #[test]
    fn suite_that_stops_half_way_is_an_error() {
        assert!(Report::read("test ipc::call ... ok\n").is_err());
    }

    #[test]
    fn closing_line_must_agree_with_the_tests() {
        assert!(Report::read("test ipc::call ... ok\nsuite: 2 passed, 0 failed\n").is_err());
        assert!(Report::read("suite: 0 passed, 0 failed\n").is_err());
    }

    #[test]
    fn result_of_an_unknown_form_counts_as_failed() {
        let report = Report::read("test a::b ... okay\nsuite: 0 passed, 1 failed").expect("a whole output");
        assert_eq!(report.failed.len(), 1);
    }
}
