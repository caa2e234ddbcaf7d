//! Why the kernel was entered. May call nothing of this crate.

use std::fmt;

use l4k_sys::abi::SystemCall;
use serde::{Deserialize, Serialize};

/// A reason to enter the kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Cause {
    /// A system call with this number.
    Call(u64),
    /// A system call with a number that no call has.
    UnknownCall,
    /// Any other synchronous exception of a program.
    Fault,
    /// The same, told on the debug console since nobody handles it. Release builds without that console have no such entry.
    FaultTold,
    /// An interrupt while a program ran.
    Interrupt,
    /// An interrupt while the core waited for one.
    InterruptWhileIdle,
    /// A system error.
    SystemError,
}

impl Cause {
    /// Of a system call.
    #[must_use]
    pub const fn call(number: u64) -> Cause {
        match SystemCall::from_number(number) {
            Some(_) => Cause::Call(number),
            None => Cause::UnknownCall,
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Cause::Call(number) => match SystemCall::from_number(*number) {
                Some(call) => write!(formatter, "{call:?}"),
                None => write!(formatter, "call {number}"),
            },
            Cause::UnknownCall => formatter.write_str("unknown call"),
            Cause::Fault => formatter.write_str("fault"),
            Cause::FaultTold => formatter.write_str("fault, told"),
            Cause::Interrupt => formatter.write_str("interrupt"),
            Cause::InterruptWhileIdle => formatter.write_str("interrupt while idle"),
            Cause::SystemError => formatter.write_str("system error"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Cause;

    #[test]
    fn calls_have_the_names_of_the_binary_interface() {
        assert_eq!(Cause::call(29).to_string(), "CNodeRevoke");
        assert_eq!(Cause::call(99), Cause::UnknownCall);
    }
}
