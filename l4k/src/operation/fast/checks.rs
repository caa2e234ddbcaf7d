//! What the fast paths look at before they change anything.

use crate::base::arch::{Arch, CoreNumber};
use crate::base::registers::Shape;
use crate::base::store::Ref;
use crate::base::time::{Instant, Ticks};
use crate::object::capability::Capability;
use crate::object::sched_context::SchedContext;
use crate::object::thread::{Thread, ThreadSlot};
use crate::operation::look_up::Table;
use crate::operation::system::System;

/// The time of the thread that calls, as far as a fast path accounts for it: a slice that is not over.
#[derive(Clone, Copy, Debug)]
pub struct Slice {
    /// The context.
    pub context: Ref<SchedContext>,
    /// Now.
    pub now: Instant,
    /// What was used since the last account.
    pub used: Ticks,
}

impl<A: Arch> System<A> {
    /// The capability at an address of a thread's own table; `Empty` for none.
    #[inline(always)]
    pub(super) fn fast_capability(&self, thread: Ref<Thread>, address: u64) -> Capability {
        match self.store.get(thread).slots[ThreadSlot::CNode as usize].capability {
            Capability::CNode { size_bits, object, last, .. } => {
                match (Table { object, size_bits, last }).slot(address) {
                    Ok(slot) => self.store.get(slot).capability,
                    Err(_) => Capability::Empty,
                }
            }
            _ => Capability::Empty,
        }
    }

    /// What a thread that runs has used of its slice. `None` for budgets below their period, and for a slice that is over.
    #[inline(always)]
    pub(super) fn slice_of(&self, here: CoreNumber, thread: Ref<Thread>) -> Option<Slice> {
        let context = self.store.get(thread).running_on?;
        let object = self.store.get(context);
        let now = self.store.machine.now();
        let used = now.since(self.core(here).charged_until);
        (object.is_slice() && used < object.refills.first().amount).then_some(Slice { context, now, used })
    }

    /// Accounts for what was used of a slice.
    #[inline(always)]
    pub(super) fn use_slice(&mut self, here: CoreNumber, Slice { context, now, used }: Slice) {
        self.store.get_mut(context).use_slice(used);
        self.settled_core_mut(here).charged_until = now;
    }

    /// Whether a thread waits in a system call whose results it takes from registers.
    #[inline(always)]
    pub(super) fn takes_results(&self, thread: Ref<Thread>) -> bool {
        self.store.get(thread).context.shape == Shape::SystemCall
    }

    /// Whether a thread that becomes ready would run at once: nobody of its priority, or above, is ready.
    #[inline(always)]
    pub(super) fn would_run(&self, here: CoreNumber, thread: Ref<Thread>) -> bool {
        self.core(here).ready.highest().is_none_or(|highest| highest < self.store.get(thread).priority)
    }
}
