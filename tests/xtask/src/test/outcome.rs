//! What a part of the test comes to. May call nothing of this crate.

use anyhow::Result;

/// A test that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Its name.
    pub name: String,
    /// Why.
    pub reason: String,
}

/// What a part comes to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// How many tests passed.
    pub passed: usize,
    /// Those that failed.
    pub failed: Vec<Failure>,
}

impl Outcome {
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
