//! What the fast paths look at before they change anything.

use crate::base::arch::{Arch, CoreNumber};
use crate::base::store::Ref;
use crate::base::time::{Instant, Ticks};
use crate::object::capability::Capability;
use crate::object::sched_context::SchedContext;
use crate::object::thread::{Thread, ThreadSlot};
use crate::operation::look_up::Table;
use crate::operation::system::System;

/// How many cores there are, as far as who takes a fast path knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cores {
    /// This is the only one.
    One,
    /// There may be others.
    Several,
}

/// The time that the thread which calls has used of its slice, which is not over.
#[derive(Clone, Copy, Debug)]
pub struct Slice {
    /// The context.
    pub context: Ref<SchedContext>,
    /// Now.
    pub now: Instant,
    /// What was used since the last account.
    pub used: Ticks,
    /// What is left of it.
    pub left: Ticks,
}

impl<A: Arch> System<A> {
    /// The capability at an address of a thread's own table; `Empty` for none. At address 0 that is what no program can have.
    #[inline(always)]
    pub(super) fn fast_capability(&self, thread: Ref<Thread>, address: u64) -> Capability {
        match self.store.get(thread).slots[ThreadSlot::CNode as usize].capability {
            Capability::CNode { size_bits, object, last, .. } => {
                match (Table { object, size_bits, last }).any_slot(address) {
                    Some(slot) => self.store.get(slot).capability,
                    None => Capability::Empty,
                }
            }
            _ => Capability::Empty,
        }
    }

    /// Whether the current thread is still the one to run. Where there are other cores, one of them may have made a more urgent one ready while
    /// this one waited for the kernel.
    #[inline(always)]
    pub(super) fn is_decided(&self, here: CoreNumber, cores: Cores) -> bool {
        cores == Cores::One || self.is_settled(here)
    }

    /// What the current thread has used of a slice. `None` if it is over.
    #[inline(always)]
    pub(super) fn use_of(&self, here: CoreNumber, context: Ref<SchedContext>) -> Option<Slice> {
        let now = self.store.machine.now();
        let used = now.since(self.core(here).charged_until);
        let left = self.store.get(context).refills.first().amount.0.checked_sub(used.0).filter(|left| *left != 0)?;
        Some(Slice { context, now, used, left: Ticks(left) })
    }

    /// Accounts for what was used of a slice.
    #[inline(always)]
    pub(super) fn use_slice(&mut self, here: CoreNumber, Slice { context, now, used, left }: Slice) {
        self.store.get_mut(context).use_slice(used, left);
        self.settled_core_mut(here).charged_until = now;
    }

    /// Whether a thread that becomes ready would run at once, here: it is one of this core, and nobody of its priority, or above, is ready.
    #[inline(always)]
    pub(super) fn would_run(&self, here: CoreNumber, cores: Cores, thread: Ref<Thread>) -> bool {
        let Thread { priority, core, .. } = *self.store.get(thread);
        self.core(here).ready.is_below(priority) && (cores == Cores::One || core == here)
    }
}
