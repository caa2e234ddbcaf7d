//! A message on a fast path: in registers from the sender to the receiver, without a stop in memory where the machine can do that.

use crate::base::registers::{FIRST_WORD, STATUS, TAG};
use crate::base::store::Ref;
use crate::object::thread::{Thread, Use};
use l4k_sys::abi::message::REGISTER_WORDS;
use l4k_sys::abi::{Arrival, Tag};

/// Words that travel in registers.
pub type Words = [u64; REGISTER_WORDS];

/// What a thread calls with: x0, the tag in x1, and the words in x2–x7.
#[derive(Clone, Copy, Debug)]
pub struct Sent {
    /// The capability that is called.
    pub address: u64,
    /// As it came.
    pub tag: u64,
    /// As they came; those past the length may be anything.
    pub words: Words,
}

/// What a thread finds that runs next: status 0, the tag in x1 and the words in x2–x7, zero past the length. The badge is in its context
/// already.
#[derive(Clone, Copy, Debug)]
pub struct Delivered {
    /// The thread.
    pub thread: Ref<Thread>,
    /// As it was sent.
    pub tag: Tag,
    /// As they were sent: whoever puts them into registers cuts them.
    pub words: Words,
    /// Whether registers of units are still to be switched.
    pub units: Use,
}

impl Sent {
    /// From the registers of a context.
    #[must_use]
    pub fn of(x: &[u64; 31]) -> Sent {
        let [address, tag, words @ ..] = *x.first_chunk::<{ FIRST_WORD + REGISTER_WORDS }>().unwrap_or(&[0; 8]);
        Sent { address, tag, words }
    }

    /// Writes them to the registers of a context.
    pub fn put(&self, x: &mut [u64; 31]) {
        (x[STATUS], x[TAG]) = (self.address, self.tag);
        x[FIRST_WORD..FIRST_WORD + REGISTER_WORDS].copy_from_slice(&self.words);
    }

    /// The tag, if the message travels in registers and brings no capabilities.
    #[inline(always)]
    pub(super) fn plain_tag(&self) -> Option<Tag> {
        let tag = Tag::from_kernel(self.tag);
        tag.is_plain().then_some(tag)
    }
}

impl Delivered {
    /// Writes it to the result registers of the thread's context, all but the badge.
    pub fn put(&self, x: &mut [u64; 31]) {
        (x[STATUS], x[TAG]) = (Arrival::Message as u64, self.tag.bits());
        let registers = &mut x[FIRST_WORD..FIRST_WORD + REGISTER_WORDS];
        for (index, (register, word)) in registers.iter_mut().zip(self.words).enumerate() {
            *register = if index < self.tag.length() { word } else { 0 };
        }
    }
}
