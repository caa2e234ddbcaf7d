//! A message on a fast path: in registers from the sender to the receiver, without a stop in memory where the machine can do that, and past the
//! sixth word from buffer to buffer.

use crate::base::address::PhysicalAddress;
use crate::base::arch::Arch;
use crate::base::registers::{FIRST_WORD, STATUS, TAG};
use crate::base::store::Ref;
use crate::object::thread::{Thread, Use};
use crate::operation::system::System;
use l4k_sys::abi::message::REGISTER_WORDS;
use l4k_sys::abi::{Arrival, Tag};

/// Words that travel in registers.
pub type Words = [u64; REGISTER_WORDS];

/// Where the words of a message are. Each has a path of its own, so that those in registers do not make way for a copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// All of them in registers.
    Registers,
    /// More than there are registers, the rest in buffers.
    Buffers,
}

impl Reach {
    /// Both, the more frequent first.
    pub const ALL: [Reach; 2] = [Reach::Registers, Reach::Buffers];
}

/// The rest of a message: from one buffer to another.
#[derive(Clone, Copy, Debug)]
pub(super) enum Rest {
    /// There is none.
    Nothing,
    /// The addresses of two buffers.
    Copied { from: PhysicalAddress, to: PhysicalAddress },
}

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

    /// The tag, if the message is such a one and brings no capabilities.
    #[inline(always)]
    pub(super) fn plain_tag(&self, reach: Reach) -> Option<Tag> {
        match reach {
            Reach::Registers => {
                let tag = Tag::from_kernel(self.tag);
                tag.is_plain().then_some(tag)
            }
            Reach::Buffers => Tag::from_bits(self.tag)
                .ok()
                .filter(|tag| tag.length() > REGISTER_WORDS && tag.capabilities() == 0),
        }
    }
}

impl<A: Arch> System<A> {
    /// The rest of a message between two threads. `None` if one of them has no buffer for it.
    #[inline(always)]
    pub(super) fn check_rest(&self, from: Ref<Thread>, to: Ref<Thread>, reach: Reach) -> Option<Rest> {
        match reach {
            Reach::Registers => Some(Rest::Nothing),
            Reach::Buffers => Some(Rest::Copied { from: self.buffer_of(from)?, to: self.buffer_of(to)? }),
        }
    }

    /// Copies it.
    #[inline(always)]
    pub(super) fn copy_rest(&mut self, rest: Rest, tag: Tag) {
        if let Rest::Copied { from, to } = rest {
            self.store.copy_words(from, to, REGISTER_WORDS, tag.length());
        }
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
