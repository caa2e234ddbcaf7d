//! Faults as messages, layout version 1.
//!
//! Label: the [`FaultKind`]. Length 6. Word 0 instruction pointer; word 1 address (page fault,
//! alignment, breakpoint) or system-call number (unknown system call); word 2 bits 0–7 access, bits
//! 8–15 cause, bits 16–23 level of the translation table; word 3 syndrome of the machine (ESR_EL1);
//! word 4 stack pointer; word 5 link register.
//!
//! The answer: label 0 lets the thread go on where it stopped, any other label leaves it suspended.

use super::message::{REGISTER_WORDS, Tag};

/// What kind of fault it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum FaultKind {
    /// An address that is not mapped so as to allow the access.
    Page = 1,
    /// `svc` with a number that this kernel does not have, or an immediate other than 0.
    UnknownSystemCall = 2,
    /// An instruction that does not exist or that user programs may not use.
    BadInstruction = 3,
    /// A misaligned address, stack pointer or instruction pointer.
    Alignment = 4,
    /// A breakpoint, watchpoint or single step.
    Breakpoint = 5,
    /// An external abort: the memory system refused the access.
    External = 6,
    /// Use of the FP/SIMD unit by a thread that has not asked for it.
    FloatingPoint = 7,
    /// The budget is used up before the period is over. Word 1 is the badge of the scheduling context, word 3 the time
    /// used on it in all, in nanoseconds. With the cause [`TimeTaken`](FaultCause::TimeTaken): the thread worked on
    /// time that was not its own, and that was taken away; both words are 0 if this happened while it waited. Sent to
    /// the thread's timeout endpoint, if it has one.
    Timeout = 8,
}

impl FaultKind {
    /// The kind with this number.
    #[must_use]
    pub const fn from_number(number: u64) -> Option<FaultKind> {
        Some(match number {
            1 => Self::Page,
            2 => Self::UnknownSystemCall,
            3 => Self::BadInstruction,
            4 => Self::Alignment,
            5 => Self::Breakpoint,
            6 => Self::External,
            7 => Self::FloatingPoint,
            8 => Self::Timeout,
            _ => return None,
        })
    }
}

/// What the thread tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Access {
    /// No memory access.
    None = 0,
    /// A load.
    Read = 1,
    /// A store.
    Write = 2,
    /// An instruction fetch.
    Execute = 3,
}

/// Why a memory access was refused, what stopped a thread that is debugged, or what ended a thread's time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum FaultCause {
    /// Not a memory access, or none of the others; for a breakpoint: the instruction `brk`.
    Other = 0,
    /// Nothing is mapped there.
    NotMapped = 1,
    /// Mapped, but not for this access.
    Permission = 2,
    /// Outside what a program can address.
    AddressSize = 3,
    /// A breakpoint register matched the instruction pointer.
    BreakpointRegister = 4,
    /// A watchpoint register matched the address.
    Watchpoint = 5,
    /// The thread is stepped, and has executed one instruction.
    SingleStep = 6,
    /// Of a timeout: the time that the thread worked on for others was taken away. It has none until somebody binds
    /// time to it.
    TimeTaken = 7,
    /// Of an external abort: a system error (SError). Nobody says which access it belongs to: that can be one of
    /// another thread, or of the kernel, from before this thread ran.
    SystemError = 8,
}

impl FaultCause {
    /// The cause with this number.
    #[must_use]
    pub const fn from_number(number: u64) -> Option<FaultCause> {
        Some(match number {
            0 => Self::Other,
            1 => Self::NotMapped,
            2 => Self::Permission,
            3 => Self::AddressSize,
            4 => Self::BreakpointRegister,
            5 => Self::Watchpoint,
            6 => Self::SingleStep,
            7 => Self::TimeTaken,
            8 => Self::SystemError,
            _ => return None,
        })
    }
}

/// A fault, as the kernel records and as a handler receives it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Fault {
    /// Kind.
    pub kind: FaultKind,
    /// What was tried.
    pub access: Access,
    /// Why it was refused.
    pub cause: FaultCause,
    /// Level of the translation table at which it was refused (0–3).
    pub level: u8,
    /// The thread's program counter at the fault.
    pub instruction_pointer: u64,
    /// The address or the system-call number; see the module's description.
    pub address: u64,
    /// ESR_EL1 (Arm ARM D24.2.40).
    pub syndrome: u64,
    /// The thread's stack pointer.
    pub stack_pointer: u64,
    /// The thread's link register x30.
    pub link_register: u64,
}

impl Fault {
    /// As a message.
    #[must_use]
    pub const fn to_message(&self) -> (Tag, [u64; REGISTER_WORDS]) {
        let detail = self.access as u64 | (self.cause as u64) << 8 | (self.level as u64) << 16;
        let words =
            [self.instruction_pointer, self.address, detail, self.syndrome, self.stack_pointer, self.link_register];
        let tag = match Tag::new(self.kind as u32, REGISTER_WORDS) {
            Ok(tag) => tag,
            Err(_) => Tag::EMPTY,
        };
        (tag, words)
    }

    /// From a message that arrived as a fault; `None` for numbers that this ABI version does not have.
    #[must_use]
    pub const fn from_message(tag: Tag, words: &[u64; REGISTER_WORDS]) -> Option<Fault> {
        let Some(kind) = FaultKind::from_number(tag.label() as u64) else { return None };
        let access = match words[2] & 0xff {
            0 => Access::None,
            1 => Access::Read,
            2 => Access::Write,
            3 => Access::Execute,
            _ => return None,
        };
        let Some(cause) = FaultCause::from_number(words[2] >> 8 & 0xff) else { return None };
        Some(Fault {
            kind,
            access,
            cause,
            level: (words[2] >> 16) as u8,
            instruction_pointer: words[0],
            address: words[1],
            syndrome: words[3],
            stack_pointer: words[4],
            link_register: words[5],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_survives_its_message() {
        let fault = Fault {
            kind: FaultKind::Page,
            access: Access::Execute,
            cause: FaultCause::Permission,
            level: 3,
            instruction_pointer: 1,
            address: 2,
            syndrome: 3,
            stack_pointer: 4,
            link_register: 5,
        };
        let (tag, words) = fault.to_message();
        assert_eq!(tag.length(), 6);
        assert_eq!(Fault::from_message(tag, &words), Some(fault));
    }
}
