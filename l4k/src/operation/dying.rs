//! CNodes whose last capability is gone: emptied slot by slot before anything else is deleted.
//!
//! A dying CNode's header slot takes the place of its last capability in the derivation tree, so that its memory counts as used
//! until the last slot is empty. Dying CNodes form a stack: one found while another is emptied is emptied first. No recursion.

use super::next::Progress;
use super::system::System;
use crate::base::arch::Arch;
use crate::base::store::Ref;
use crate::object::capability::Capability;
use crate::object::cnode::CNode;
use crate::object::slot::Slot;

impl<A: Arch> System<A> {
    /// The last capability to a CNode, in `slot`, goes away: its place goes to the header.
    pub fn begin_dying(&mut self, slot: Ref<Slot>, object: Ref<CNode>, size_bits: u8) {
        let next = self.dying.replace(object);
        self.relocate(slot, object.header());
        self.store.get_mut(object).header.capability =
            Capability::CNodeHeader { size_bits, references: 0, cursor: (1 << size_bits) - 1, next };
    }

    /// Empties one more slot of the latest dying CNode. Complete when none is dying.
    pub fn dying_step(&mut self) -> Progress {
        match self.dying {
            Some(object) => self.empty_step(object),
            None => Progress::Complete,
        }
    }

    #[inline(never)]
    fn empty_step(&mut self, object: Ref<CNode>) -> Progress {
        let Capability::CNodeHeader { size_bits, references, cursor, next } = self.store.get(object).header.capability
        else {
            return Progress::Complete;
        };
        if cursor == 0 {
            self.dying = next;
            self.remove_leaf(object.header());
            return Progress::More;
        }
        if self.delete_step(object.slot(cursor)) == Progress::Complete {
            self.store.get_mut(object).header.capability =
                Capability::CNodeHeader { size_bits, references, cursor: cursor - 1, next };
        }
        Progress::More
    }
}
