//! CNodes whose last capability is gone. Each belongs to the deletion that took that capability, and nobody else pays
//! for it.
//!
//! The header of a dying CNode takes the place of the last capability in the derivation tree, so that its memory counts
//! as used until the last slot is empty. The slot of the capability keeps a remnant until then: a deletion that is made
//! again finds its own work there, and not what somebody has put there meanwhile.
//!
//! A deletion has a list of dying CNodes. The last of it, the root, is the one that the remnant names. Each of the
//! others was found inside the one below it. A step works at the first and takes constant time, without recursion. A
//! CNode that is found to be dying already brings its own list along, which comes before the one that it was found
//! inside.
//!
//! Whoever revokes memory that a dying CNode lies in works at the list until that CNode is gone. All that comes before
//! it was found inside it. Headers name the root, or a CNode nearer to it; that is below them, so that it lives as long
//! as they do.

use super::next::Progress;
use super::system::System;
use crate::base::arch::Arch;
use crate::base::store::Ref;
use crate::object::capability::Capability;
use crate::object::cnode::CNode;
use crate::object::slot::Slot;
use crate::object::thread::ThreadSlot;

impl<A: Arch> System<A> {
    /// The last capability to a CNode, in `slot`, goes away: its place goes to the header, and a remnant stays.
    pub fn begin_dying(&mut self, slot: Ref<Slot>, object: Ref<CNode>, size_bits: u8) {
        self.relocate(slot, object.header());
        self.store.get_mut(slot).capability = Capability::Remnant { object };
        let cursor = (1 << size_bits) - 1;
        let root = Capability::DyingRoot { size_bits, cursor, latest: object, remnant: Some(slot) };
        self.store.get_mut(object).header.capability = root;
    }

    /// One step of emptying a slot. Complete when it is empty, and so is what died with its capability. `root` is where
    /// the caller is at work: `None` at first.
    pub fn deletion_step(&mut self, slot: Ref<Slot>, root: &mut Option<Ref<CNode>>) -> Progress {
        let found = root.or_else(|| Some(self.begun_in(slot)?.1));
        let Some(object) = found else { return self.delete_step(slot) };
        *root = match self.empty_step(object) {
            Progress::More => found,
            Progress::Complete => None,
        };
        Progress::More
    }

    /// Where a slot, or the thread that would be destroyed with it, holds a remnant; and the CNode that it is of.
    fn begun_in(&self, slot: Ref<Slot>) -> Option<(Ref<Slot>, Ref<CNode>)> {
        let place = match self.store.get(slot).capability {
            Capability::Thread { object } if self.store.get(object).references == 1 => object.slot(ThreadSlot::CNode),
            _ => slot,
        };
        match self.store.get(place).capability {
            Capability::Remnant { object } => Some((place, object)),
            _ => None,
        }
    }

    /// Empties one more slot of the first of a root's list. Complete when the root is empty, too.
    #[inline(never)]
    pub fn empty_step(&mut self, root: Ref<CNode>) -> Progress {
        let Capability::DyingRoot { latest, .. } = self.store.get(root).header.capability else {
            return Progress::Complete;
        };
        let (Capability::DyingRoot { cursor, .. } | Capability::DyingInner { cursor, .. }) =
            self.store.get(latest).header.capability
        else {
            return Progress::Complete;
        };
        if cursor == 0 {
            return self.end_dying(root, latest);
        }
        let slot = latest.slot(cursor);
        if let Some((place, found)) = self.begun_in(slot) {
            self.take_over(root, place, found);
        } else if self.delete_step(slot) == Progress::Complete
            && let Capability::DyingRoot { cursor, .. } | Capability::DyingInner { cursor, .. } =
                &mut self.store.get_mut(latest).header.capability
        {
            *cursor -= 1;
        }
        Progress::More
    }

    /// The first of a root's list is empty, and leaves the list and the derivation tree.
    fn end_dying(&mut self, root: Ref<CNode>, latest: Ref<CNode>) -> Progress {
        let ended = self.store.get(latest).header.capability;
        self.remove_leaf(latest.header());
        match ended {
            Capability::DyingInner { below, .. } => {
                if let Capability::DyingRoot { latest, .. } = &mut self.store.get_mut(root).header.capability {
                    *latest = below;
                }
                Progress::More
            }
            Capability::DyingRoot { remnant: Some(slot), .. } => {
                *self.store.get_mut(slot) = Slot::EMPTY;
                Progress::Complete
            }
            _ => Progress::Complete,
        }
    }

    /// A remnant was found inside the first of a root's list. The slot is empty then: its CNode comes first, with all
    /// that comes before that one. If it is the root's own, nobody can name the slot any more, and the root does
    /// without.
    fn take_over(&mut self, root: Ref<CNode>, place: Ref<Slot>, found: Ref<CNode>) {
        *self.store.get_mut(place) = Slot::EMPTY;
        let Capability::DyingRoot { size_bits, cursor, latest: first, .. } = self.store.get(found).header.capability
        else {
            return;
        };
        let Capability::DyingRoot { latest, remnant, .. } = &mut self.store.get_mut(root).header.capability else {
            return;
        };
        if found == root {
            *remnant = None;
            return;
        }
        let below = core::mem::replace(latest, first);
        self.store.get_mut(found).header.capability = Capability::DyingInner { size_bits, cursor, below, root };
    }

    /// One step towards the end of a dying CNode that was found inside another: on the way to its root, or at the
    /// root's list.
    pub fn inner_step(&mut self, object: Ref<CNode>, named: Ref<CNode>) {
        if let Capability::DyingInner { root: nearer, .. } = self.store.get(named).header.capability {
            if let Capability::DyingInner { root, .. } = &mut self.store.get_mut(object).header.capability {
                *root = nearer;
            }
            return;
        }
        let _ = self.empty_step(named);
    }
}
