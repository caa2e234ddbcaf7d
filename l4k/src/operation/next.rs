//! What an operation leaves to be done when it is over.

use crate::base::firmware::FirmwareCall;

/// What becomes of the calling thread's registers. One place acts on it: `Kernel::conclude`.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Success without results.
    Done,
    /// Success; these are x1–x7.
    Values([u64; 7]),
    /// The result registers are written already, or will be when the thread is woken.
    Settled,
    /// The operation stopped at a preemption point: the call is made again from the beginning.
    Restart,
    /// As [`Restart`](Self::Restart), with x7 telling how far it came. A program that makes another value of it skips work of its own.
    RestartAt(u64),
    /// A call of firmware, which is made outside of the kernel's lock; the results come later.
    Firmware(FirmwareCall),
}

impl Next {
    /// Success with one result, in x1.
    pub const fn value(value: u64) -> Next {
        Next::Values([value, 0, 0, 0, 0, 0, 0])
    }
}

/// Whether work done in bounded steps is over.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Nothing is left.
    Complete,
    /// At least one more step.
    More,
}
