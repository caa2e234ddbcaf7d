//! No stale translation: what the look-aside buffers of all cores hold is what the tables say (invariant 11). Calls `walk`.

use super::walk::Reachable;
use l4k::base::arch::TableEntry;
use l4k::machine::simulated::tlb::Translation;
use l4k::machine::simulated::{Simulated, Whereabouts};
use l4k::operation::system::System;
use l4k_sys::abi::Rights;

/// Requests in which all cores take part that the kernel makes at the most between two looks for interrupts. So a call cannot
/// keep other cores from their work by many of them in a loop.
const BROADCASTS_MAX: u32 = 2;

/// Compares the look-aside buffers with all that programs can reach.
///
/// # Panics
/// If one holds something else.
pub fn check(system: &System<Simulated>, leaves: &[Reachable]) {
    let machine = &system.store.machine;
    let broadcasts = machine.most_broadcasts;
    assert!(broadcasts <= BROADCASTS_MAX, "{broadcasts} requests to all cores without a look for interrupts");
    for (core, side) in machine.ledger.borrow().sides.iter().enumerate() {
        // A core that is stopped in a dead space may walk its tables until it leaves them. What it holds from there has
        // the space's identifier: no program can use it, until the identifier is forgotten before its next use.
        let is_in_program = machine.processors[core].whereabouts == Whereabouts::Program;
        let is_in_use = |asid| {
            is_in_program
                && side.roots.iter().any(|root| root.tables().is_some_and(|(_, of_root)| of_root.value() == asid))
        };
        for held in side.tlb.held().iter().filter(|held| held.is_leaf()) {
            let is_of = |reachable: &&Reachable| asid_of(system, reachable) == Some(held.asid);
            let now = leaves.iter().filter(is_of).find(|reachable| reachable.page == held.start);
            let is_live = leaves.iter().any(|reachable| asid_of(system, reachable) == Some(held.asid));
            if is_live || is_in_use(held.asid) {
                assert!(
                    now.is_some_and(|now| agrees(now, held)),
                    "a stale translation of {:#x} in the space with identifier {} on core {core}: {held:x?}",
                    held.start,
                    held.asid
                );
            }
        }
    }
}

fn asid_of(system: &System<Simulated>, reachable: &Reachable) -> Option<u16> {
    system.store.get(reachable.space).identity.get().map(|identity| identity.asid.value())
}

fn agrees(reachable: &Reachable, held: &Translation) -> bool {
    let write = if reachable.leaf.write { Rights::WRITE } else { Rights::NONE };
    let execute = if reachable.leaf.user_execute { Rights::EXECUTE } else { Rights::NONE };
    let allowed = Rights::READ.union(write).union(execute);
    let TableEntry::Leaf { address, rights, .. } = held.content else { return false };
    (address.value(), rights) == (reachable.leaf.address, allowed)
}
