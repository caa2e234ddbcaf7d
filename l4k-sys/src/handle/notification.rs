//! Notifications: a word of signals.

use crate::abi::{Error, SystemCall};
use crate::message::check;
use crate::refusal;
use crate::stub;

/// A capability to a notification.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(transparent)]
pub struct Notification(u64);

impl Notification {
    /// The capability in this slot of the caller's CNode.
    #[must_use]
    pub const fn from_slot(slot: u64) -> Notification {
        Notification(slot)
    }

    /// Its slot.
    #[must_use]
    pub const fn slot(self) -> u64 {
        self.0
    }

    /// Ors the capability's badge into the notification's word and wakes who waits. Never blocks.
    ///
    /// # Errors
    /// `MissingRight` without the signal right.
    #[inline(always)]
    pub fn signal(self) -> Result<(), Error> {
        check(SystemCall::Signal, stub::on_capability(SystemCall::Signal, self.0).0)
    }

    /// Waits until the word is not zero, and takes it.
    ///
    /// # Errors
    /// `MissingRight` without the wait right; `PeerGone` if the notification went away; `Cancelled`.
    #[inline]
    pub fn wait(self) -> Result<u64, Error> {
        word_of(SystemCall::Wait, stub::on_capability(SystemCall::Wait, self.0))
    }

    /// Takes the word if it is not zero.
    ///
    /// # Errors
    /// `WouldBlock` if it is zero; `MissingRight` without the wait right.
    #[inline]
    pub fn poll(self) -> Result<u64, Error> {
        word_of(SystemCall::Poll, stub::on_capability(SystemCall::Poll, self.0))
    }
}

/// A wait returns with an arrival: 0, or the number of a notification.
fn word_of(call: SystemCall, (status, word): (u64, u64)) -> Result<u64, Error> {
    const NOTIFICATION: u64 = crate::abi::Arrival::Notification as u64;
    match status {
        0 | NOTIFICATION => Ok(word),
        status => Err(refusal::note_call(call, status)),
    }
}
