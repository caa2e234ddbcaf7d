//! Breakpoints and stepping of a stopped thread: a debugger's means. What they stop at arrives as a fault.

use super::system::System;
use crate::base::arch::Arch;
use crate::base::debugging::{Breakpoint, Stepping};
use crate::base::index::{element, element_mut};
use crate::base::store::Ref;
use crate::object::thread::{Thread, Use};
use l4k_sys::Error;
use l4k_sys::abi::BreakpointKind;
use l4k_sys::abi::memory::USER_END;
use l4k_sys::abi::thread::INSTRUCTION_BREAKPOINTS;

impl<A: Arch> System<A> {
    /// Sets a breakpoint register.
    ///
    /// # Errors
    /// `NotSuspended`, `Dying`; `InvalidArgument` for an index, a kind or a length that this register has not; `Misaligned` unless the
    /// address is a multiple of the length; `InvalidAddress`; `NotSupported` if the processor has fewer registers.
    pub fn set_breakpoint(
        &mut self,
        thread: Ref<Thread>,
        index: u64,
        kind: u64,
        address: u64,
        length: u64,
    ) -> Result<(), Error> {
        self.check_stopped(thread)?;
        let breakpoint = breakpoint(index, kind, address, length)?;
        let [instructions, data] = self.store.machine.breakpoint_registers();
        let available = match index.checked_sub(INSTRUCTION_BREAKPOINTS) {
            None => index < instructions,
            Some(index) => index < data,
        };
        if !available {
            return Err(Error::NotSupported);
        }
        if let Some(place) = element_mut(&mut self.store.get_mut(thread).debugging.breakpoints, index) {
            *place = breakpoint;
        }
        self.note_debugging(thread);
        Ok(())
    }

    /// A breakpoint register.
    ///
    /// # Errors
    /// `InvalidArgument`.
    pub fn query_breakpoint(&self, thread: Ref<Thread>, index: u64) -> Result<[u64; 7], Error> {
        let place = element(&self.store.get(thread).debugging.breakpoints, index).ok_or(Error::InvalidArgument)?;
        Ok([place.kind as u64, place.address, u64::from(place.length), 0, 0, 0, 0])
    }

    /// Sets whether each instruction of the thread ends in a fault.
    ///
    /// # Errors
    /// `NotSuspended`, `Dying`.
    pub fn set_stepping(&mut self, thread: Ref<Thread>, stepping: Stepping) -> Result<(), Error> {
        self.check_stopped(thread)?;
        let object = self.store.get_mut(thread);
        object.debugging.stepping = stepping;
        if stepping == Stepping::On {
            object.context.arm_step();
        }
        self.note_debugging(thread);
        Ok(())
    }

    fn note_debugging(&mut self, thread: Ref<Thread>) {
        let object = self.store.get_mut(thread);
        object.debugged = if object.debugging.in_use() { Use::Yes } else { Use::No };
        object.units = if object.floating_point.is_some() { Use::Yes } else { object.debugged };
    }
}

/// Checks what a breakpoint register is to be.
fn breakpoint(index: u64, kind: u64, address: u64, length: u64) -> Result<Breakpoint, Error> {
    let kind = BreakpointKind::from_number(kind).ok_or(Error::InvalidArgument)?;
    let data = match index {
        0..4 => false,
        4..8 => true,
        _ => return Err(Error::InvalidArgument),
    };
    let fits = match kind {
        BreakpointKind::Off => return Ok(Breakpoint::default()),
        BreakpointKind::Execute => !data && length == 4,
        BreakpointKind::Read | BreakpointKind::Write | BreakpointKind::ReadWrite => {
            data && matches!(length, 1 | 2 | 4 | 8)
        }
    };
    if !fits {
        return Err(Error::InvalidArgument);
    }
    if !address.is_multiple_of(length) {
        return Err(Error::Misaligned);
    }
    if address >= USER_END {
        return Err(Error::InvalidAddress);
    }
    Ok(Breakpoint { address, length: length as u8, kind })
}
