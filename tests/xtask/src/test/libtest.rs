//! Running `cargo test` and reading what it says. May call `process`.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use anyhow::{Context, Result};

use super::outcome::{Failure, Outcome};
use crate::process;

/// Runs a `cargo test` command. All tests run, also after one that failed; what the failed ones say is shown.
pub fn run(command: &mut Command) -> Result<Outcome> {
    let line = process::line(command);
    let mut child = command.stdout(Stdio::piped()).spawn().with_context(|| format!("cannot start `{line}`"))?;
    let output = child.stdout.take().context("the output of cargo")?;
    let mut counts = Counts::default();
    let mut text = String::new();
    for line in BufReader::new(output).lines() {
        let line = line.context("reading the output of cargo")?;
        if line.starts_with("test result: ") {
            eprintln!("  {line}");
        }
        counts.take(&line);
        if !line.ends_with(" ... ok") {
            text.push_str(&line);
            text.push('\n');
        }
    }
    let status = child.wait().with_context(|| format!("waiting for `{line}`"))?;
    if !status.success() {
        eprint!("{text}");
        if counts.failed.is_empty() {
            counts.failed.push(Failure { name: line, reason: format!("{status}, before or between tests") });
        }
    }
    Ok(Outcome { passed: counts.passed, failed: counts.failed })
}

#[derive(Debug, Default)]
struct Counts {
    passed: usize,
    failed: Vec<Failure>,
}

impl Counts {
    fn take(&mut self, line: &str) {
        if let Some(result) = line.strip_prefix("test result: ") {
            self.passed += number_before(result, " passed").unwrap_or(0);
        } else if let Some(name) = line.strip_prefix("test ").and_then(|line| line.strip_suffix(" ... FAILED")) {
            self.failed.push(Failure { name: name.to_owned(), reason: "see its output above".to_owned() });
        }
    }
}

/// The 12 in `ok. 12 passed; 0 failed; …`.
fn number_before(text: &str, word: &str) -> Option<usize> {
    text.split(word).next()?.split_whitespace().last()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::Counts;

    #[test]
    fn results_of_several_programs_are_added() {
        let mut counts = Counts::default();
        let output = "\
running 2 tests
test a::b ... ok
test c ... FAILED
test result: FAILED. 1 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s
test src/lib.rs - d (line 3) ... ok
test result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s";
        output.lines().for_each(|line| counts.take(line));
        assert_eq!(counts.passed, 2);
        assert_eq!(counts.failed.len(), 1);
        assert_eq!(counts.failed[0].name, "c");
    }
}
