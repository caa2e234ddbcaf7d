//! The fault of a program in words.

use core::fmt;

use l4k_sys::abi::Fault;

/// A fault of a program, for a person to read.
#[derive(Clone, Copy, Debug)]
pub struct FaultReport<'a> {
    /// The program's name.
    pub program: &'a str,
    /// Its fault.
    pub fault: Fault,
}

impl fmt::Display for FaultReport<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} crashed: {}", self.program, self.fault)
    }
}
