//! The kernel's console: bytes for people, and the message about a fault that nobody handles.

use super::stack_overflow::StackSize;
use super::system::System;
use crate::base::arch::Arch;
use crate::base::index::below;
use crate::base::store::Ref;
use crate::object::thread::{NAME_LENGTH, Thread};
use core::fmt::Write;
use l4k_sys::Error;

/// Most bytes of one `DebugWrite`: six registers.
pub const WRITE_MAX: u64 = 48;

/// The console as a formatter's target.
#[derive(Debug)]
pub struct Console<'a, A>(pub &'a mut A);

impl<A: Arch> Write for Console<'_, A> {
    fn write_str(&mut self, text: &str) -> core::fmt::Result {
        self.0.write_console(text.as_bytes());
        Ok(())
    }
}

impl<A: Arch> System<A> {
    /// Writes the first `length` bytes of six words.
    ///
    /// # Errors
    /// `InvalidArgument` for more than 48 bytes.
    pub fn console_write(&mut self, length: u64, words: [u64; 6]) -> Result<(), Error> {
        let length = below(length, WRITE_MAX + 1).ok_or(Error::InvalidArgument)?;
        let bytes = words.map(u64::to_le_bytes);
        if let Some(bytes) = bytes.as_flattened().get(..length as usize) {
            self.store.machine.write_console(bytes);
        }
        Ok(())
    }

    /// Gives a thread a name of 1 to 16 bytes of printable ASCII.
    ///
    /// # Errors
    /// `InvalidArgument`.
    pub fn name_thread(&mut self, thread: Ref<Thread>, length: u64, words: [u64; 2]) -> Result<(), Error> {
        let bytes = words.map(u64::to_le_bytes);
        let mut name = [0; NAME_LENGTH];
        let length = below(length, NAME_LENGTH as u64 + 1).ok_or(Error::InvalidArgument)?;
        let given = bytes.as_flattened().get(..length as usize).filter(|given| !given.is_empty());
        let given = given.ok_or(Error::InvalidArgument)?;
        if !given.iter().all(u8::is_ascii_graphic) {
            return Err(Error::InvalidArgument);
        }
        for (place, byte) in name.iter_mut().zip(given) {
            *place = *byte;
        }
        self.store.get_mut(thread).name = name;
        Ok(())
    }

    /// Says that a thread was suspended by a fault that has no handler.
    pub fn report_fault(&mut self, thread: Ref<Thread>) {
        let object = self.store.get(thread);
        let Some(fault) = object.fault.get() else { return };
        let name = object.name;
        let length = name.iter().position(|byte| *byte == 0).unwrap_or(NAME_LENGTH);
        let name = name.get(..length).and_then(|name| core::str::from_utf8(name).ok()).unwrap_or("");
        let context = object.context.clone();
        let overflowed = self.overflowed_stack(thread, &fault);
        let mut console = Console(&mut self.store.machine);
        let _ = writeln!(
            console,
            "l4k: thread '{name}' ({thread:?}) suspended, no fault handler: {:?} fault ({:?}, {:?}, level {}) at address {:#x}, pc {:#x}, syndrome {:#x}",
            fault.kind,
            fault.access,
            fault.cause,
            fault.level,
            fault.address,
            fault.instruction_pointer,
            fault.syndrome
        );
        let _ = match overflowed {
            Some(StackSize::Exactly(bytes)) => writeln!(console, "l4k:   stack overflow: the stack has {bytes} bytes"),
            Some(StackSize::AtLeast(bytes)) => {
                writeln!(console, "l4k:   stack overflow: the stack has {bytes} bytes or more")
            }
            None => Ok(()),
        };
        for (row, values) in context.x.chunks(4).enumerate() {
            let _ = write!(console, "l4k:   x{:<2}", row * 4);
            for value in values {
                let _ = write!(console, " {value:016x}");
            }
            let _ = writeln!(console);
        }
        let _ = writeln!(console, "l4k:   sp  {:016x} pstate {:016x}", context.sp, context.pstate);
    }
}
