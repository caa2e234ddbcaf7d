//! Moving a message from one thread to another: registers, and the rest through the message buffers.

use super::system::System;
use crate::base::address::{Badge, PhysicalAddress};
use crate::base::arch::Arch;
use crate::base::registers::{FIRST_WORD, TAG};
use crate::base::store::Ref;
use crate::object::capability::Capability;
use crate::object::reply::Grant;
use crate::object::thread::{Thread, ThreadSlot};
use l4k_sys::Error;
use l4k_sys::abi::message::REGISTER_WORDS;
use l4k_sys::abi::{Arrival, Tag};

impl<A: Arch> System<A> {
    /// Checks the tag that a thread sends.
    ///
    /// # Errors
    /// What [`Tag::from_bits`] says; `MissingRight` for capabilities that may not go along; `NoBuffer`; `InvalidCapability`, `NotCopyable`.
    #[inline(always)]
    pub fn outgoing_tag(&self, sender: Ref<Thread>, grant: Grant) -> Result<Tag, Error> {
        let tag = Tag::from_bits(self.store.get(sender).context.x[TAG])?;
        if tag.capabilities() != 0 && grant == Grant::Denied {
            return Err(Error::MissingRight);
        }
        self.check_buffer(sender, tag)?;
        self.check_granted(sender, tag)?;
        Ok(tag)
    }

    /// Whether a thread can send or take a message of this length.
    ///
    /// # Errors
    /// `NoBuffer`.
    #[inline(always)]
    pub fn check_buffer(&self, thread: Ref<Thread>, tag: Tag) -> Result<(), Error> {
        if tag.length() > REGISTER_WORDS && self.buffer_of(thread).is_none() {
            return Err(Error::NoBuffer);
        }
        Ok(())
    }

    /// Whether a thread can take a message: its buffer and its window.
    ///
    /// # Errors
    /// `NoBuffer`, `NoWindow`.
    #[inline(always)]
    pub fn check_receiver(&self, receiver: Ref<Thread>, tag: Tag) -> Result<(), Error> {
        self.check_buffer(receiver, tag)?;
        self.check_window(receiver, tag)
    }

    /// Writes the sender's message into the receiver's result registers and buffer. Both sides were checked.
    pub fn transfer(&mut self, from: Ref<Thread>, to: Ref<Thread>, tag: Tag, badge: Badge) {
        let source = &self.store.get(from).context.x;
        let word = |index: usize| if tag.length() > index { source[FIRST_WORD + index] } else { 0 };
        let words = [word(0), word(1), word(2), word(3), word(4), word(5)];
        if tag.length() > REGISTER_WORDS {
            self.transfer_long(from, to, tag);
        }
        self.store.get_mut(to).context.set_message(Arrival::Message, tag, words, badge.value());
        if tag.capabilities() != 0 {
            self.grant(from, to, tag);
        }
    }

    /// Words from [`REGISTER_WORDS`] on; at most 114.
    fn transfer_long(&mut self, from: Ref<Thread>, to: Ref<Thread>, tag: Tag) {
        let (Some(source), Some(target)) = (self.buffer_of(from), self.buffer_of(to)) else { return };
        self.store.copy_words(source, target, REGISTER_WORDS, tag.length());
    }

    /// The memory of a thread's message buffer.
    #[inline(always)]
    pub(super) fn buffer_of(&self, thread: Ref<Thread>) -> Option<PhysicalAddress> {
        match self.store.get(thread.slot(ThreadSlot::Buffer)).capability {
            Capability::Frame { shape, asid, number, mapping } => {
                Some(crate::object::frame::Frame::unpack(shape, asid, number, mapping).address)
            }
            _ => None,
        }
    }
}
