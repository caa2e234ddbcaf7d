//! Reading and writing the registers of a thread that does not run.

use super::next::Progress;
use super::system::System;
use crate::base::arch::Arch;
use crate::base::debugging::Stepping;
use crate::base::registers::{Context, FLAGS};
use crate::base::store::Ref;
use crate::base::vector_registers::FloatingPoint;
use crate::object::restart::Restart;
use crate::object::thread::{CallKind, State, Suspension, Thread, Window};
use l4k_sys::Error;
use l4k_sys::abi::memory::USER_END;
use l4k_sys::abi::thread::register;

/// Registers that one read returns.
const READ_COUNT: u64 = 6;

/// Registers that one call changes.
const WRITE_COUNT: u64 = 5;

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
        check_register(register::INSTRUCTION_POINTER, instruction_pointer)?;
        check_register(register::STACK_POINTER, stack_pointer)?;
        let object = self.store.get_mut(thread);
        let mut start = Context { buffer_address: object.context.buffer_address, ..Context::START };
        start.pc = instruction_pointer;
        start.sp = stack_pointer;
        for (register, argument) in start.x.iter_mut().zip(arguments) {
            *register = argument;
        }
        if object.debugging.stepping == Stepping::On {
            start.arm_step();
        }
        *object.context = start;
        object.restart = Restart::NONE;
        object.window = Window::NONE;
        if let Some(area) = object.floating_point {
            *self.store.get_mut(area) = FloatingPoint::NEW;
        }
        Ok(())
    }

    /// Whether a thread is stopped: suspended, or by a fault that its handler has not answered.
    ///
    /// # Errors
    /// `NotSuspended`, `Dying`.
    pub fn check_stopped(&self, thread: Ref<Thread>) -> Result<(), Error> {
        match self.store.get(thread).state {
            State::Suspended(Suspension::Dying) => Err(Error::Dying),
            State::Suspended(_)
            | State::Calling { kind: CallKind::Fault, .. }
            | State::AwaitingReply { kind: CallKind::Fault, .. } => Ok(()),
            _ => Err(Error::NotSuspended),
        }
    }

    /// Makes sure that the registers of a stopped thread are stored. `More`: another core is about to.
    ///
    /// # Errors
    /// `NotSuspended`, `Dying`.
    #[inline(never)]
    pub fn store_registers(&mut self, thread: Ref<Thread>) -> Result<Progress, Error> {
        self.check_stopped(thread)?;
        Ok(self.unload(thread))
    }

    /// Reads registers of a stopped thread from number `first` on; zero for numbers that do not exist.
    ///
    /// # Errors
    /// `NotSuspended`, `Dying`, `InvalidRegister` if the first does not exist.
    pub fn read_registers(&mut self, thread: Ref<Thread>, first: u64) -> Result<[u64; 7], Error> {
        self.check_stopped(thread)?;
        self.store.get_mut(thread).context.own_all();
        let mut values = [0; 7];
        values[0] = self.read_register(thread, first).ok_or(Error::InvalidRegister)?;
        for (number, value) in (first..first.saturating_add(READ_COUNT)).zip(&mut values) {
            *value = self.read_register(thread, number).unwrap_or(0);
        }
        Ok(values)
    }

    /// Changes registers of a stopped thread from number `first` on.
    ///
    /// # Errors
    /// `NotSuspended`, `Dying`; `InvalidCount`; `InvalidRegister` if one does not exist; `Misaligned`, `InvalidAddress` and, for
    /// flags, `InvalidArgument` for a value that the register cannot have.
    pub fn set_registers(
        &mut self,
        thread: Ref<Thread>,
        first: u64,
        count: u64,
        values: [u64; WRITE_COUNT as usize],
    ) -> Result<(), Error> {
        self.check_stopped(thread)?;
        if count == 0 || count > WRITE_COUNT {
            return Err(Error::InvalidCount);
        }
        self.store.get_mut(thread).context.own_all();
        let last = first.checked_add(count - 1).ok_or(Error::InvalidRegister)?;
        for (number, value) in (first..=last).zip(values) {
            self.read_register(thread, number).ok_or(Error::InvalidRegister)?;
            check_register(number, value)?;
        }
        self.store.get_mut(thread).restart = Restart::NONE;
        for (number, value) in (first..=last).zip(values) {
            self.set_register(thread, number, value);
        }
        Ok(())
    }

    #[inline(never)]
    fn read_register(&mut self, thread: Ref<Thread>, number: u64) -> Option<u64> {
        let object = self.store.get_mut(thread);
        if number == register::FLAGS {
            return Some(object.context.flags());
        }
        if let Some(place) = object.context.register(number) {
            return Some(*place);
        }
        let area = object.floating_point?;
        self.store.get_mut(area).register(number).copied()
    }

    fn set_register(&mut self, thread: Ref<Thread>, number: u64, value: u64) {
        let object = self.store.get_mut(thread);
        if number == register::FLAGS {
            object.context.set_flags(value);
        } else if let Some(place) = object.context.register(number) {
            *place = value;
        } else if let Some(area) = object.floating_point
            && let Some(place) = self.store.get_mut(area).register(number)
        {
            *place = value;
        }
    }
}

/// Whether a register can have a value.
///
/// # Errors
/// `Misaligned`, `InvalidAddress`, `InvalidArgument`.
#[inline(never)]
const fn check_register(number: u64, value: u64) -> Result<(), Error> {
    match number {
        register::INSTRUCTION_POINTER if !value.is_multiple_of(4) => Err(Error::Misaligned),
        register::INSTRUCTION_POINTER if value >= USER_END => Err(Error::InvalidAddress),
        register::STACK_POINTER if !value.is_multiple_of(16) => Err(Error::Misaligned),
        register::STACK_POINTER if value > USER_END => Err(Error::InvalidAddress),
        register::FLAGS if value & !FLAGS != 0 => Err(Error::InvalidArgument),
        _ => Ok(()),
    }
}
