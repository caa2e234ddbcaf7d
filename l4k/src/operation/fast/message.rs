//! A message on a fast path: in registers from the sender to the receiver, without a stop in memory where the machine can do that, and past the
//! sixth word from buffer to buffer.

use crate::base::address::PhysicalAddress;
use crate::base::arch::Arch;
use crate::base::registers::{BADGE, Context, FIRST_WORD, STATUS, TAG};
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

/// What a thread that runs next finds in its result registers.
#[derive(Clone, Copy, Debug)]
pub enum Results {
    /// A message or an answer: status 0, the tag in x1 and the words in x2–x7 as they were sent; whoever puts them into registers cuts them, to
    /// zero past the length. The badge is in the context already.
    Message {
        /// The tag.
        tag: Tag,
        /// The words.
        words: Words,
    },
    /// A fault, as a message of full length. The badge is in the context already.
    Fault {
        /// The tag.
        tag: Tag,
        /// The words.
        words: Words,
    },
    /// Signals of a notification: its word.
    Signals(u64),
    /// That its own call did what it was to do.
    Success,
    /// What the context has, whatever that is.
    Kept,
}

/// Who runs next, and what it finds.
#[derive(Clone, Copy, Debug)]
pub struct Delivered {
    /// The thread.
    pub thread: Ref<Thread>,
    /// Whether registers of units are still to be switched.
    pub units: Use,
    /// Its results, which are not in its context yet.
    pub results: Results,
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
            Reach::Buffers => {
                Tag::from_bits(self.tag).ok().filter(|tag| tag.length() > REGISTER_WORDS && tag.capabilities() == 0)
            }
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

impl Results {
    /// Writes them to a context.
    #[inline(always)]
    pub fn put(&self, context: &mut Context) {
        let badge = context.x[BADGE];
        match *self {
            Results::Message { tag, words: [a, b, c, d, e, f] } => {
                let length = tag.length();
                let word = |index: usize, word: u64| if index < length { word } else { 0 };
                let words = [word(0, a), word(1, b), word(2, c), word(3, d), word(4, e), word(5, f)];
                context.set_message(Arrival::Message, tag, words, badge);
            }
            Results::Fault { tag, words } => context.set_message(Arrival::Fault, tag, words, badge),
            Results::Signals(word) => context.set_results(Arrival::Notification as u64, [0; 7], word),
            Results::Success => context.set_results(0, [0; 7], 0),
            Results::Kept => (),
        }
    }
}
