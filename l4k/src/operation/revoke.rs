//! `delete` and `revoke`: bounded steps with a preemption point after each.

use super::next::{Next, Progress};
use super::system::System;
use crate::base::arch::Arch;
use crate::base::store::Ref;
use crate::object::capability::Capability;
use crate::object::slot::Slot;

impl<A: Arch> System<A> {
    /// Empties a slot, and whatever died with its capability.
    pub fn delete(&mut self, slot: Ref<Slot>) -> Next {
        let mut root = None;
        self.in_steps(|system| system.deletion_step(slot, &mut root))
    }

    /// Deletes every descendant of the capability in a slot.
    pub fn revoke(&mut self, slot: Ref<Slot>) -> Next {
        let mut root = None;
        self.in_steps(|system| {
            if root.is_some() {
                return system.deletion_step(slot, &mut root);
            }
            let Some(child) = system.store.get(slot).links.child else { return Progress::Complete };
            let capability = system.store.get(child).capability;
            match capability {
                Capability::DyingRoot { .. } => _ = system.empty_step(child.table()),
                Capability::DyingInner { root, .. } => system.inner_step(child.table(), root),
                _ if system.hand_on_child(child) => (),
                _ => _ = system.deletion_step(child, &mut root),
            }
            Progress::More
        })
    }

    /// Takes steps until there is nothing left to do. Makes at least one step before it gives way to an interrupt, so that it ends however
    /// often it is interrupted.
    pub fn in_steps(&mut self, mut step: impl FnMut(&mut Self) -> Progress) -> Next {
        loop {
            if step(self) == Progress::Complete {
                return Next::Done;
            }
            if self.store.machine.interrupt_pending() {
                return Next::Restart;
            }
        }
    }
}
