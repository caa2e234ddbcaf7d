//! The derivation tree: links are mutually inverse, reach no empty slot and close no circle (invariant 2). Calls nobody.

use super::reach::Reached;
use l4k::base::store::Ref;
use l4k::object::capability::Capability;
use l4k::object::slot::Slot;
use std::collections::BTreeMap;

/// Where a capability stands in the tree.
#[derive(Clone, Copy, Debug)]
pub struct Standing {
    /// What it was derived from.
    pub parent: Option<Ref<Slot>>,
    /// The nearest untyped above it.
    pub untyped: Option<Ref<Slot>>,
    /// How many stand above it.
    pub depth: usize,
}

/// Where each capability stands.
pub type Tree = BTreeMap<Ref<Slot>, Standing>;

/// Links are mutually inverse, and reach no empty slot.
///
/// # Panics
/// If not.
pub fn check_links(reached: &Reached) {
    for (slot, contents) in &reached.slots {
        let links = contents.links;
        for neighbour in [links.child, links.next, links.previous].into_iter().flatten() {
            assert!(reached.slots.contains_key(&neighbour), "{slot:?} is linked to the empty slot {neighbour:?}");
        }
        if let Some(child) = links.child {
            assert_eq!(reached.slots[&child].links.previous, Some(*slot), "first child of {slot:?}");
        }
        if let Some(next) = links.next {
            assert_eq!(reached.slots[&next].links.previous, Some(*slot), "next sibling of {slot:?}");
        }
        if let Some(previous) = links.previous {
            let other = reached.slots[&previous].links;
            assert!(other.child == Some(*slot) || other.next == Some(*slot), "previous of {slot:?}");
        }
    }
}

/// The tree, from those that nothing stands above, down.
///
/// # Panics
/// If the links close a circle, or lead to a slot twice.
pub fn tree(reached: &Reached) -> Tree {
    let mut tree = Tree::new();
    let mut waiting: Vec<(Ref<Slot>, Standing)> = Vec::new();
    let above = Standing { parent: None, untyped: None, depth: 0 };
    let first = reached.slots.iter().filter(|(_, contents)| contents.links.previous.is_none());
    waiting.extend(first.map(|(slot, _)| (*slot, above)));
    while let Some((slot, standing)) = waiting.pop() {
        assert!(tree.insert(slot, standing).is_none(), "{slot:?} stands in the derivation tree twice");
        let contents = &reached.slots[&slot];
        if let Some(next) = contents.links.next {
            waiting.push((next, standing));
        }
        if let Some(child) = contents.links.child {
            let is_untyped = matches!(contents.capability, Capability::Untyped { .. });
            let untyped = if is_untyped { Some(slot) } else { standing.untyped };
            waiting.push((child, Standing { parent: Some(slot), untyped, depth: standing.depth + 1 }));
        }
    }
    if let Some(slot) = reached.slots.keys().find(|slot| !tree.contains_key(slot)) {
        panic!("the derivation tree has a circle around {slot:?}");
    }
    tree
}
