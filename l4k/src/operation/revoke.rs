//! `delete` and `revoke`: bounded steps with a preemption point after each.

use super::next::{Next, Progress};
use super::system::System;
use crate::base::arch::Arch;
use crate::base::store::Ref;
use crate::object::slot::Slot;

impl<A: Arch> System<A> {
    /// Empties a slot, and whatever died with its capability.
    pub fn delete(&mut self, slot: Ref<Slot>) -> Next {
        self.in_steps(|system| system.delete_step(slot))
    }

    /// Deletes every descendant of the capability in a slot.
    pub fn revoke(&mut self, slot: Ref<Slot>) -> Next {
        self.in_steps(|system| {
            let Some(child) = system.store.get(slot).links.child else { return Progress::Complete };
            if !system.hand_on_child(child) {
                let _ = system.delete_step(child);
            }
            Progress::More
        })
    }

    /// Empties what is dying, then takes steps until there is nothing left to do. Makes at least one step before it gives way to an
    /// interrupt, so that it ends however often it is interrupted.
    pub fn in_steps(&mut self, mut step: impl FnMut(&mut Self) -> Progress) -> Next {
        loop {
            if self.dying_step() == Progress::Complete && step(self) == Progress::Complete && self.dying.is_none() {
                return Next::Done;
            }
            if self.store.machine.interrupt_pending() {
                return Next::Restart;
            }
        }
    }
}
