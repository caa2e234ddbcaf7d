//! What programs exchange: messages, and what a receiving call returns with.

use crate::abi::message::REGISTER_WORDS;
use crate::abi::{Arrival, Error, Fault, SystemCall, Tag};
use crate::quantity::Badge;
use crate::refusal;
use crate::registers::Registers;

/// A message: its tag and the words that travel in registers. Words beyond lie in the
/// [`MessageBuffer`](crate::buffer::MessageBuffer).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Message {
    /// Label and length.
    pub tag: Tag,
    /// The first six words; those past the length are zero.
    pub words: [u64; REGISTER_WORDS],
}

impl Message {
    /// Label 0 and no words.
    pub const EMPTY: Message = Message { tag: Tag::EMPTY, words: [0; REGISTER_WORDS] };

    /// Label 1 and no words. To a caller it says no; a thread that faulted stays stopped.
    pub const REFUSAL: Message = Message::new(1, []);

    /// A message of up to six words.
    #[must_use]
    #[inline(always)]
    pub const fn new<const N: usize>(label: u32, words: [u64; N]) -> Message {
        const { assert!(N <= REGISTER_WORDS, "six words travel in registers; see Message::long") };
        let mut all = [0; REGISTER_WORDS];
        let mut index = 0;
        while index < N {
            all[index] = words[index];
            index += 1;
        }
        Message { tag: short_tag(label, N), words: all }
    }

    /// A message of `length` words, of which those from the seventh on were written to the message buffer before.
    ///
    /// # Errors
    /// `MessageTooLong` above 120 words.
    pub const fn long(label: u32, length: usize, words: [u64; REGISTER_WORDS]) -> Result<Message, Error> {
        match Tag::new(label, length) {
            Ok(tag) => Ok(Message { tag, words }),
            Err(error) => Err(error),
        }
    }

    /// A message that brings the capabilities in these slots of the sender's CNode, followed by words.
    ///
    /// # Errors
    /// `TooManyCapabilities` above four; `MessageTooLong` above six words, the slots included.
    pub const fn with_capabilities<const C: usize, const N: usize>(
        label: u32,
        slots: [u64; C],
        words: [u64; N],
    ) -> Result<Message, Error> {
        if C + N > REGISTER_WORDS {
            return Err(Error::MessageTooLong);
        }
        let mut all = [0; REGISTER_WORDS];
        let mut index = 0;
        while index < C + N {
            all[index] = if index < C { slots[index] } else { words[index - C] };
            index += 1;
        }
        match short_tag(label, C + N).with_capabilities(C) {
            Ok(tag) => Ok(Message { tag, words: all }),
            Err(error) => Err(error),
        }
    }

    /// How many capabilities it brings. Received, its first words are the slots that they are in.
    #[must_use]
    pub const fn capabilities(&self) -> usize {
        self.tag.capabilities()
    }

    /// What the message is about.
    #[must_use]
    #[inline(always)]
    pub const fn label(&self) -> u32 {
        self.tag.label()
    }

    /// Its length in words.
    #[must_use]
    #[inline(always)]
    pub const fn length(&self) -> usize {
        self.tag.length()
    }

    /// The fault that this message describes, if it arrived as a fault.
    #[must_use]
    pub const fn fault(&self) -> Option<Fault> {
        Fault::from_message(self.tag, &self.words)
    }

    #[inline(always)]
    fn from_registers(registers: &Registers) -> Message {
        let [_, tag, a, b, c, d, e, f] = registers.x;
        Message { tag: Tag::from_kernel(tag), words: [a, b, c, d, e, f] }
    }

    /// The answer to a call.
    #[inline(always)]
    pub(crate) fn from_answer(registers: &Registers) -> Result<Message, Error> {
        match registers.x[0] {
            0 => Ok(Self::from_registers(registers)),
            status => Err(refusal::note_call(SystemCall::Call, status)),
        }
    }
}

const fn short_tag(label: u32, length: usize) -> Tag {
    match Tag::new(label, length) {
        Ok(tag) => tag,
        Err(_) => Tag::EMPTY,
    }
}

/// What a receiving call returned with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Received {
    /// A caller waits for the answer, which goes through the reply object of the receive.
    Message {
        /// What the caller sent.
        message: Message,
        /// Badge of the capability that it called through.
        badge: Badge,
    },
    /// The bound notification was signalled. The reply object stays free.
    Notification {
        /// The or-ed badges of all signals since the last time.
        signals: u64,
    },
    /// A thread has faulted and waits. Answering with label 0 lets it go on.
    Fault {
        /// The fault; [`Message::fault`] decodes it.
        message: Message,
        /// Badge of its fault endpoint capability.
        badge: Badge,
    },
}

impl Received {
    #[inline(always)]
    pub(crate) fn from_registers(call: SystemCall, registers: &Registers) -> Result<Received, Error> {
        const NOTIFICATION: u64 = Arrival::Notification as u64;
        const FAULT: u64 = Arrival::Fault as u64;
        let badge = Badge::new(registers.x9);
        match registers.x[0] {
            0 => Ok(Self::Message { message: Message::from_registers(registers), badge }),
            NOTIFICATION => Ok(Self::Notification { signals: registers.x9 }),
            FAULT => Ok(Self::Fault { message: Message::from_registers(registers), badge }),
            status => Err(refusal::note_call(call, status)),
        }
    }
}

/// The status of a call as a result.
#[inline(always)]
pub(crate) fn check(call: SystemCall, status: u64) -> Result<(), Error> {
    if status == 0 { Ok(()) } else { Err(refusal::note_call(call, status)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_past_the_length_are_zero() {
        let message = Message::new(7, [1, 2]);
        assert_eq!((message.label(), message.length(), message.words), (7, 2, [1, 2, 0, 0, 0, 0]));
    }

    #[test]
    fn capabilities_are_the_first_words() {
        let message = Message::with_capabilities(7, [30, 31], [5]).unwrap();
        assert_eq!((message.capabilities(), message.length()), (2, 3));
        assert_eq!(message.words, [30, 31, 5, 0, 0, 0]);
        assert_eq!(Message::with_capabilities(7, [1; 5], []), Err(Error::TooManyCapabilities));
        assert_eq!(Message::with_capabilities(7, [1; 4], [0; 3]), Err(Error::MessageTooLong));
    }

    #[test]
    fn what_arrived_is_told_by_the_status() {
        let arrived = |status| {
            Received::from_registers(SystemCall::Receive, &Registers { x9: 5, ..Registers::new([status, 1, 9]) })
        };
        let Ok(Received::Message { message, badge }) = arrived(0) else { panic!() };
        assert_eq!((message.length(), message.words[0], badge.value()), (1, 9, 5));
        assert_eq!(arrived(0x1_0000), Ok(Received::Notification { signals: 5 }));
        assert!(matches!(arrived(0x2_0000), Ok(Received::Fault { .. })));
        assert_eq!(arrived(33), Err(Error::PeerGone));
        assert_eq!(arrived(u64::MAX), Err(Error::NotSupported));
    }

    #[test]
    fn a_message_longer_than_the_buffer_is_refused() {
        assert_eq!(Message::long(0, 121, [0; 6]), Err(Error::MessageTooLong));
    }
}
