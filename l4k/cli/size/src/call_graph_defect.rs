//! Why the depth of a stack cannot be told. May call nothing of this directory.

use std::fmt;

/// What stands against a bound, with the functions that lead there, the entry first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Defect {
    /// The last function calls the first of these that has its name.
    Recursion(Vec<String>),
    /// The last function calls what a register holds.
    IndirectCall(Vec<String>, u64),
    /// Nobody says how much stack the last function takes.
    NoSize(Vec<String>),
    /// The last function calls an address at which no function is.
    NoFunction(Vec<String>, u64),
}

impl fmt::Display for Defect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = match self {
            Defect::Recursion(path) => {
                f.write_str("recursion")?;
                path
            }
            Defect::IndirectCall(path, place) => {
                write!(f, "a call through a register at {place:#x}")?;
                path
            }
            Defect::NoSize(path) => {
                f.write_str("a function without a known size of its stack")?;
                path
            }
            Defect::NoFunction(path, target) => {
                write!(f, "a call of {target:#x}, where no function is")?;
                path
            }
        };
        write!(f, ": {}", path.join(" -> "))
    }
}
