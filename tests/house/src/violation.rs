//! What a rule finds. May call nothing of this crate.

use std::fmt;

/// A place where a rule is broken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The file, from the project's root.
    pub file: String,
    /// The line; 0 for the file as a whole.
    pub line: usize,
    /// What is wrong, with the rule's name.
    pub what: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}: {}", self.file, self.line, self.what)
    }
}
