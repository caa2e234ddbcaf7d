//! Identifiers of address spaces (invariant 10): one space each, number 0 of each pool unused, pool and space agree. Calls nobody.

use super::reach::Reached;
use l4k::machine::simulated::Simulated;
use l4k::object::Life;
use l4k::object::frame::SpaceIdentity;
use l4k::operation::system::System;
use std::collections::BTreeMap;

/// Identifiers that a pool stands for.
const POOL_SPAN: u16 = 512;

/// Pools are where the kernel says, and each space has the identity that its pool says.
///
/// # Panics
/// If not.
pub fn check(system: &System<Simulated>, reached: &Reached) {
    check_pools(system, reached);
    let mut given = BTreeMap::new();
    for &space in &reached.spaces {
        let Some(SpaceIdentity { asid, generation }) = system.store.get(space).identity.get() else { continue };
        let (number, index) = (asid.value() / POOL_SPAN, asid.value() % POOL_SPAN);
        assert_ne!(index, 0, "{space:?} has an identifier that is not given out");
        let other = given.insert(asid.value(), space);
        assert_eq!(other, None, "{space:?} shares its identifier");
        let pool = system.pools.get(usize::from(number)).and_then(|place| place.pool);
        let entry = pool.map(|pool| system.store.get(pool).entries[usize::from(index) - 1]);
        let agrees = entry.is_some_and(|entry| entry.space == Some(space) && entry.generation == generation);
        assert!(agrees, "{space:?} has an identifier that its pool gave to {entry:?}");
    }
    let in_pools = reached.pools.iter().flat_map(|pool| &system.store.get(*pool).entries);
    let entries: usize = in_pools.filter(|entry| entry.space.is_some()).count();
    assert_eq!(entries, given.len(), "pools gave identifiers to spaces that do not have them");
}

/// A pool that is alive stands at the place that it says, and nothing else stands there.
fn check_pools(system: &System<Simulated>, reached: &Reached) {
    for (number, place) in system.pools.iter().enumerate() {
        let Some(pool) = place.pool else { continue };
        assert!(reached.pools.contains(&pool), "pool {number} is gone");
        assert_eq!(usize::from(system.store.get(pool).number), number, "the number of pool {pool:?}");
    }
    for &pool in &reached.pools {
        let object = system.store.get(pool);
        let standing = system.pools.get(usize::from(object.number)).and_then(|place| place.pool);
        assert!(object.life == Life::Dying || standing == Some(pool), "pool {pool:?} has no place");
    }
}
