//! Reply objects: the authority to answer one caller, once.

use crate::abi::{Error, SystemCall, Tag};
use crate::message::Message;
use crate::system::perform;

/// A capability to a reply object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(transparent)]
pub struct Reply(u64);

impl Reply {
    /// The capability in this slot of the caller's CNode.
    #[must_use]
    pub const fn from_slot(slot: u64) -> Reply {
        Reply(slot)
    }

    /// Its slot.
    #[must_use]
    pub const fn slot(self) -> u64 {
        self.0
    }

    /// Answers the caller that this object was received with. A faulted thread goes on if the label is 0.
    ///
    /// # Errors
    /// `NobodyWaiting` if it owes nobody an answer (any more); `NoBuffer` if the answer is longer than six words
    /// and a side has no message buffer.
    pub fn send(self, answer: Message) -> Result<(), Error> {
        let Message { tag, words: [a, b, c, d, e, f] } = answer;
        perform(SystemCall::Reply, [self.0, tag.bits(), a, b, c, d, e, f])
    }

    /// Answers with label 0 and no words.
    ///
    /// # Errors
    /// `NobodyWaiting` if it owes nobody an answer (any more).
    pub fn resume(self) -> Result<(), Error> {
        perform(SystemCall::Reply, [self.0, Tag::EMPTY.bits()])
    }
}
