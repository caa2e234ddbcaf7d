//! Threads.

use super::{AddressSpace, CNode, Endpoint, Frame, Notification};
use crate::abi::{BreakpointKind, Error, SystemCall, ThreadState};
use crate::quantity::Nanoseconds;
use crate::system::{perform, query};

/// A capability to a thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(transparent)]
pub struct Thread(u64);

/// The registers that a thread starts with; all others are zero.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct StartRegisters {
    /// Where it begins.
    pub instruction_pointer: u64,
    /// Its stack's upper end, a multiple of 16.
    pub stack_pointer: u64,
    /// `x0`–`x2`.
    pub arguments: [u64; 3],
}

/// What a breakpoint register stops at.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Breakpoint {
    /// Execution, loads, stores, or nothing.
    pub kind: BreakpointKind,
    /// Where it begins, a multiple of the length.
    pub address: u64,
    /// Bytes: 4 for instructions; 1, 2, 4 or 8 for data.
    pub length: u64,
}

/// What a thread says of itself.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ThreadStatus {
    /// Where it is; `None` for a state of a later ABI version.
    pub state: Option<ThreadState>,
    /// Its priority.
    pub priority: u8,
    /// The highest priority that it may give to others.
    pub maximum_priority: u8,
    /// Processor time used.
    pub time_used: Nanoseconds,
    /// Its instruction pointer.
    pub instruction_pointer: u64,
}

impl Thread {
    /// The capability in this slot of the caller's CNode.
    #[must_use]
    pub const fn from_slot(slot: u64) -> Thread {
        Thread(slot)
    }

    /// Its slot.
    #[must_use]
    pub const fn slot(self) -> u64 {
        self.0
    }

    /// Gives the suspended thread its spaces and its fault endpoint, in place of those it had.
    ///
    /// # Errors
    /// `NotSuspended`; `MissingRight` if the fault endpoint lacks the call right.
    pub fn configure(self, cnode: CNode, space: AddressSpace, faults: Option<Endpoint>) -> Result<(), Error> {
        let faults = faults.map_or(0, Endpoint::slot);
        perform(SystemCall::ThreadConfigure, [self.0, cnode.slot(), space.slot(), faults])
    }

    /// Names who hears when the suspended thread's budget is used up before its period is over: the endpoint receives a fault of kind
    /// [`Timeout`](crate::abi::FaultKind::Timeout), and the thread goes on when that is answered. `None`: it waits for its next refill.
    ///
    /// # Errors
    /// `NotSuspended`; `MissingRight` if the endpoint lacks the call right.
    pub fn set_timeout_endpoint(self, timeouts: Option<Endpoint>) -> Result<(), Error> {
        perform(SystemCall::ThreadSetTimeoutEndpoint, [self.0, timeouts.map_or(0, Endpoint::slot)])
    }

    /// Sets its priority and its maximum controlled priority.
    ///
    /// # Errors
    /// `PriorityTooHigh` if one is above the caller's maximum.
    pub fn set_priority(self, priority: u8, maximum: u8) -> Result<(), Error> {
        perform(SystemCall::ThreadSetPriority, [self.0, u64::from(priority), u64::from(maximum)])
    }

    /// Sets the registers of the suspended thread.
    ///
    /// # Errors
    /// `NotSuspended`; `InvalidAddress`.
    pub fn write_registers(self, registers: StartRegisters) -> Result<(), Error> {
        let StartRegisters { instruction_pointer, stack_pointer, arguments: [a, b, c] } = registers;
        perform(SystemCall::ThreadWriteRegisters, [self.0, instruction_pointer, stack_pointer, a, b, c])
    }

    /// Lets the suspended thread run.
    ///
    /// # Errors
    /// `NotSuspended`; `NotConfigured`.
    pub fn resume(self) -> Result<(), Error> {
        perform(SystemCall::ThreadResume, [self.0])
    }

    /// Stops the thread. A blocking call that it is in returns `Cancelled` when it is resumed.
    ///
    /// # Errors
    /// None of its own.
    pub fn suspend(self) -> Result<(), Error> {
        perform(SystemCall::ThreadSuspend, [self.0])
    }

    /// Makes the blocking call that the thread is in return `Cancelled`.
    ///
    /// # Errors
    /// `NotBlocked`.
    pub fn cancel(self) -> Result<(), Error> {
        perform(SystemCall::ThreadCancel, [self.0])
    }

    /// Lets the notification's signals arrive through the thread's receives.
    ///
    /// # Errors
    /// `MissingRight` if the notification lacks the wait right; `AlreadyBound`.
    pub fn bind_notification(self, notification: Notification) -> Result<(), Error> {
        perform(SystemCall::ThreadBindNotification, [self.0, notification.slot()])
    }

    /// Undoes [`bind_notification`](Self::bind_notification).
    ///
    /// # Errors
    /// `NotBound`.
    pub fn unbind_notification(self) -> Result<(), Error> {
        perform(SystemCall::ThreadBindNotification, [self.0, 0])
    }

    /// Where it is, and what it has used.
    ///
    /// # Errors
    /// None of its own.
    pub fn query(self) -> Result<ThreadStatus, Error> {
        let [_, state, priorities, nanoseconds, instruction_pointer, ..] = query(SystemCall::ThreadQuery, [self.0])?;
        Ok(ThreadStatus {
            state: ThreadState::from_number(state),
            priority: priorities as u8,
            maximum_priority: (priorities >> 8) as u8,
            time_used: Nanoseconds::new(nanoseconds),
            instruction_pointer,
        })
    }

    /// Makes a frame, mapped at `address` in the thread's space, the message buffer of the suspended thread.
    ///
    /// # Errors
    /// `NotSuspended`; `DeviceMemory`; `MissingRight` if the frame is not writable; `InvalidSize` unless it has 4 KiB;
    /// `Misaligned` for the address.
    pub fn set_buffer(self, frame: Frame, address: u64) -> Result<(), Error> {
        perform(SystemCall::ThreadSetBuffer, [self.0, frame.slot(), address])
    }

    /// Takes the message buffer away from the suspended thread.
    ///
    /// # Errors
    /// `NotSuspended`.
    pub fn clear_buffer(self) -> Result<(), Error> {
        perform(SystemCall::ThreadSetBuffer, [self.0, 0, 0])
    }

    /// Reads six registers from number `first` on, see [`register`](crate::abi::thread::register); zero for numbers that do not exist. The thread is suspended or
    /// stopped by a fault.
    ///
    /// # Errors
    /// `NotSuspended`; `InvalidRegister` if the first does not exist.
    pub fn read_registers(self, first: u64) -> Result<[u64; 6], Error> {
        let [_, a, b, c, d, e, f, _] = query(SystemCall::ThreadReadRegisters, [self.0, first])?;
        Ok([a, b, c, d, e, f])
    }

    /// Sets one to five registers from number `first` on. The thread is suspended or stopped by a fault.
    ///
    /// # Errors
    /// `NotSuspended`; `InvalidCount`; `InvalidRegister` if one does not exist; `Misaligned`, `InvalidAddress`, `InvalidArgument` for a
    /// value that the stack pointer, the instruction pointer or the flags cannot have. None is set then.
    pub fn set_registers(self, first: u64, values: &[u64]) -> Result<(), Error> {
        let mut arguments = [0; 8];
        let (head, tail) = arguments.split_at_mut(3);
        head.copy_from_slice(&[self.0, first, values.len() as u64]);
        for (place, value) in tail.iter_mut().zip(values) {
            *place = *value;
        }
        perform(SystemCall::ThreadSetRegisters, arguments)
    }

    /// Sets a breakpoint register: 0–3 for instructions, 4–7 for data. The thread is suspended or stopped by a fault.
    ///
    /// # Errors
    /// `NotSuspended`; `InvalidArgument` for an index, kind or length that does not fit the register; `Misaligned`;
    /// `InvalidAddress`; `NotSupported` if the processor has fewer registers.
    pub fn set_breakpoint(self, index: u64, breakpoint: Breakpoint) -> Result<(), Error> {
        let Breakpoint { kind, address, length } = breakpoint;
        perform(SystemCall::ThreadSetBreakpoint, [self.0, index, kind as u64, address, length])
    }

    /// A breakpoint register; `None` for a kind of a later ABI version.
    ///
    /// # Errors
    /// `InvalidArgument`.
    pub fn breakpoint(self, index: u64) -> Result<Option<Breakpoint>, Error> {
        let [_, kind, address, length, ..] = query(SystemCall::ThreadQueryBreakpoint, [self.0, index])?;
        Ok(BreakpointKind::from_number(kind).map(|kind| Breakpoint { kind, address, length }))
    }

    /// From now on each instruction of the thread ends in a fault. The thread is suspended or stopped by a fault.
    ///
    /// # Errors
    /// `NotSuspended`.
    pub fn start_stepping(self) -> Result<(), Error> {
        perform(SystemCall::ThreadSetStepping, [self.0, 1])
    }

    /// Undoes [`start_stepping`](Self::start_stepping).
    ///
    /// # Errors
    /// `NotSuspended`.
    pub fn stop_stepping(self) -> Result<(), Error> {
        perform(SystemCall::ThreadSetStepping, [self.0, 0])
    }
}
