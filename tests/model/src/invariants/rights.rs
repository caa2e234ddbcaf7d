//! Rights only shrink and a badge is set once on the way down the derivation tree (invariant 5). Calls `derivation`.

use super::derivation::Tree;
use super::reach::{Reached, object_key};
use l4k::object::capability::Capability;

/// A copy is a capability to what its parent is one to, with no more rights, and with its parent's badge if that has one.
///
/// # Panics
/// If not.
pub fn check(reached: &Reached, tree: &Tree) {
    for (slot, standing) in tree {
        let Some(parent) = standing.parent else { continue };
        let (above, below) = (reached.slots[&parent].capability, reached.slots[slot].capability);
        if matches!(above, Capability::Untyped { .. } | Capability::Leaving) {
            continue;
        }
        assert!(is_same_object(&above, &below), "{slot:?} is a copy of another object than {parent:?} names");
        assert!(above.rights().contains(below.rights()), "{slot:?} has rights that {parent:?} has not");
        if above.badge().is_set() {
            assert_eq!(below.badge(), above.badge(), "{slot:?} has another badge than {parent:?}");
        }
    }
}

fn is_same_object(above: &Capability, below: &Capability) -> bool {
    match (above, below) {
        (
            Capability::Frame { shape: one, number: first, .. },
            Capability::Frame { shape: other, number: second, .. },
        ) => first == second && one.size() == other.size() && one.memory() == other.memory(),
        (Capability::SchedControl { core: one }, Capability::SchedControl { core: other }) => one == other,
        (Capability::Untyped { .. }, _) | (_, Capability::Untyped { .. }) => false,
        _ => above.kind().is_some() && above.kind() == below.kind() && object_key(above) == object_key(below),
    }
}
