//! What the programs have written, read and judged. May call nothing of this crate.

use std::collections::BTreeSet;

use anyhow::{Context, Result, bail, ensure};
use l4k_marks::line::{Closing, Line};
use l4k_marks::rounds;

/// The rows of a run that has come to its end.
#[derive(Debug, PartialEq, Eq)]
pub struct Report<'a> {
    /// Their lines, in order.
    pub rows: Vec<Line<'a>>,
}

impl<'a> Report<'a> {
    /// Reads all that was written. An error if the closing line is not there, says that something failed, or disagrees with the lines before it.
    pub fn read(output: &'a str) -> Result<Report<'a>> {
        let lines = || output.lines().map(str::trim_end);
        let closing = lines().find_map(Closing::read).context("the benchmark has not closed")?;
        let rows: Vec<Line<'_>> = lines().filter_map(Line::read).collect();
        match closing {
            Closing::Failed(reason) => bail!("the benchmark failed: {reason}"),
            Closing::Done(told) => {
                ensure!(told == rows.len() as u64, "the closing line says {told} rows, there are {}", rows.len());
            }
        }
        Ok(Report { rows })
    }

    /// Every row that there should be is there once, and has figures above 0, cycles among them.
    pub fn check(&self) -> Result<()> {
        self.check_names(rounds::ALL.iter().map(|round| round.row).collect())?;
        for row in &self.rows {
            let figures = [row.rounds, row.nanoseconds.count(), row.cycles.map_or(0, |cycles| cycles.count())];
            ensure!(!figures.contains(&0), "a figure is 0 or missing: {row}");
        }
        Ok(())
    }

    fn check_names(&self, wanted: BTreeSet<&str>) -> Result<()> {
        let mut found = BTreeSet::new();
        for row in &self.rows {
            ensure!(found.insert(row.row), "the row {} is there twice", row.row);
        }
        let list = |names: Vec<&&str>| names.iter().map(|name| **name).collect::<Vec<_>>().join(", ");
        let missing: Vec<&&str> = wanted.difference(&found).collect();
        ensure!(missing.is_empty(), "these rows are missing: {}", list(missing));
        let more: Vec<&&str> = found.difference(&wanted).collect();
        ensure!(more.is_empty(), "these rows are not known: {}", list(more));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use l4k_marks::Measured;
    use l4k_marks::line::{Clocks, Line};
    use l4k_marks::rounds;

    use super::Report;

    const CLOCKS: Clocks = Clocks { counter_hertz: 54_000_000, core_hertz: Some(1_500_000_000) };

    fn written<'a>(rows: impl IntoIterator<Item = &'a str>, clocks: Clocks) -> String {
        let line = |row| Line::new(row, Measured { rounds: 4096, ticks: 54_000 }, clocks).expect("a line");
        let mut text = "l4k benchmark on rpi4, counter 54000000 Hz\r\n".to_owned();
        let lines: Vec<String> = rows.into_iter().map(|row| format!("{}\r\n", line(row))).collect();
        text.extend(lines.iter().map(String::as_str));
        text + &format!("benchmark: done, {} rows\r\n", lines.len())
    }

    fn rows() -> Vec<&'static str> {
        rounds::ALL.iter().map(|round| round.row).collect()
    }

    fn refusal(text: &str) -> String {
        Report::read(text).and_then(|report| report.check()).expect_err("it is not whole").to_string()
    }

    #[test]
    fn a_whole_run_is_accepted() {
        let text = written(rows(), CLOCKS);
        let report = Report::read(&text).expect("a whole run");
        assert_eq!(report.rows.len(), rounds::ALL.len());
        report.check().expect("every row");
    }

    #[test]
    fn rows_that_are_missing_twice_there_or_unknown_are_named() {
        let some = rows();
        assert_eq!(refusal(&written(some[1..].iter().copied(), CLOCKS)), "these rows are missing: loop");
        assert_eq!(refusal(&written(some.iter().copied().chain(["map"]), CLOCKS)), "the row map is there twice");
        assert_eq!(refusal(&written(some.iter().copied().chain(["mop"]), CLOCKS)), "these rows are not known: mop");
    }

    #[test]
    fn figures_of_nothing_are_refused() {
        let without = refusal(&written(rows(), Clocks { core_hertz: None, ..CLOCKS }));
        assert!(without.starts_with("a figure is 0 or missing: loop "), "{without}");
        let zero = refusal(&written(rows(), CLOCKS).replacen("244.1 ns", "0.0 ns", 1));
        assert!(zero.starts_with("a figure is 0 or missing: loop "), "{zero}");
    }

    #[test]
    fn a_run_that_stops_half_way_fails_or_disagrees_is_an_error() {
        let whole = written(["map"], CLOCKS);
        let (half, _) = whole.split_once("benchmark:").expect("it closes");
        assert_eq!(refusal(half), "the benchmark has not closed");
        assert_eq!(refusal(&format!("{half}benchmark: failed, no slot\r\n")), "the benchmark failed: no slot");
        assert_eq!(refusal(&format!("{half}benchmark: done, 2 rows")), "the closing line says 2 rows, there are 1");
    }
}
