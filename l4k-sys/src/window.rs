//! The window of the running thread: the slots of its own CNode into which the capabilities of the next message go that brings any.

use crate::abi::{Error, SystemCall};
use crate::system::perform;

/// Names `count` empty slots from `first` on, in place of those named before. The next message that brings capabilities uses the window up,
/// whether it fills it or not.
///
/// # Errors
/// `InvalidCount` above four; `SlotOutOfRange`; `SlotOccupied`.
pub fn set(first: u64, count: u64) -> Result<(), Error> {
    perform(SystemCall::SetWindow, [0, first, count])
}

/// Takes the window away: messages with capabilities are refused.
///
/// # Errors
/// None of its own.
pub fn clear() -> Result<(), Error> {
    set(0, 0)
}
