//! From the exception syndrome to a fault (Arm ARM D24.2.40, ESR_EL1). Pure; tested on the host.

use l4k_sys::abi::{Access, Fault, FaultCause, FaultKind};

/// What the processor says about an exception from a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exception {
    /// ESR_EL1.
    pub syndrome: u64,
    /// FAR_EL1.
    pub address: u64,
    /// ELR_EL1.
    pub instruction_pointer: u64,
    /// SP_EL0.
    pub stack_pointer: u64,
    /// x30.
    pub link_register: u64,
}

const FP_TRAP: u64 = 0x07;
const SVC: u64 = 0x15;
const INSTRUCTION_ABORT: u64 = 0x20;
const PC_ALIGNMENT: u64 = 0x22;
const DATA_ABORT: u64 = 0x24;
const SP_ALIGNMENT: u64 = 0x26;
const FP_EXCEPTION: u64 = 0x2c;
const SYSTEM_ERROR: u64 = 0x2f;
const BREAKPOINT: u64 = 0x30;
const SINGLE_STEP: u64 = 0x32;
const WATCHPOINT: u64 = 0x34;
const BRK: u64 = 0x3c;

/// The fault that an exception from a program is.
#[must_use]
#[inline(always)]
pub const fn fault_of(exception: &Exception) -> Fault {
    match page_fault_of(exception) {
        Some(fault) => fault,
        None => other_fault_of(exception),
    }
}

/// The page fault that it is, as most are.
#[inline(always)]
const fn page_fault_of(exception: &Exception) -> Option<Fault> {
    let Exception { syndrome, address, instruction_pointer, stack_pointer, link_register } = *exception;
    let class = syndrome >> 26;
    if (class != DATA_ABORT && class != INSTRUCTION_ABORT) || syndrome & 0x3f > 0x0f {
        return None;
    }
    let access = match class {
        INSTRUCTION_ABORT => Access::Execute,
        _ if syndrome >> 6 & 1 == 1 => Access::Write,
        _ => Access::Read,
    };
    let (cause, level) = abort_cause(syndrome);
    let kind = FaultKind::Page;
    Some(Fault { kind, access, cause, level, instruction_pointer, address, syndrome, stack_pointer, link_register })
}

/// Any other fault.
#[inline(always)]
const fn other_fault_of(exception: &Exception) -> Fault {
    let Exception { syndrome, address, instruction_pointer, stack_pointer, link_register } = *exception;
    let (kind, access, address) = match syndrome >> 26 & 0x3f {
        INSTRUCTION_ABORT => (abort_kind(syndrome), Access::Execute, address),
        DATA_ABORT if syndrome >> 6 & 1 == 1 => (abort_kind(syndrome), Access::Write, address),
        DATA_ABORT => (abort_kind(syndrome), Access::Read, address),
        PC_ALIGNMENT => (FaultKind::Alignment, Access::Execute, address),
        SP_ALIGNMENT => (FaultKind::Alignment, Access::None, stack_pointer),
        SVC => (FaultKind::UnknownSystemCall, Access::None, syndrome & 0xffff),
        FP_TRAP | FP_EXCEPTION => (FaultKind::FloatingPoint, Access::None, 0),
        SYSTEM_ERROR => (FaultKind::External, Access::None, 0),
        WATCHPOINT if syndrome >> 6 & 1 == 1 => (FaultKind::Breakpoint, Access::Write, address),
        WATCHPOINT => (FaultKind::Breakpoint, Access::Read, address),
        BREAKPOINT | SINGLE_STEP | BRK => (FaultKind::Breakpoint, Access::None, instruction_pointer),
        _ => (FaultKind::BadInstruction, Access::None, 0),
    };
    let cause = match kind {
        FaultKind::Breakpoint => stop_cause(syndrome),
        FaultKind::External if syndrome >> 26 & 0x3f == SYSTEM_ERROR => FaultCause::SystemError,
        _ => FaultCause::Other,
    };
    let level = 0;
    Fault { kind, access, cause, level, instruction_pointer, address, syndrome, stack_pointer, link_register }
}

/// Kind of an abort that is no page fault, by its status code (DFSC and IFSC have the same values).
const fn abort_kind(syndrome: u64) -> FaultKind {
    match syndrome & 0x3f {
        0x21 => FaultKind::Alignment,
        _ => FaultKind::External,
    }
}

/// What stopped a thread that is debugged.
const fn stop_cause(syndrome: u64) -> FaultCause {
    match syndrome >> 26 & 0x3f {
        BREAKPOINT => FaultCause::BreakpointRegister,
        WATCHPOINT => FaultCause::Watchpoint,
        SINGLE_STEP => FaultCause::SingleStep,
        _ => FaultCause::Other,
    }
}

/// Cause and level of a page fault.
const fn abort_cause(syndrome: u64) -> (FaultCause, u8) {
    let level = (syndrome & 0b11) as u8;
    let cause = match syndrome >> 2 & 0b11 {
        0 => FaultCause::AddressSize,
        1 => FaultCause::NotMapped,
        _ => FaultCause::Permission,
    };
    (cause, level)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(class: u64, rest: u64) -> Fault {
        fault_of(&Exception {
            syndrome: class << 26 | rest,
            address: 0xaaaa,
            instruction_pointer: 0xbbbb,
            stack_pointer: 0xcccc,
            link_register: 0xdddd,
        })
    }

    #[test]
    fn reads_writes_and_fetches_of_unmapped_pages_are_told_apart() {
        let read = fault(DATA_ABORT, 0x07);
        assert_eq!((read.kind, read.access, read.cause), (FaultKind::Page, Access::Read, FaultCause::NotMapped));
        assert_eq!((read.level, read.address, read.instruction_pointer), (3, 0xaaaa, 0xbbbb));
        assert_eq!(fault(DATA_ABORT, 0x47).access, Access::Write);
        let fetch = fault(INSTRUCTION_ABORT, 0x0f);
        assert_eq!((fetch.access, fetch.cause), (Access::Execute, FaultCause::Permission));
        assert_eq!(fault(INSTRUCTION_ABORT, 0x00).cause, FaultCause::AddressSize);
    }

    #[test]
    fn other_exceptions_have_kinds_of_their_own() {
        assert_eq!(fault(0, 0).kind, FaultKind::BadInstruction);
        assert_eq!(fault(SVC, 5).kind, FaultKind::UnknownSystemCall);
        assert_eq!(fault(SVC, 5).address, 5);
        assert_eq!(fault(FP_TRAP, 0).kind, FaultKind::FloatingPoint);
        assert_eq!(fault(SP_ALIGNMENT, 0).address, 0xcccc);
        assert_eq!((fault(BRK, 1).kind, fault(BRK, 1).cause), (FaultKind::Breakpoint, FaultCause::Other));
        let stopped = [BREAKPOINT, WATCHPOINT, SINGLE_STEP].map(|class| fault(class, 0));
        assert!(stopped.iter().all(|fault| fault.kind == FaultKind::Breakpoint));
        let causes = stopped.map(|fault| fault.cause);
        assert_eq!(causes, [FaultCause::BreakpointRegister, FaultCause::Watchpoint, FaultCause::SingleStep]);
        assert_eq!(fault(WATCHPOINT, 1 << 6).access, Access::Write);
        assert_eq!(fault(DATA_ABORT, 0x10).kind, FaultKind::External);
        assert_eq!(fault(DATA_ABORT, 0x21).kind, FaultKind::Alignment);
        assert_eq!(fault(INSTRUCTION_ABORT, 0x30).kind, FaultKind::External);
        assert_eq!(fault(DATA_ABORT, 0x10).cause, FaultCause::Other);
        let error = fault(SYSTEM_ERROR, 0x11);
        assert_eq!((error.kind, error.cause, error.address), (FaultKind::External, FaultCause::SystemError, 0));
    }

    #[test]
    fn every_syndrome_is_some_fault() {
        for class in 0..64 {
            for status in 0..64 {
                let _ = fault(class, status);
            }
        }
    }
}
