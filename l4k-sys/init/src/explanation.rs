//! A program's fault in words, by someone who knows where the program's stack lies. Pure.

use core::fmt;

use l4k_sys::abi::memory::PAGE_SIZE;
use l4k_sys::abi::{Access, Fault, FaultCause, FaultKind};

use crate::layout::AddressRange;

/// A fault, and whether it is a stack that was too small.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// The fault.
    pub fault: Fault,
    /// The size in bytes of the stack that overflowed, if that is what happened.
    pub overflowed_stack: Option<u64>,
}

impl Explanation {
    /// Of the fault of a program with this stack.
    pub(crate) fn new(fault: Fault, stack: AddressRange) -> Explanation {
        Explanation { fault, overflowed_stack: is_overflow(&fault, stack).then(|| stack.end - stack.start) }
    }
}

/// Nothing is mapped in the page below a stack. Functions touch every page of their frames, from the top to the bottom: whoever needs more reaches it.
fn is_overflow(fault: &Fault, stack: AddressRange) -> bool {
    let guard = stack.start.saturating_sub(PAGE_SIZE)..stack.start;
    fault.kind == FaultKind::Page
        && fault.cause == FaultCause::NotMapped
        && fault.access != Access::Execute
        && guard.contains(&fault.address)
}

impl fmt::Display for Explanation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(bytes) = self.overflowed_stack {
            write!(formatter, "stack overflow, its stack has {bytes} bytes: ")?;
        }
        write!(formatter, "{}", self.fault)
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::*;
    use std::string::ToString;

    const STACK: AddressRange = AddressRange { start: 0x21_0000, end: 0x21_4000 };

    fn explained(access: Access, cause: FaultCause, address: u64) -> Explanation {
        let fault = Fault {
            kind: FaultKind::Page,
            access,
            cause,
            level: 3,
            instruction_pointer: 0x20_0a10,
            address,
            syndrome: 0,
            stack_pointer: address,
            link_register: 0,
        };
        Explanation::new(fault, STACK)
    }

    #[test]
    fn a_fault_below_the_stack_is_a_stack_overflow_with_its_size() {
        assert_eq!(
            explained(Access::Write, FaultCause::NotMapped, 0x20_fff0).to_string(),
            "stack overflow, its stack has 16384 bytes: write to address 0x20fff0: nothing is mapped there (pc 0x200a10)"
        );
        for address in [0x20_f000, 0x20_ffff] {
            assert_eq!(explained(Access::Read, FaultCause::NotMapped, address).overflowed_stack, Some(0x4000));
        }
    }

    #[test]
    fn other_faults_are_none() {
        let others = [
            explained(Access::Write, FaultCause::NotMapped, 0x20_efff),
            explained(Access::Write, FaultCause::NotMapped, 0x21_0000),
            explained(Access::Write, FaultCause::NotMapped, 0x21_4000),
            explained(Access::Write, FaultCause::Permission, 0x20_fff0),
            explained(Access::Execute, FaultCause::NotMapped, 0x20_fff0),
        ];
        for other in others {
            assert_eq!(other.to_string(), other.fault.to_string());
        }
    }
}
