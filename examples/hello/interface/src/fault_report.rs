//! The fault of a program in words.

use core::fmt;

/// A fault of a program, for a person to read.
#[derive(Clone, Copy, Debug)]
pub struct FaultReport<'a, F> {
    /// The program's name.
    pub program: &'a str,
    /// Its fault, or what somebody says of it who knows the program.
    pub fault: F,
}

impl<F: fmt::Display> fmt::Display for FaultReport<'_, F> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} crashed: {}", self.program, self.fault)
    }
}
