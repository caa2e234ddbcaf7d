//! Endpoints: where callers and servers meet.

use super::Reply;
use crate::abi::{Error, SystemCall};
use crate::message::{Message, Received};
use crate::stub;

/// A capability to an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(transparent)]
pub struct Endpoint(u64);

impl Endpoint {
    /// The capability in this slot of the caller's CNode.
    #[must_use]
    pub const fn from_slot(slot: u64) -> Endpoint {
        Endpoint(slot)
    }

    /// Its slot.
    #[must_use]
    pub const fn slot(self) -> u64 {
        self.0
    }

    /// Calls the server and waits for its answer.
    ///
    /// # Errors
    /// `MissingRight` without the call right; `NoBuffer` if the message or the answer is longer than six words and a
    /// side has no message buffer; `PeerGone` if the server or the endpoint went away; `Cancelled`.
    #[inline(always)]
    pub fn call(self, message: Message) -> Result<Message, Error> {
        Message::from_answer(&stub::call(self.0, message.tag.bits(), message.words))
    }

    /// Waits for a caller, a fault or the bound notification. A caller is answered through `reply`.
    ///
    /// # Errors
    /// `MissingRight` without the receive right; `Busy` if `reply` still owes an answer; `PeerGone` if the endpoint went
    /// away; `Cancelled`.
    #[inline(always)]
    pub fn receive(self, reply: Reply) -> Result<Received, Error> {
        Received::from_registers(&stub::receive(SystemCall::Receive, self.0, reply.slot()))
    }

    /// [`receive`](Self::receive) that does not wait.
    ///
    /// # Errors
    /// `WouldBlock` if nothing is there; otherwise as [`receive`](Self::receive).
    #[inline]
    pub fn try_receive(self, reply: Reply) -> Result<Received, Error> {
        Received::from_registers(&stub::receive(SystemCall::TryReceive, self.0, reply.slot()))
    }

    /// Answers the caller of `reply` and waits for the next, with the same reply object, in one system call.
    ///
    /// # Errors
    /// Those of [`Reply::send`] and of [`receive`](Self::receive).
    #[inline(always)]
    pub fn reply_receive(self, reply: Reply, answer: Message) -> Result<Received, Error> {
        let registers = stub::reply_receive(self.0, reply.slot(), answer.tag.bits(), answer.words);
        Received::from_registers(&registers)
    }
}
