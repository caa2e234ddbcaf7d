//! The derivation tree: who came from whom. Every change is a constant number of links.

use super::system::System;
use crate::base::arch::Arch;
use crate::base::store::Ref;
use crate::object::capability::Capability;
use crate::object::slot::{Links, Slot};

impl<A: Arch> System<A> {
    /// Fills an empty slot with a child of `parent`.
    pub fn insert_child(&mut self, parent: Ref<Slot>, slot: Ref<Slot>, capability: Capability) {
        let first = self.store.get(parent).links.child;
        *self.store.get_mut(slot) =
            Slot { capability, links: Links { next: first, previous: Some(parent), ..Links::NONE } };
        if let Some(first) = first {
            self.store.get_mut(first).links.previous = Some(slot);
        }
        self.store.get_mut(parent).links.child = Some(slot);
    }

    /// Empties a slot that has no children.
    pub fn remove_leaf(&mut self, slot: Ref<Slot>) {
        let Links { child, next, previous, .. } = self.store.get(slot).links;
        debug_assert!(child.is_none());
        if let Some(previous) = previous {
            let links = &mut self.store.get_mut(previous).links;
            if links.child == Some(slot) {
                links.child = next;
            } else {
                links.next = next;
            }
        }
        if let Some(next) = next {
            self.store.get_mut(next).links.previous = previous;
        }
        *self.store.get_mut(slot) = Slot::EMPTY;
    }

    /// One step on the way of a capability that will be deleted: hands its first child on. An untyped can be used no more from the first
    /// such step on, however often the way is interrupted: it would seem to have no children while its memory is in use. False if
    /// there is no child.
    pub fn hand_on_child(&mut self, slot: Ref<Slot>) -> bool {
        let contents = self.store.get_mut(slot);
        if contents.links.child.is_some() && matches!(contents.capability, Capability::Untyped { .. }) {
            contents.capability = Capability::Leaving;
        }
        self.hoist_first_child(slot)
    }

    /// Makes the first child of a slot its elder sibling, with all that descends from it. False if there is no child.
    fn hoist_first_child(&mut self, slot: Ref<Slot>) -> bool {
        let links = self.store.get(slot).links;
        let Some(child) = links.child else { return false };
        let second = self.store.get(child).links.next;
        self.store.get_mut(slot).links.child = second;
        if let Some(second) = second {
            self.store.get_mut(second).links.previous = Some(slot);
        }
        let child_links = &mut self.store.get_mut(child).links;
        child_links.previous = links.previous;
        child_links.next = Some(slot);
        if let Some(previous) = links.previous {
            let above = &mut self.store.get_mut(previous).links;
            if above.child == Some(slot) {
                above.child = Some(child);
            } else {
                above.next = Some(child);
            }
        }
        self.store.get_mut(slot).links.previous = Some(child);
        true
    }

    /// Moves a capability and its place in the tree to an empty slot.
    pub fn relocate(&mut self, from: Ref<Slot>, to: Ref<Slot>) {
        let moved = *self.store.get(from);
        *self.store.get_mut(from) = Slot::EMPTY;
        *self.store.get_mut(to) = moved;
        for neighbour in [moved.links.child, moved.links.next, moved.links.previous].into_iter().flatten() {
            self.rename_links(neighbour, [from, to]);
        }
    }

    /// Exchanges two occupied slots, each with its place in the tree. They may be neighbours.
    pub fn exchange(&mut self, first: Ref<Slot>, second: Ref<Slot>) {
        if first == second {
            return;
        }
        let (one, two) = (*self.store.get(first), *self.store.get(second));
        *self.store.get_mut(first) = two;
        *self.store.get_mut(second) = one;
        let mut around =
            [one.links.child, one.links.next, one.links.previous, two.links.child, two.links.next, two.links.previous];
        self.rename_links(first, [first, second]);
        self.rename_links(second, [first, second]);
        for index in 0..around.len() {
            let Some(slot) = around[index] else { continue };
            if slot != first && slot != second {
                self.rename_links(slot, [first, second]);
            }
            for other in &mut around[index..] {
                if *other == Some(slot) {
                    *other = None;
                }
            }
        }
    }

    /// Exchanges two slots among the links of one.
    #[inline(never)]
    fn rename_links(&mut self, slot: Ref<Slot>, [first, second]: [Ref<Slot>; 2]) {
        let rename = |link| match link {
            link if link == first => second,
            link if link == second => first,
            link => link,
        };
        let links = &mut self.store.get_mut(slot).links;
        for link in [&mut links.child, &mut links.next, &mut links.previous] {
            *link = link.map(rename);
        }
    }
}
