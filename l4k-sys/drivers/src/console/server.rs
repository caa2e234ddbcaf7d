//! The loop of the console service: one receive for the clients and for the interrupt.

use heapless::Vec;
use l4k_sys::abi::message::REGISTER_WORDS;
use l4k_sys::buffer::MessageBuffer;
use l4k_sys::packing::unpack_bytes;
use l4k_sys::{Badge, Endpoint, Error, Irq, Message, Received, Reply};

use super::protocol::{Answer, Request, words_of};
use super::service::{CALLERS_MAX, Completion, ConsoleService, Outcome};
use crate::serial::SerialHardware;

/// Reply objects that the server needs: one for each caller that can wait, and one for the next.
pub const REPLIES: usize = CALLERS_MAX + 1;

/// The console server.
#[derive(Debug)]
pub struct ConsoleServer<H> {
    service: ConsoleService<H, Reply>,
    endpoint: Endpoint,
    irq: Irq,
    free: Vec<Reply, REPLIES>,
}

impl<H: SerialHardware> ConsoleServer<H> {
    /// A server of `endpoint` for the UART whose interrupt is `irq`, which is bound to a notification that is bound to this
    /// thread.
    pub fn new(hardware: H, endpoint: Endpoint, irq: Irq, replies: [Reply; REPLIES]) -> ConsoleServer<H> {
        ConsoleServer { service: ConsoleService::new(hardware), endpoint, irq, free: Vec::from_array(replies) }
    }

    /// Serves for ever.
    ///
    /// # Errors
    /// Whatever makes a receive or an acknowledgement impossible, for example `PeerGone` if the endpoint was destroyed.
    pub fn run(mut self) -> Result<core::convert::Infallible, Error> {
        loop {
            let reply = self.free.last().copied().ok_or(Error::Busy)?;
            match self.endpoint.receive(reply)? {
                Received::Message { message, badge } => self.answer(reply, &message, badge),
                Received::Notification { .. } => {
                    self.service.interrupt();
                    self.irq.acknowledge()?;
                }
                // Nobody was given this endpoint for its faults. Answering with another label leaves the thread suspended.
                Received::Fault { .. } => deliver(reply, &Answer::Refused).unwrap_or_default(),
            }
            self.complete();
        }
    }

    fn answer(&mut self, reply: Reply, message: &Message, badge: Badge) {
        let outcome = match Request::from_message(message) {
            Some(Request::Write(count)) => self.service.write(reply, bytes_of(message, count)),
            Some(Request::Read(count)) => self.service.read(reply, badge, count),
            Some(Request::Flush) => self.service.flush(reply),
            None => Outcome::Now(Answer::Refused),
        };
        match outcome {
            Outcome::Now(answer) => self.deliver(reply, &answer),
            Outcome::Later => {
                self.free.pop();
            }
        }
    }

    fn complete(&mut self) {
        while let Some(Completion { caller, answer }) = self.service.next_completion() {
            self.deliver(caller, &answer);
            let _ = self.free.push(caller);
        }
    }

    /// A caller that has died or given up gets nothing; bytes for it are kept for the next.
    fn deliver(&mut self, caller: Reply, answer: &Answer) {
        if deliver(caller, answer).is_err() {
            self.service.undelivered(answer);
        }
    }
}

fn deliver(caller: Reply, answer: &Answer) -> Result<(), Error> {
    caller.send(answer.to_message())
}

/// The bytes of a write: from the registers, then from the message buffer.
fn bytes_of(message: &Message, count: usize) -> impl Iterator<Item = u8> {
    let beyond = (REGISTER_WORDS..words_of(count)).map_while(|index| MessageBuffer::current()?.word(index));
    unpack_bytes(message.words.into_iter().chain(beyond)).take(count)
}
