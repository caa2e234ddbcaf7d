//! What libFuzzer says of a run. May call nothing of this crate.

use std::path::PathBuf;

use serde_json::{Value, json};

/// The figures of a run, from the lines that libFuzzer prints.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Inputs that were tried.
    pub inputs: u64,
    /// Inputs a second.
    pub rate: u64,
    /// Edges of the control flow that were passed.
    pub edges: u64,
    /// Inputs in the corpus.
    pub corpus: u64,
    /// The input that failed.
    pub failing: Option<PathBuf>,
}

impl Report {
    /// Takes a line in.
    pub fn take(&mut self, line: &str) {
        if let Some(edges) = number_behind(line, " cov: ") {
            self.edges = edges;
            self.corpus = number_behind(line, " corp: ").unwrap_or(self.corpus);
        } else if let Some(inputs) = number_behind(line, "stat::number_of_executed_units:") {
            self.inputs = inputs;
        } else if let Some(rate) = number_behind(line, "stat::average_exec_per_sec:") {
            self.rate = rate;
        } else if let Some((_, file)) = line.split_once("Test unit written to ") {
            self.failing = Some(PathBuf::from(file.trim()));
        }
    }

    /// For a person.
    pub fn text(&self, target: &str) -> String {
        let Report { inputs, rate, edges, corpus, failing } = self;
        let end = failing.as_ref().map_or("none failed".to_owned(), |file| format!("one failed: {}", file.display()));
        format!("{target}: {inputs} inputs, {rate} a second, {edges} edges passed, {corpus} inputs kept, {end}")
    }

    /// For a program.
    pub fn figures(&self, target: &str) -> Value {
        let Report { inputs, rate, edges, corpus, failing } = self;
        json!({ "target": target, "inputs": inputs, "rate": rate, "edges": edges, "corpus": corpus, "failing": failing })
    }
}

/// The number behind a word: the 12 in `cov: 12/3Kb`.
fn number_behind(line: &str, word: &str) -> Option<u64> {
    let rest = line.split_once(word)?.1.trim_start();
    let end = rest.find(|character: char| !character.is_ascii_digit()).unwrap_or(rest.len());
    rest[..end].parse().ok()
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::Report;

    #[test]
    fn the_last_figures_count() {
        let mut report = Report::default();
        for line in [
            "#2\tINITED cov: 120 ft: 121 corp: 1/1b exec/s: 0 rss: 42Mb",
            "#1943\tDONE   cov: 1820 ft: 5121 corp: 382/120Kb lim: 6400 exec/s: 47 rss: 47Mb",
            "stat::number_of_executed_units: 1943",
            "stat::average_exec_per_sec:     47",
        ] {
            report.take(line);
        }
        let expected = Report { inputs: 1943, rate: 47, edges: 1820, corpus: 382, failing: None };
        assert_eq!(report, expected);
        assert!(report.text("model").ends_with("none failed"));
    }

    #[test]
    fn a_failing_input_is_named() {
        let mut report = Report::default();
        report.take("artifact_prefix='/t/'; Test unit written to /t/crash-01ab");
        assert_eq!(report.failing, Some(PathBuf::from("/t/crash-01ab")));
        assert_eq!(report.figures("elf")["failing"], "/t/crash-01ab");
    }
}
