//! The client's side of the console service, with the traits that other crates write to.

use core::fmt;

use embedded_io::{ErrorKind, ErrorType, Read, Write};
use l4k_sys::abi::message::REGISTER_WORDS;
use l4k_sys::buffer::MessageBuffer;
use l4k_sys::packing::{pack_bytes, pack_word};
use l4k_sys::{Endpoint, Error, Message, system};

use super::protocol::{Answer, LONG_BYTES, Request, SHORT_BYTES, short_write, words_of};

/// Why a request of a client failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConsoleError {
    /// The call failed.
    Call(Error),
    /// Somebody else is reading.
    Busy,
    /// The server does not speak this protocol.
    Protocol,
}

impl fmt::Display for ConsoleError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Call(error) => write!(formatter, "the console cannot be called: {error}"),
            Self::Busy => write!(formatter, "somebody else reads the console"),
            Self::Protocol => write!(formatter, "the console gave an answer that is none"),
        }
    }
}

impl core::error::Error for ConsoleError {}

impl embedded_io::Error for ConsoleError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::Call(Error::PeerGone) => ErrorKind::ConnectionReset,
            Self::Call(Error::Cancelled) => ErrorKind::Interrupted,
            Self::Call(Error::MissingRight) => ErrorKind::PermissionDenied,
            Self::Busy => ErrorKind::AddrInUse,
            Self::Call(_) | Self::Protocol => ErrorKind::Other,
        }
    }
}

/// A client of the console service.
///
/// It outlives the driver: a call that returns `PeerGone` is made again, and served by the driver that has come in its
/// place. What the old one had taken and not sent is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConsoleClient {
    endpoint: Endpoint,
}

impl ConsoleClient {
    /// A client of the service behind this endpoint.
    #[must_use]
    pub const fn new(endpoint: Endpoint) -> ConsoleClient {
        ConsoleClient { endpoint }
    }

    fn ask(self, request: impl Fn() -> Message) -> Result<Answer, ConsoleError> {
        loop {
            match self.endpoint.call(request()) {
                Ok(answer) => return Answer::from_message(&answer).ok_or(ConsoleError::Protocol),
                Err(Error::PeerGone) => {}
                Err(error) => return Err(ConsoleError::Call(error)),
            }
        }
    }

    /// Writes up to 960 bytes if both sides have a message buffer, otherwise up to 48.
    fn ask_to_write(self, bytes: &[u8]) -> Result<Answer, ConsoleError> {
        let short = bytes.get(..SHORT_BYTES).unwrap_or(bytes);
        if let Some(buffer) = MessageBuffer::current()
            && bytes.len() > SHORT_BYTES
        {
            let long = bytes.get(..LONG_BYTES).unwrap_or(bytes);
            match self.ask(|| long_write(buffer, long).unwrap_or(Message::EMPTY)) {
                Err(ConsoleError::Call(Error::NoBuffer)) => {}
                answer => return answer,
            }
        }
        self.ask(|| short_write(short))
    }
}

fn long_write(buffer: MessageBuffer, bytes: &[u8]) -> Result<Message, Error> {
    for (index, piece) in bytes.chunks(8).enumerate().skip(REGISTER_WORDS) {
        buffer.set_word(index, pack_word(piece))?;
    }
    Message::long(Request::Write(bytes.len()).label(), words_of(bytes.len()), pack_bytes(bytes))
}

impl ErrorType for ConsoleClient {
    type Error = ConsoleError;
}

impl Write for ConsoleClient {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, ConsoleError> {
        if bytes.is_empty() {
            return Ok(0);
        }
        loop {
            match self.ask_to_write(bytes)? {
                // No room then, but now.
                Answer::Taken(0) => {}
                Answer::Taken(count) => return Ok(count.min(bytes.len())),
                // Too many wait for room: let them, and whoever makes it, run.
                Answer::Busy => system::yield_now(),
                _ => return Err(ConsoleError::Protocol),
            }
        }
    }

    fn flush(&mut self) -> Result<(), ConsoleError> {
        loop {
            match self.ask(|| Message::new(Request::Flush.label(), []))? {
                Answer::Flushed => return Ok(()),
                Answer::Busy => system::yield_now(),
                _ => return Err(ConsoleError::Protocol),
            }
        }
    }
}

impl Read for ConsoleClient {
    fn read(&mut self, bytes: &mut [u8]) -> Result<usize, ConsoleError> {
        if bytes.is_empty() {
            return Ok(0);
        }
        let request = Request::Read(bytes.len().min(SHORT_BYTES));
        match self.ask(|| Message::new(request.label(), []))? {
            Answer::Bytes(came) => {
                let count = came.len().min(bytes.len());
                for (place, byte) in bytes.iter_mut().zip(&came) {
                    *place = *byte;
                }
                Ok(count)
            }
            Answer::Busy => Err(ConsoleError::Busy),
            _ => Err(ConsoleError::Protocol),
        }
    }
}

impl fmt::Write for ConsoleClient {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.write_all(text.as_bytes()).map_err(|_| fmt::Error)
    }
}

#[cfg(test)]
#[path = "client_tests.rs"]
mod tests;
