//! A fault in words, for a person to read.

use core::fmt;

use crate::abi::memory::USER_END;
use crate::abi::{Access, Fault, FaultCause, FaultKind};

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Fault { kind, cause, address, instruction_pointer, .. } = *self;
        match kind {
            FaultKind::Page => page_fault(self, formatter)?,
            FaultKind::UnknownSystemCall => write!(formatter, "system call {address}, which does not exist")?,
            FaultKind::BadInstruction => write!(formatter, "an instruction that does not exist or is not allowed")?,
            FaultKind::Alignment => write!(formatter, "misaligned address {address:#x}")?,
            FaultKind::Breakpoint => write!(formatter, "{} at {address:#x}", stop(cause))?,
            FaultKind::External if cause == FaultCause::SystemError => {
                formatter.write_str("a system error, of an access of this thread or of whatever ran before it")?;
            }
            FaultKind::External => write!(formatter, "the memory system refused address {address:#x}")?,
            FaultKind::FloatingPoint => write!(formatter, "use of the FP unit without having asked for it")?,
            FaultKind::Timeout if cause == FaultCause::TimeTaken => taken(address, formatter)?,
            FaultKind::Timeout => write!(formatter, "the budget of context {address:#x} is used up")?,
        }
        write!(formatter, " (pc {instruction_pointer:#x})")
    }
}

/// With addresses and registers in hexadecimal.
impl fmt::Debug for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Fault { kind, access, cause, level, .. } = *self;
        write!(
            formatter,
            "Fault {{ kind: {kind:?}, access: {access:?}, cause: {cause:?}, level: {level}, address: {:#x}, instruction_pointer: {:#x}, \
             stack_pointer: {:#x}, link_register: {:#x}, syndrome: {:#x} }}",
            self.address, self.instruction_pointer, self.stack_pointer, self.link_register, self.syndrome
        )
    }
}

const fn stop(cause: FaultCause) -> &'static str {
    match cause {
        FaultCause::Watchpoint => "watchpoint",
        FaultCause::SingleStep => "step, stopped",
        _ => "breakpoint",
    }
}

fn page_fault(fault: &Fault, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
    let Fault { access, cause, address, .. } = *fault;
    let access = match access {
        Access::None => "access to",
        Access::Read => "read of",
        Access::Write => "write to",
        Access::Execute => "execution of",
    };
    let cause = match cause {
        _ if address >= USER_END => "kernel memory",
        FaultCause::Other
        | FaultCause::BreakpointRegister
        | FaultCause::Watchpoint
        | FaultCause::SingleStep
        | FaultCause::TimeTaken
        | FaultCause::SystemError => "refused",
        FaultCause::NotMapped => "nothing is mapped there",
        FaultCause::Permission => "not permitted there",
        FaultCause::AddressSize => "outside of all memory",
    };
    write!(formatter, "{access} address {address:#x}: {cause}")
}

/// Which context was taken is not known if the thread waited meanwhile, or if the context has no badge.
fn taken(badge: u64, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
    match badge {
        0 => formatter.write_str("the time that it worked on was taken away"),
        badge => write!(formatter, "the time that it worked on, of context {badge:#x}, was taken away"),
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use std::string::{String, ToString};

    fn fault(kind: FaultKind, access: Access, cause: FaultCause, address: u64) -> Fault {
        let (instruction_pointer, syndrome, stack_pointer, link_register) = (0x20_0000, 0, 0, 0);
        Fault { kind, access, cause, level: 3, instruction_pointer, address, syndrome, stack_pointer, link_register }
    }

    fn text(access: Access, cause: FaultCause, address: u64) -> String {
        fault(FaultKind::Page, access, cause, address).to_string()
    }

    #[test]
    fn a_timeout_says_whether_time_is_used_up_or_was_taken() {
        let timeout = |cause, badge| fault(FaultKind::Timeout, Access::None, cause, badge).to_string();
        assert_eq!(timeout(FaultCause::Other, 0xc0), "the budget of context 0xc0 is used up (pc 0x200000)");
        assert_eq!(
            timeout(FaultCause::TimeTaken, 0xc0),
            "the time that it worked on, of context 0xc0, was taken away (pc 0x200000)"
        );
        assert_eq!(timeout(FaultCause::TimeTaken, 0), "the time that it worked on was taken away (pc 0x200000)");
    }

    #[test]
    fn a_system_error_is_blamed_on_no_address() {
        let external = |cause| fault(FaultKind::External, Access::None, cause, 0x1000).to_string();
        assert_eq!(external(FaultCause::Other), "the memory system refused address 0x1000 (pc 0x200000)");
        assert_eq!(
            external(FaultCause::SystemError),
            "a system error, of an access of this thread or of whatever ran before it (pc 0x200000)"
        );
    }

    #[test]
    fn addresses_are_hexadecimal_for_debugging_too() {
        let fault = Fault {
            kind: FaultKind::Alignment,
            access: Access::Read,
            cause: FaultCause::Other,
            level: 0,
            instruction_pointer: 0x20_0000,
            address: 0x1001,
            syndrome: 0x9200_0021,
            stack_pointer: 0x21_0000,
            link_register: 0x20_0010,
        };
        assert_eq!(
            std::format!("{fault:?}"),
            "Fault { kind: Alignment, access: Read, cause: Other, level: 0, address: 0x1001, instruction_pointer: 0x200000, \
             stack_pointer: 0x210000, link_register: 0x200010, syndrome: 0x92000021 }"
        );
    }

    #[test]
    fn a_fault_is_told_with_address_and_cause() {
        assert_eq!(
            text(Access::Read, FaultCause::NotMapped, 0),
            "read of address 0x0: nothing is mapped there (pc 0x200000)"
        );
        assert_eq!(
            text(Access::Write, FaultCause::Permission, 0x20_0000),
            "write to address 0x200000: not permitted there (pc 0x200000)"
        );
        assert!(text(Access::Execute, FaultCause::Permission, u64::MAX - 7).contains("kernel memory"));
    }
}
