//! Deletions of CNodes that were interrupted: each has a root and a list, and every dying CNode is in one list. Calls nobody.

use super::reach::Reached;
use l4k::base::store::Ref;
use l4k::machine::simulated::Simulated;
use l4k::object::capability::Capability;
use l4k::object::cnode::CNode;
use l4k::object::slot::{Links, Slot};
use l4k::operation::system::System;
use std::collections::BTreeMap;

/// Where a dying CNode stands: its root, and how many stand above it in the list.
type Standing = (Ref<CNode>, usize);

/// Remnants and roots name each other, lists end at their roots, and headers name what is below them in their list.
///
/// # Panics
/// If not.
pub fn check(system: &System<Simulated>, reached: &Reached) {
    let mut standings = BTreeMap::new();
    for (slot, contents) in &reached.slots {
        match contents.capability {
            Capability::Remnant { object } => check_remnant(system, *slot, contents, object),
            Capability::DyingRoot { remnant, .. } => {
                check_root(reached, slot.table(), remnant);
                note_list(system, slot.table(), &mut standings);
            }
            _ => (),
        }
    }
    for (slot, contents) in &reached.slots {
        let Capability::DyingInner { root, .. } = contents.capability else { continue };
        let (own, named) = (standings.get(&slot.table()), standings.get(&root));
        let (Some((list, place)), Some((other, nearer))) = (own, named) else {
            panic!("a dying CNode is in no list, or names one that is in none: {slot:?}");
        };
        assert!(list == other && place < nearer, "a dying CNode names one that is not below it: {slot:?}");
    }
}

fn check_remnant(system: &System<Simulated>, slot: Ref<Slot>, contents: &Slot, object: Ref<CNode>) {
    assert!(contents.links == Links::NONE, "a remnant stands in the derivation tree: {slot:?}");
    let header = system.store.get(object).header.capability;
    let agrees = matches!(header, Capability::DyingRoot { remnant, .. } if remnant == Some(slot));
    assert!(agrees, "a remnant names a CNode that does not name it: {slot:?}");
}

fn check_root(reached: &Reached, root: Ref<CNode>, remnant: Option<Ref<Slot>>) {
    let Some(place) = remnant else { return };
    let found = reached.slots.get(&place).map(|contents| contents.capability);
    assert_eq!(found, Some(Capability::Remnant { object: root }), "the remnant of {root:?}");
}

fn note_list(system: &System<Simulated>, root: Ref<CNode>, standings: &mut BTreeMap<Ref<CNode>, Standing>) {
    let Capability::DyingRoot { latest, .. } = system.store.get(root).header.capability else { return };
    let mut next = latest;
    for place in 0.. {
        assert!(standings.insert(next, (root, place)).is_none(), "{next:?} is in two lists, or twice in one");
        match system.store.get(next).header.capability {
            Capability::DyingInner { below, .. } => next = below,
            other => {
                assert!(next == root, "the list of {root:?} ends at {next:?}: {other:?}");
                return;
            }
        }
    }
}
