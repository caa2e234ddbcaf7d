//! What an operation leaves to be done when it is over.

/// What becomes of the calling thread's registers. One place acts on it: `Kernel::conclude`.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Success without results.
    Done,
    /// Success; this is x1.
    Value(u64),
    /// The result registers are written already, or will be when the thread is woken.
    Settled,
    /// The operation stopped at a preemption point: the call is made again from the beginning.
    Restart,
    /// As [`Restart`](Self::Restart), with x7 telling how far it came. A program that makes another value of it skips work of its own.
    RestartAt(u64),
    /// There is no such call, which is a fault of the caller.
    Unknown,
    /// A call of firmware, which is noted at the core, and made outside of the kernel's lock; the results come later.
    Firmware,
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
