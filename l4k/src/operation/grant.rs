//! Capabilities in messages: copies of the sender's, in the slots that the receiver has named before. All or nothing: everything is
//! checked before the message is delivered.

use super::copy::derive;
use super::look_up::Table;
use super::reply::Answer;
use super::system::System;
use crate::base::address::Badge;
use crate::base::arch::Arch;
use crate::base::registers::FIRST_WORD;
use crate::base::store::Ref;
use crate::object::capability::Capability;
use crate::object::slot::Slot;
use crate::object::thread::{Thread, Window};
use l4k_sys::Error;
use l4k_sys::abi::message::CAPABILITIES_MAX;
use l4k_sys::abi::{Rights, Tag};

impl<A: Arch> System<A> {
    /// Names the slots of a thread's own CNode for the capabilities of the next message that brings any.
    ///
    /// # Errors
    /// `InvalidCount` above four; `SlotOutOfRange`; `SlotOccupied`.
    pub fn set_window(&mut self, thread: Ref<Thread>, first: u64, count: u64) -> Result<(), Error> {
        if count > CAPABILITIES_MAX as u64 {
            return Err(Error::InvalidCount);
        }
        let mut window = Window::NONE;
        if count > 0 {
            let table = self.own_table(thread)?;
            table.slot(first)?;
            table.slot(first.saturating_add(count - 1))?;
            window = Window { first: first as u32, count: count as u8 };
            if !self.is_free(table, window, count as usize) {
                return Err(Error::SlotOccupied);
            }
        }
        self.store.get_mut(thread).window = window;
        Ok(())
    }

    /// Whether the first `count` slots of a window are in a table and empty.
    fn is_free(&self, table: Table, window: Window, count: usize) -> bool {
        (0..count as u64).all(|index| match table.slot(u64::from(window.first) + index) {
            Ok(slot) => matches!(self.store.get(slot).capability, Capability::Empty),
            Err(_) => false,
        })
    }

    /// Whether a thread has slots for the capabilities of a message.
    ///
    /// # Errors
    /// `NoWindow`.
    #[inline(always)]
    pub fn check_window(&self, receiver: Ref<Thread>, tag: Tag) -> Result<(), Error> {
        if tag.capabilities() == 0 { Ok(()) } else { self.check_slots(receiver, tag) }
    }

    #[inline(never)]
    fn check_slots(&self, receiver: Ref<Thread>, tag: Tag) -> Result<(), Error> {
        let count = tag.capabilities();
        let window = self.store.get(receiver).window;
        let table = self.own_table(receiver).map_err(|_| Error::NoWindow)?;
        if usize::from(window.count) < count || !self.is_free(table, window, count) {
            return Err(Error::NoWindow);
        }
        Ok(())
    }

    /// Whether an answer would bring capabilities into slots that a receiver has named for those of a message. Both may share a CNode.
    #[inline(never)]
    pub(super) fn fills_window(&self, answer: Answer, receiver: Ref<Thread>, tag: Tag) -> bool {
        let taken = self.first_slots(answer.caller, answer.tag.capabilities());
        let needed = self.first_slots(receiver, tag.capabilities());
        taken.into_iter().flatten().any(|slot| needed.contains(&Some(slot)))
    }

    /// The first `count` slots of a thread's window.
    fn first_slots(&self, thread: Ref<Thread>, count: usize) -> [Option<Ref<Slot>>; CAPABILITIES_MAX] {
        let first = u64::from(self.store.get(thread).window.first);
        let table = self.own_table(thread).ok();
        core::array::from_fn(|index| table.filter(|_| index < count)?.slot(first + index as u64).ok())
    }

    /// Whether the capabilities that a thread sends are there and can be copied.
    ///
    /// # Errors
    /// `InvalidCapability`, `NotCopyable`.
    #[inline(always)]
    pub fn check_granted(&self, sender: Ref<Thread>, tag: Tag) -> Result<(), Error> {
        if tag.capabilities() == 0 { Ok(()) } else { self.check_all_granted(sender, tag) }
    }

    #[inline(never)]
    fn check_all_granted(&self, sender: Ref<Thread>, tag: Tag) -> Result<(), Error> {
        for index in 0..tag.capabilities() {
            let slot = self.granted(sender, index)?;
            derive(&self.store.get(slot).capability, Rights::ALL, Badge::NONE)?;
        }
        Ok(())
    }

    /// The slot of the capability that word `index` of a sender's message names.
    fn granted(&self, sender: Ref<Thread>, index: usize) -> Result<Ref<Slot>, Error> {
        let word = self.store.get(sender).context.x.get(FIRST_WORD + index).copied();
        self.look_up(sender, word.ok_or(Error::InvalidCapability)?)
    }

    /// Copies the capabilities of a message that passed both checks, and puts their new slots into the receiver's registers, where the words
    /// are that named them.
    #[inline(never)]
    pub fn grant(&mut self, sender: Ref<Thread>, receiver: Ref<Thread>, tag: Tag) {
        let window = core::mem::replace(&mut self.store.get_mut(receiver).window, Window::NONE);
        let Ok(table) = self.own_table(receiver) else { return };
        for index in 0..tag.capabilities() {
            let number = u64::from(window.first) + index as u64;
            let (Ok(source), Ok(target)) = (self.granted(sender, index), table.slot(number)) else { return };
            let copied = self.copy(source, target, Rights::ALL, Badge::NONE);
            debug_assert!(copied.is_ok());
            if let Some(word) = self.store.get_mut(receiver).context.x.get_mut(FIRST_WORD + index) {
                *word = number;
            }
        }
    }
}
