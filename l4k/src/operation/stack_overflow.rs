//! Whether a fault is a stack that was too small, for the report on it. The kernel does not know where a thread's stack lies. It looks at what is mapped
//! where the stack pointer points.

use super::system::System;
use super::table_walk::leaf_level;
use crate::base::address::UserPage;
use crate::base::arch::{Arch, TableEntry};
use crate::base::store::Ref;
use crate::object::address_space::AddressSpace;
use crate::object::capability::Capability;
use crate::object::thread::{Thread, ThreadSlot};
use l4k_sys::abi::memory::PAGE_SIZE;
use l4k_sys::abi::{Access, Fault, FaultCause, FaultKind, FrameSize};

/// Pages of a stack that are counted: 1 MiB. It bounds the time that the report takes.
const PAGES_MAX: u64 = 256;

/// The bytes of a stack that is mapped above the page of a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StackSize {
    /// It has this many.
    Exactly(u64),
    /// It has this many or more.
    AtLeast(u64),
}

impl<A: Arch> System<A> {
    /// The stack that a thread's fault has overflowed: nothing is mapped at the address, the page above is mapped, and the stack pointer is not further than
    /// a page from the address.
    pub fn overflowed_stack(&self, thread: Ref<Thread>, fault: &Fault) -> Option<StackSize> {
        let Fault { kind: FaultKind::Page, cause: FaultCause::NotMapped, access, address, stack_pointer, .. } = *fault
        else {
            return None;
        };
        if access == Access::Execute || stack_pointer.abs_diff(address) > PAGE_SIZE {
            return None;
        }
        let Capability::AddressSpace { object: space } =
            self.store.get(thread.slot(ThreadSlot::AddressSpace)).capability
        else {
            return None;
        };
        let bottom = (address & !(PAGE_SIZE - 1)).checked_add(PAGE_SIZE)?;
        let is_end = |pages: &u64| !self.has_page(space, bottom.saturating_add(pages * PAGE_SIZE));
        match (0..PAGES_MAX).find(is_end) {
            Some(0) => None,
            Some(pages) => Some(StackSize::Exactly(pages * PAGE_SIZE)),
            None => Some(StackSize::AtLeast(PAGES_MAX * PAGE_SIZE)),
        }
    }

    fn has_page(&self, space: Ref<AddressSpace>, address: u64) -> bool {
        let Ok(page) = UserPage::new(address, PAGE_SIZE) else { return false };
        let last = self.walk(space, page, leaf_level(FrameSize::Small)).into_iter().flatten().last();
        last.is_some_and(|place| matches!(self.entry(place), TableEntry::Leaf { .. }))
    }
}
