//! Threads.

use super::{AddressSpace, CNode, Endpoint, Frame, Notification};
use crate::abi::{Error, SystemCall, ThreadState};
use crate::quantity::Nanoseconds;
use crate::system::{perform, query};

/// A capability to a thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(transparent)]
pub struct Thread(u64);

/// The registers that a thread starts with; all others are zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StartRegisters {
    /// Where it begins.
    pub instruction_pointer: u64,
    /// Its stack's upper end, a multiple of 16.
    pub stack_pointer: u64,
    /// `x0`–`x2`.
    pub arguments: [u64; 3],
}

/// What a thread says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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

    /// Reads six registers of the suspended thread from number `first` on: 0–30, 31 sp, 32 pc, 33 pstate; zero past the end.
    ///
    /// # Errors
    /// `NotSuspended`; `InvalidRegister` above 33.
    pub fn read_registers(self, first: u64) -> Result<[u64; 6], Error> {
        let [_, a, b, c, d, e, f, _] = query(SystemCall::ThreadReadRegisters, [self.0, first])?;
        Ok([a, b, c, d, e, f])
    }
}
