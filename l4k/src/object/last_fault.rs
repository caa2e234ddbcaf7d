//! What a thread has faulted with, kept while somebody may ask for it or answer it.

use super::thread::ThreadSlot;
use l4k_sys::abi::{Access, Fault, FaultCause, FaultKind};

/// A thread's last fault: the fields of a [`Fault`], and no kind if it has none, or none that counts any more. Zero bytes are none.
///
/// Not an option of a fault, since that is written as a whole, and copied byte by byte where it stands.
#[derive(Clone, Copy, Debug)]
pub struct LastFault {
    instruction_pointer: u64,
    address: u64,
    syndrome: u64,
    stack_pointer: u64,
    link_register: u64,
    /// Its number; 0: there is none. Not an option, since nothing lays down which bytes of that are `None`.
    kind: u8,
    access: Access,
    cause: FaultCause,
    level: u8,
}

/// The number of no kind.
const NO_FAULT: u8 = 0;

impl LastFault {
    /// There is none.
    pub const NONE: LastFault = LastFault {
        instruction_pointer: 0,
        address: 0,
        syndrome: 0,
        stack_pointer: 0,
        link_register: 0,
        kind: NO_FAULT,
        access: Access::None,
        cause: FaultCause::Other,
        level: 0,
    };

    /// It is this from now on.
    #[inline(always)]
    pub const fn note(&mut self, fault: &Fault) {
        self.instruction_pointer = fault.instruction_pointer;
        self.address = fault.address;
        self.syndrome = fault.syndrome;
        self.stack_pointer = fault.stack_pointer;
        self.link_register = fault.link_register;
        self.kind = fault.kind as u8;
        self.access = fault.access;
        self.cause = fault.cause;
        self.level = fault.level;
    }

    /// It does not count any more.
    #[inline(always)]
    pub const fn forget(&mut self) {
        self.kind = NO_FAULT;
    }

    /// Whether there is none.
    #[inline(always)]
    #[must_use]
    pub const fn is_none(&self) -> bool {
        self.kind == NO_FAULT
    }

    /// The fault, if there is one.
    #[must_use]
    pub const fn get(&self) -> Option<Fault> {
        let LastFault { instruction_pointer, address, syndrome, stack_pointer, link_register, .. } = *self;
        let LastFault { kind, access, cause, level, .. } = *self;
        let Some(kind) = FaultKind::from_number(kind as u64) else { return None };
        Some(Fault { kind, access, cause, level, instruction_pointer, address, syndrome, stack_pointer, link_register })
    }

    /// Which of the thread's slots names who hears of it.
    #[must_use]
    pub const fn slot(&self) -> ThreadSlot {
        if self.kind == FaultKind::Timeout as u8 { ThreadSlot::TimeoutEndpoint } else { ThreadSlot::FaultEndpoint }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_noted_is_there_until_it_is_forgotten() {
        let fault = Fault {
            kind: FaultKind::Timeout,
            access: Access::Write,
            cause: FaultCause::Watchpoint,
            level: 3,
            instruction_pointer: 1,
            address: 2,
            syndrome: 3,
            stack_pointer: 4,
            link_register: 5,
        };
        let mut last = LastFault::NONE;
        assert_eq!((last.get(), last.is_none()), (None, true));
        last.note(&fault);
        assert_eq!((last.get(), last.is_none(), last.slot()), (Some(fault), false, ThreadSlot::TimeoutEndpoint));
        last.forget();
        assert_eq!((last.get(), last.slot()), (None, ThreadSlot::FaultEndpoint));
    }
}
