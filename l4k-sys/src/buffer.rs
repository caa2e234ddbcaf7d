//! The message buffer of a thread: the words of a message beyond those that travel in registers.

use core::marker::PhantomData;

use crate::abi::Error;
use crate::abi::message::{MESSAGE_WORDS_MAX, REGISTER_WORDS};
use crate::stub;

/// The message buffer of the running thread. It stays with its thread, hence neither `Send` nor `Sync`.
#[derive(Clone, Copy, Debug)]
pub struct MessageBuffer {
    of_this_thread: PhantomData<*const ()>,
}

impl MessageBuffer {
    /// The buffer of the running thread, if it has one.
    #[must_use]
    pub fn current() -> Option<MessageBuffer> {
        if stub::buffer_address() == 0 { None } else { Some(MessageBuffer { of_this_thread: PhantomData }) }
    }

    /// Word `index` of the message that arrived last; `None` unless `index` is from 6 to 119.
    #[must_use]
    pub fn word(self, index: usize) -> Option<u64> {
        if in_buffer(index) { stub::buffer_word(index) } else { None }
    }

    /// Sets word `index` of the message to be sent next.
    ///
    /// # Errors
    /// `MessageTooLong` from word 120 on, `InvalidArgument` for the six words that travel in registers.
    pub fn set_word(self, index: usize, word: u64) -> Result<(), Error> {
        if index >= MESSAGE_WORDS_MAX {
            return Err(Error::MessageTooLong);
        }
        if index < REGISTER_WORDS {
            return Err(Error::InvalidArgument);
        }
        stub::set_buffer_word(index, word).ok_or(Error::NoBuffer)
    }
}

fn in_buffer(index: usize) -> bool {
    (REGISTER_WORDS..MESSAGE_WORDS_MAX).contains(&index)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_words_beyond_the_registers_are_in_the_buffer() {
        assert!(MessageBuffer::current().is_none());
        stub::install_buffer();
        let buffer = MessageBuffer::current().unwrap();
        assert_eq!(buffer.set_word(5, 1), Err(Error::InvalidArgument));
        assert_eq!(buffer.set_word(120, 1), Err(Error::MessageTooLong));
        assert_eq!(buffer.set_word(119, 7), Ok(()));
        assert_eq!(buffer.word(119), Some(7));
        assert_eq!((buffer.word(5), buffer.word(120)), (None, None));
    }
}
