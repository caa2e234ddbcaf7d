//! What a part of the test comes to. May call nothing of this crate.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};

/// A test that failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// Its name.
    pub name: String,
    /// Why.
    pub reason: String,
}

/// What a part comes to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// How many tests passed.
    pub passed: usize,
    /// Those that failed.
    pub failed: Vec<Failure>,
}

impl Outcome {
    /// Of one test.
    pub fn of(name: &str, result: Result<()>) -> Outcome {
        let mut outcome = Outcome::default();
        outcome.add(name, result);
        outcome
    }

    /// Of a job that builds: nothing that is counted, or the one failure.
    pub fn of_build(name: &str, result: Result<()>) -> Outcome {
        match result {
            Ok(()) => Outcome::default(),
            failed => Outcome::of(name, failed),
        }
    }

    /// Of several tests, or the one failure that kept them from running.
    pub fn of_all(name: &str, result: Result<Outcome>) -> Outcome {
        let mut outcome = Outcome::default();
        outcome.add_all(name, result);
        outcome
    }

    /// Reads what [`Outcome::write`] has written.
    pub fn read(file: &Path) -> Result<Outcome> {
        let text = fs::read_to_string(file).with_context(|| format!("reading {}", file.display()))?;
        serde_json::from_str(&text).with_context(|| format!("reading {}", file.display()))
    }

    /// Writes it for another process.
    pub fn write(&self, file: &Path) -> Result<()> {
        fs::write(file, serde_json::to_string(self)?).with_context(|| format!("writing {}", file.display()))
    }

    /// Takes in one more test, and tells of it.
    pub fn add(&mut self, name: &str, result: Result<()>) {
        match result {
            Ok(()) => {
                eprintln!("  ok      {name}");
                self.passed += 1;
            }
            Err(error) => {
                eprintln!("  FAILED  {name}: {error:#}");
                self.failed.push(Failure { name: name.to_owned(), reason: format!("{error:#}") });
            }
        }
    }

    /// Takes in the outcome of several tests, or the one failure that kept them from running.
    pub fn add_all(&mut self, name: &str, result: Result<Outcome>) {
        match result {
            Ok(more) => {
                self.passed += more.passed;
                self.failed.extend(more.failed);
            }
            Err(error) => self.add(name, Err(error)),
        }
    }
}
