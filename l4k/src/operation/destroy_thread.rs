//! The end of a thread: everybody to whom it owes an answer wakes, everything that it was bound to is free again.

use super::next::Progress;
use super::system::System;
use crate::base::arch::Arch;
use crate::base::store::Ref;
use crate::object::capability::Capability;
use crate::object::sched_context::Owner;
use crate::object::thread::{Suspension, Thread, ThreadSlot};

impl<A: Arch> System<A> {
    /// One step of taking a thread apart.
    pub fn destroy_thread_step(&mut self, thread: Ref<Thread>) -> Progress {
        self.suspend(thread, Suspension::Dying);
        if self.caller == Some(thread) {
            self.caller = None;
        }
        if let Some(reply) = self.store.get(thread).replies {
            self.release_reply(reply);
            return Progress::More;
        }
        for which in ThreadSlot::ALL {
            let slot = thread.slot(which);
            if self.store.get(slot).capability != Capability::Empty {
                let _ = self.delete_plain_step(slot);
                return Progress::More;
            }
        }
        self.unbind_all(thread);
        Progress::Complete
    }

    /// Nothing refers to the thread any more after this.
    fn unbind_all(&mut self, thread: Ref<Thread>) {
        self.watch.threads.leave(self.store.get(thread).mark);
        let _ = self.unbind_notification(thread);
        self.give_back_overdue(thread);
        self.forget_lender(thread);
        if let Some(context) = self.store.get(thread).running_on {
            self.detach_context(context);
        }
        if let Some(context) = self.store.get_mut(thread).own_context.take() {
            self.store.get_mut(context).owner = Owner::Nobody;
        }
        if let Some(core) = self.loaded_on(thread) {
            self.core_mut(core).loaded_thread = None;
        }
    }
}
