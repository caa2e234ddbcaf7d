//! The one look-up that turns a capability address into a slot: a bounds check and a load.

use super::system::System;
use crate::base::arch::Arch;
use crate::base::index::within;
use crate::base::store::Ref;
use crate::object::capability::Capability;
use crate::object::cnode::CNode;
use crate::object::slot::Slot;
use crate::object::thread::{Thread, ThreadSlot};
use l4k_sys::Error;

/// A CNode that may be changed, found through a capability.
#[derive(Clone, Copy, Debug)]
pub struct Table {
    /// The table.
    pub object: Ref<CNode>,
    /// It has 2^n slots.
    pub size_bits: u8,
    /// The last of them, 2^n - 1.
    pub last: u32,
}

impl Table {
    /// The slot at an index.
    ///
    /// # Errors
    /// `SlotOutOfRange` for 0, which is the kernel's, and beyond the end.
    #[inline(always)]
    pub const fn slot(self, index: u64) -> Result<Ref<Slot>, Error> {
        if index == 0 || index > self.last as u64 {
            return Err(Error::SlotOutOfRange);
        }
        Ok(self.object.slot(within(index, self.last)))
    }

    /// The same with the kernel's own slot among them, which holds no capability that a program could use.
    #[inline(always)]
    pub(super) const fn any_slot(self, index: u64) -> Option<Ref<Slot>> {
        if index > self.last as u64 { None } else { Some(self.object.slot(within(index, self.last))) }
    }
}

impl<A: Arch> System<A> {
    /// The slot that a capability address of a thread means: a bounds check and a load. One copy of it serves all calls.
    ///
    /// # Errors
    /// `InvalidCapability` for 0, beyond the end, and for an empty slot.
    #[inline(never)]
    pub fn look_up(&self, thread: Ref<Thread>, address: u64) -> Result<Ref<Slot>, Error> {
        self.look_up_at_once(thread, address)
    }

    /// The same without a call of a function, for where it has to be fast.
    ///
    /// # Errors
    /// As [`look_up`](Self::look_up).
    #[inline(always)]
    pub fn look_up_at_once(&self, thread: Ref<Thread>, address: u64) -> Result<Ref<Slot>, Error> {
        let slot = self.own_table(thread)?.slot(address).map_err(|_| Error::InvalidCapability)?;
        if self.store.get(slot).capability.kind().is_none() {
            return Err(Error::InvalidCapability);
        }
        Ok(slot)
    }

    /// A thread's own CNode.
    ///
    /// # Errors
    /// `InvalidCapability` if it has none.
    pub fn own_table(&self, thread: Ref<Thread>) -> Result<Table, Error> {
        match self.store.get(thread).slots[ThreadSlot::CNode as usize].capability {
            Capability::CNode { size_bits, object, last, .. } => Ok(Table { object, size_bits, last }),
            _ => Err(Error::InvalidCapability),
        }
    }

    /// The capability at an address.
    ///
    /// # Errors
    /// As [`look_up`](Self::look_up).
    pub fn capability(&self, thread: Ref<Thread>, address: u64) -> Result<Capability, Error> {
        Ok(self.store.get(self.look_up(thread, address)?).capability)
    }
}
