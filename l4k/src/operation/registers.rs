//! Reading and writing the registers of a thread that does not run.

use super::system::System;
use crate::base::arch::Arch;
use crate::base::registers::Context;
use crate::base::store::Ref;
use crate::object::thread::Thread;
use l4k_sys::Error;
use l4k_sys::abi::memory::USER_END;

/// Registers that one read returns.
const READ_COUNT: u64 = 6;

/// The last register number: pstate.
const LAST: u64 = 33;

impl<A: Arch> System<A> {
    /// Sets where a suspended thread starts. All registers but these are zero then, and the thread is in user mode.
    ///
    /// # Errors
    /// `NotSuspended`, `Dying`; `Misaligned` for an instruction pointer that is not a multiple of 4 or a stack pointer not of 16;
    /// `InvalidAddress` for one outside the user range.
    pub fn write_registers(
        &mut self,
        thread: Ref<Thread>,
        instruction_pointer: u64,
        stack_pointer: u64,
        arguments: [u64; 3],
    ) -> Result<(), Error> {
        self.check_suspended(thread)?;
        if !instruction_pointer.is_multiple_of(4) || !stack_pointer.is_multiple_of(16) {
            return Err(Error::Misaligned);
        }
        if instruction_pointer >= USER_END || stack_pointer > USER_END {
            return Err(Error::InvalidAddress);
        }
        let here = self.here;
        if self.core(here).loaded_thread == Some(thread) {
            self.core_mut(here).loaded_thread = None;
        }
        let context = &mut self.store.get_mut(thread).context;
        let mut start = Context { buffer_address: context.buffer_address, ..Context::START };
        start.pc = instruction_pointer;
        start.sp = stack_pointer;
        for (register, argument) in start.x.iter_mut().zip(arguments) {
            *register = argument;
        }
        *context = start;
        Ok(())
    }

    /// Reads registers of a suspended thread from number `first` on; zero past the last.
    ///
    /// # Errors
    /// `NotSuspended`, `Dying`, `InvalidRegister`.
    pub fn read_registers(&self, thread: Ref<Thread>, first: u64) -> Result<[u64; 7], Error> {
        self.check_suspended(thread)?;
        if first > LAST {
            return Err(Error::InvalidRegister);
        }
        let context = &self.store.get(thread).context;
        let mut values = [0; 7];
        for (number, value) in (first..first + READ_COUNT).zip(&mut values) {
            *value = context.read(number).unwrap_or(0);
        }
        Ok(values)
    }
}
