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
    for line in BufReader::new(output).split(b'\n') {
        // A test may print what is no text.
        let line = String::from_utf8_lossy(&line.context("reading the output of cargo")?).into_owned();
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
    if status.success() && counts.began != counts.ended {
        eprint!("{text}");
        let reason = format!(
            "{} tests began, and the results are of {}: a test has ended its program, or has printed a line like the harness's",
            counts.began, counts.ended
        );
        counts.failed.push(Failure { name: line, reason });
    } else if !status.success() {
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
    /// How many tests the programs have said to begin with.
    began: usize,
    /// How many of them the results tell of.
    ended: usize,
}

impl Counts {
    fn take(&mut self, line: &str) {
        if let Some(result) = line.strip_prefix("test result: ") {
            let number = |word: &str| number_before(result, word).unwrap_or(0);
            self.passed += number(" passed");
            self.ended += [" passed", " failed", " ignored", " measured"].map(number).iter().sum::<usize>();
        } else if let Some(count) = line.strip_prefix("running ") {
            let count = count.strip_suffix(" tests").or(count.strip_suffix(" test"));
            self.began += count.and_then(|count| count.parse::<usize>().ok()).unwrap_or(0);
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
    use std::process::Command;

    use super::{Counts, run};

    /// What a program in the place of cargo comes to: it prints this, and ends with a status.
    fn of(output: &str, status: i32) -> super::Outcome {
        run(Command::new("sh").arg("-c").arg(format!("printf '{output}'; exit {status}"))).expect("a shell")
    }

    const WHOLE: &str = "running 2 tests\\ntest a ... ok\\ntest b ... ignored\\n\
        test result: ok. 1 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out\\n";

    #[test]
    fn a_test_that_ends_its_program_does_not_count_as_passed() {
        assert_eq!((of(WHOLE, 0).passed, of(WHOLE, 0).failed.len()), (1, 0));
        // With the status of success, and before or between the results of others.
        let ended = of(&format!("running 1 test\\n{WHOLE}"), 0);
        assert!(ended.failed[0].reason.starts_with("3 tests began, and the results are of 2"), "{ended:?}");
        assert_eq!(of("running 1 test\\n", 0).failed.len(), 1);
        assert_eq!(of(&format!("{WHOLE}test result: ok. 9 passed; 0 failed\\n"), 0).failed.len(), 1);
        assert_eq!(of(WHOLE, 101).failed.len(), 1);
        assert_eq!(of("\\377\\376\\n", 0).failed.len(), 0);
    }

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
