//! Endpoints: where callers and servers meet.

use core::convert::Infallible;

use super::Reply;
use crate::Badge;
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
        Received::from_registers(SystemCall::Receive, &stub::receive(SystemCall::Receive, self.0, reply.slot()))
    }

    /// [`receive`](Self::receive) that does not wait.
    ///
    /// # Errors
    /// `WouldBlock` if nothing is there; otherwise as [`receive`](Self::receive).
    #[inline]
    pub fn try_receive(self, reply: Reply) -> Result<Received, Error> {
        Received::from_registers(SystemCall::TryReceive, &stub::receive(SystemCall::TryReceive, self.0, reply.slot()))
    }

    /// Answers the caller of `reply` and waits for the next, with the same reply object, in one system call.
    ///
    /// # Errors
    /// Those of [`Reply::send`] and of [`receive`](Self::receive).
    #[inline(always)]
    pub fn reply_receive(self, reply: Reply, answer: Message) -> Result<Received, Error> {
        let registers = stub::reply_receive(self.0, reply.slot(), answer.tag.bits(), answer.words);
        Received::from_registers(SystemCall::ReplyReceive, &registers)
    }

    /// Serves for ever: answers each call with what `answer` makes of it. No client can end it. One that goes away, or has no buffer
    /// for a long answer, is told or forgotten; a thread that somebody let fault at this endpoint stays stopped. Signals of the bound
    /// notification are dropped: a server that waits for them has a loop of its own.
    ///
    /// # Errors
    /// Those of [`receive`](Self::receive), which no client can bring about.
    #[inline]
    pub fn serve(self, reply: Reply, mut answer: impl FnMut(&Message, Badge) -> Message) -> Result<Infallible, Error> {
        let mut received = self.receive(reply)?;
        loop {
            received = match &received {
                Received::Message { message, badge } => self.answer(reply, answer(message, *badge))?,
                Received::Fault { .. } => self.answer(reply, Message::REFUSAL)?,
                Received::Notification { .. } => self.receive(reply)?,
            };
        }
    }

    /// Answers, or refuses, or forgets a caller, and waits for the next.
    #[inline]
    fn answer(self, reply: Reply, answer: Message) -> Result<Received, Error> {
        let received = match self.reply_receive(reply, answer) {
            Err(Error::NoBuffer) => self.reply_receive(reply, Message::REFUSAL),
            received => received,
        };
        match received {
            Err(Error::NobodyWaiting) => self.receive(reply),
            received => received,
        }
    }
}
