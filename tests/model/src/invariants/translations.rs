//! No stale translation: what the processor remembers is what the tables say (invariant 11). Calls `walk`.

use super::walk::Reachable;
use l4k::machine::simulated::Simulated;
use l4k::operation::system::System;
use l4k_sys::abi::Rights;

/// Compares the look-aside buffer with all that programs can reach.
///
/// # Panics
/// If it remembers something else.
pub fn check(system: &System<Simulated>, leaves: &[Reachable]) {
    for ((asid, number), (page, rights)) in system.store.machine.remembered.borrow().iter() {
        let address = number << 12;
        let now = leaves.iter().find(|reachable| {
            let identity = system.store.get(reachable.space).identity;
            let inside = (reachable.page..reachable.page + reachable.leaf.bytes).contains(&address);
            inside && identity.is_some_and(|identity| identity.asid.value() == *asid)
        });
        let says = now.map(|reachable| (reachable.leaf.address + (address - reachable.page), allowed(reachable)));
        let remembered = Some((page << 12, *rights));
        assert_eq!(remembered, says, "a stale translation of {address:#x} in the space with identifier {asid}");
    }
}

fn allowed(reachable: &Reachable) -> Rights {
    let write = if reachable.leaf.write { Rights::WRITE } else { Rights::NONE };
    let execute = if reachable.leaf.user_execute { Rights::EXECUTE } else { Rights::NONE };
    Rights::READ.union(write).union(execute)
}
