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
