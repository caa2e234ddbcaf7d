//! What a query of a thread returns.

/// Where a thread is, as [`ThreadQuery`](super::SystemCall::ThreadQuery) reports it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum ThreadState {
    /// Not started, or stopped by somebody who may.
    Suspended = 0,
    /// Running, or ready to.
    Ready = 1,
    /// Ready, but without a scheduling context.
    NoContext = 2,
    /// Waiting for a server to receive its call.
    Calling = 3,
    /// Waiting for the answer to its call.
    AwaitingReply = 4,
    /// Waiting for a call.
    Receiving = 5,
    /// Waiting on a notification.
    Waiting = 6,
    /// Stopped by a fault that its handler has not answered, or without a handler.
    Faulted = 7,
}

impl ThreadState {
    /// The state with this number.
    #[must_use]
    pub const fn from_number(number: u64) -> Option<ThreadState> {
        Some(match number {
            0 => Self::Suspended,
            1 => Self::Ready,
            2 => Self::NoContext,
            3 => Self::Calling,
            4 => Self::AwaitingReply,
            5 => Self::Receiving,
            6 => Self::Waiting,
            7 => Self::Faulted,
            _ => return None,
        })
    }
}

/// Numbers of registers, for [`ThreadReadRegisters`](super::SystemCall::ThreadReadRegisters) and
/// [`ThreadSetRegisters`](super::SystemCall::ThreadSetRegisters). 0 to 30 are `x0` to `x30`.
pub mod register {
    /// Stack pointer; a multiple of 16.
    pub const STACK_POINTER: u64 = 31;
    /// Instruction pointer; a multiple of 4.
    pub const INSTRUCTION_POINTER: u64 = 32;
    /// The condition flags N, Z, C and V, bits 31 to 28. All others are 0.
    pub const FLAGS: u64 = 33;
    /// The program's own thread pointer, TPIDR_EL0.
    pub const THREAD_POINTER: u64 = 34;
    /// Low half of `v0`; then its high half, `v1`, and so on to `v31`. From here on only threads with FP/SIMD registers.
    pub const FLOATING_POINT_FIRST: u64 = 64;
    /// FPCR.
    pub const FLOATING_POINT_CONTROL: u64 = 128;
    /// FPSR.
    pub const FLOATING_POINT_STATUS: u64 = 129;
}

/// Breakpoint registers for instructions: indices 0 to 3.
pub const INSTRUCTION_BREAKPOINTS: u64 = 4;

/// Breakpoint registers of a thread in all: indices 4 to 7 are for data.
pub const BREAKPOINTS: u64 = 8;

/// What a breakpoint register stops at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum BreakpointKind {
    /// Nothing.
    #[default]
    Off = 0,
    /// Execution of the instruction at an address.
    Execute = 1,
    /// Loads from a range.
    Read = 2,
    /// Stores to a range.
    Write = 3,
    /// Loads from and stores to a range.
    ReadWrite = 4,
}

impl BreakpointKind {
    /// The kind with this number.
    #[must_use]
    pub const fn from_number(number: u64) -> Option<BreakpointKind> {
        Some(match number {
            0 => Self::Off,
            1 => Self::Execute,
            2 => Self::Read,
            3 => Self::Write,
            4 => Self::ReadWrite,
            _ => return None,
        })
    }
}
