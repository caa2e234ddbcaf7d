//! Messages between the console service and its clients.
//!
//! Label: bits 0–15 what, bits 16–31 a number of bytes. Bytes are packed little endian from word 0 on. A write of more than
//! 48 bytes goes on in the message buffer. An answer carries at most 48 bytes.

use heapless::Vec;
use l4k_sys::Message;
use l4k_sys::abi::message::{MESSAGE_WORDS_MAX, REGISTER_WORDS};
use l4k_sys::packing::{pack_bytes, unpack_bytes};

/// Bytes that travel without a message buffer.
pub const SHORT_BYTES: usize = REGISTER_WORDS * 8;

/// Bytes that one write takes at most.
pub const LONG_BYTES: usize = MESSAGE_WORDS_MAX * 8;

const COUNT_SHIFT: u32 = 16;
const WHAT_MASK: u32 = 0xffff;

const WRITE: u32 = 1;
const READ: u32 = 2;
const FLUSH: u32 = 3;

const TAKEN: u32 = 1;
const BYTES: u32 = 2;
const FLUSHED: u32 = 3;
const BUSY: u32 = 4;
const REFUSED: u32 = 5;

/// What a client asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Request {
    /// Send these many bytes, which follow. Answered by how many were taken; by 0, later, when there was no room.
    Write(usize),
    /// Give up to so many bytes that have come. Answered when at least one has.
    Read(usize),
    /// Say when everything written before has left for the hardware.
    Flush,
}

impl Request {
    /// As a label.
    #[must_use]
    pub const fn label(self) -> u32 {
        match self {
            Self::Write(count) => WRITE | (count as u32) << COUNT_SHIFT,
            Self::Read(count) => READ | (count as u32) << COUNT_SHIFT,
            Self::Flush => FLUSH,
        }
    }

    /// From a message; `None` if it is no request of this protocol, or its length does not fit its number of bytes.
    #[must_use]
    pub const fn from_message(message: &Message) -> Option<Request> {
        let count = (message.label() >> COUNT_SHIFT) as usize;
        match message.label() & WHAT_MASK {
            WRITE if count > 0 && words_of(count) == message.length() => Some(Self::Write(count)),
            READ if count > 0 && message.length() == 0 => Some(Self::Read(count)),
            FLUSH if count == 0 && message.length() == 0 => Some(Self::Flush),
            _ => None,
        }
    }
}

/// Bytes in an answer.
pub type ShortBytes = Vec<u8, SHORT_BYTES>;

/// What the service answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// So many bytes of the write were taken. 0: there was no room, but now there is.
    Taken(usize),
    /// Bytes that have come.
    Bytes(ShortBytes),
    /// Everything has left.
    Flushed,
    /// Somebody else reads already, or too many wait.
    Busy,
    /// Not a request of this protocol.
    Refused,
}

impl Answer {
    /// As a message.
    #[must_use]
    pub fn to_message(&self) -> Message {
        match self {
            Self::Taken(count) => Message::new(TAKEN | (*count as u32) << COUNT_SHIFT, []),
            Self::Bytes(bytes) => short_message(BYTES, bytes),
            Self::Flushed => Message::new(FLUSHED, []),
            Self::Busy => Message::new(BUSY, []),
            Self::Refused => Message::new(REFUSED, []),
        }
    }

    /// From a message; `None` if it is no answer of this protocol.
    #[must_use]
    pub fn from_message(message: &Message) -> Option<Answer> {
        let count = (message.label() >> COUNT_SHIFT) as usize;
        match message.label() & WHAT_MASK {
            TAKEN => Some(Self::Taken(count)),
            BYTES if count <= SHORT_BYTES => Some(Self::Bytes(unpack_bytes(message.words).take(count).collect())),
            FLUSHED => Some(Self::Flushed),
            BUSY => Some(Self::Busy),
            REFUSED => Some(Self::Refused),
            _ => None,
        }
    }
}

/// A request to write up to 48 bytes, without a message buffer.
#[must_use]
pub fn short_write(bytes: &[u8]) -> Message {
    short_message(WRITE, bytes)
}

/// Words that so many bytes take.
#[must_use]
pub const fn words_of(bytes: usize) -> usize {
    bytes.div_ceil(8)
}

/// A message with up to 48 bytes; more are left out.
fn short_message(what: u32, bytes: &[u8]) -> Message {
    let bytes = bytes.get(..SHORT_BYTES).unwrap_or(bytes);
    let label = what | (bytes.len() as u32) << COUNT_SHIFT;
    Message::long(label, words_of(bytes.len()), pack_bytes(bytes)).unwrap_or(Message::EMPTY)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_survive_their_message() {
        assert_eq!(Request::from_message(&short_write(b"hello there")), Some(Request::Write(11)));
        for request in [Request::Read(48), Request::Flush] {
            assert_eq!(Request::from_message(&Message::new(request.label(), [])), Some(request));
        }
    }

    #[test]
    fn answers_survive_their_message() {
        let bytes = Answer::Bytes(ShortBytes::from_slice(&[7; SHORT_BYTES]).unwrap());
        for answer in [Answer::Taken(960), bytes, Answer::Flushed, Answer::Busy, Answer::Refused] {
            assert_eq!(Answer::from_message(&answer.to_message()), Some(answer));
        }
    }

    #[test]
    fn a_length_that_does_not_fit_the_number_of_bytes_is_no_request() {
        let label = Request::Write(9).label();
        assert_eq!(Request::from_message(&Message::new(label, [0])), None);
        assert_eq!(Request::from_message(&Message::new(Request::Write(0).label(), [])), None);
        assert_eq!(Request::from_message(&Message::new(Request::Read(1).label(), [0])), None);
        assert_eq!(Request::from_message(&Message::new(77, [])), None);
        assert_eq!(Answer::from_message(&Message::new(2 | 49 << 16, [])), None);
    }
}
