//! Deletions of CNodes that were interrupted: the slot stays taken, the work stays with who began it, and each cut ends the same.

use l4k::object::capability::Capability;
use l4k_model::objects::Time;
use l4k_model::world::{Outcome, World, slot};
use l4k_sys::Error;
use l4k_sys::abi::{ObjectKind, Rights, SystemCall};

/// More looks for an interrupt than any call here needs that does nobody else's work.
const OWN_WORK: u32 = 12;

/// A CNode with 2^n slots to empty one by one.
const LARGE: u64 = 10;

/// Makes a call that an interrupt cuts at its n-th look for one.
fn cut(world: &mut World, looks: u32, call: SystemCall, x: &[u64]) -> Outcome {
    let mut arguments = [0; 8];
    arguments[..x.len()].copy_from_slice(x);
    world.kernel.system.store.machine.preempt_after.set(Some(looks));
    let outcome = world.system_call(call as u64, arguments, 0);
    world.kernel.system.store.machine.preempt_after.set(None);
    outcome
}

/// A deletion of a large CNode that was interrupted at once. The slot.
fn half_deleted(world: &mut World) -> u64 {
    let table = world.make(ObjectKind::CNode, LARGE);
    assert_eq!(cut(world, 3, SystemCall::CNodeDelete, &[0, table]), Outcome::Restarted);
    table
}

/// Moves a capability into a CNode.
fn put(world: &mut World, table: u64, index: u64, source: u64) {
    world.call(SystemCall::CNodeMove, &[table, index, 0, source]).unwrap();
}

fn delete_to_the_end(world: &mut World, slot: u64, looks: u32) -> u32 {
    let mut cuts = 0;
    while cut(world, looks, SystemCall::CNodeDelete, &[0, slot]) == Outcome::Restarted {
        cuts += 1;
        assert!(cuts < 10_000, "a deletion makes progress");
    }
    assert_eq!(world.capability(slot), Capability::Empty);
    cuts
}

#[test]
fn nobody_pays_for_a_deletion_that_another_has_begun() {
    let mut world = World::new();
    let other = world.spawn(10, Time::Own);
    let endpoint = world.make(ObjectKind::Endpoint, 0);
    let copied = world.make(ObjectKind::Endpoint, 0);
    world.copy(copied, Rights::ALL);
    world.call(SystemCall::ThreadSuspend, &[other.slot]).unwrap();
    let half = half_deleted(&mut world);
    let calls: [(SystemCall, &[u64]); 4] = [
        (SystemCall::CNodeDelete, &[0, endpoint]),
        (SystemCall::CNodeRevoke, &[0, copied]),
        (SystemCall::ThreadConfigure, &[other.slot, slot::CNODE, slot::ADDRESS_SPACE, 0]),
        (SystemCall::ThreadSetTimeoutEndpoint, &[other.slot, copied]),
    ];
    for (call, x) in calls {
        let outcome = cut(&mut world, OWN_WORK, call, x);
        let Outcome::Returned(results) = outcome else { panic!("{call:?} pays: {outcome:?}") };
        assert_eq!(results.check().map(|_| ()), Ok(()), "{call:?}");
    }
    assert!(matches!(world.capability(half), Capability::Remnant { .. }), "the deletion is where it was");
    delete_to_the_end(&mut world, half, 100);
}

#[test]
fn the_slot_stays_taken_until_the_cnode_is_empty() {
    let mut world = World::new();
    let half = half_deleted(&mut world);
    let endpoint = world.make(ObjectKind::Endpoint, 0);
    let free = world.new_slot();
    let all = Rights::ALL.bits();
    let retype = [slot::UNTYPED, ObjectKind::Endpoint as u64, 0, 0, half, 1];
    assert_eq!(world.call(SystemCall::UntypedRetype, &retype), Err(Error::SlotOccupied));
    let into: [(SystemCall, &[u64]); 3] = [
        (SystemCall::CNodeMove, &[0, half, 0, endpoint]),
        (SystemCall::CNodeCopy, &[0, half, 0, endpoint, all]),
        (SystemCall::CNodeMint, &[0, half, 0, endpoint, all, 5]),
    ];
    for (call, x) in into {
        assert_eq!(world.call(call, x), Err(Error::SlotOccupied), "{call:?}");
    }
    let out: [(SystemCall, &[u64]); 6] = [
        (SystemCall::CNodeMove, &[0, free, 0, half]),
        (SystemCall::CNodeCopy, &[0, free, 0, half, all]),
        (SystemCall::CNodeMint, &[0, free, 0, half, all, 5]),
        (SystemCall::CNodeSwap, &[0, half, 0, endpoint]),
        (SystemCall::CNodeSwap, &[0, endpoint, 0, half]),
        (SystemCall::CNodeRevoke, &[0, half]),
    ];
    for (call, x) in out {
        assert_eq!(world.call(call, x), Err(Error::SlotEmpty), "{call:?}");
    }
    assert_eq!(world.call(SystemCall::CNodeQuery, &[0, half]).unwrap().values[0], 0);
    assert_eq!(world.call(SystemCall::CNodeMove, &[half, 1, 0, endpoint]), Err(Error::InvalidCapability));
    assert_eq!(world.call(SystemCall::SetWindow, &[0, half, 1]), Err(Error::SlotOccupied));
    delete_to_the_end(&mut world, half, 100);
    put(&mut world, 0, half, endpoint);
}

/// `depth` CNodes, each the only content of the one before; the slot of the first, and the memory of each.
fn nested(world: &mut World, depth: usize) -> (u64, Vec<u64>) {
    let memory: Vec<u64> = (0..depth).map(|_| world.make(ObjectKind::Untyped, 12)).collect();
    let tables: Vec<u64> = memory.iter().map(|memory| world.make_from(*memory, ObjectKind::CNode, 4)).collect();
    for index in (1..depth).rev() {
        put(world, tables[index - 1], 7, tables[index]);
    }
    (tables[0], memory)
}

#[test]
fn nested_cnodes_are_emptied_however_often_they_are_interrupted() {
    for looks in 0..60 {
        let mut world = World::new();
        let (first, memory) = nested(&mut world, 4);
        delete_to_the_end(&mut world, first, looks);
        for memory in memory {
            assert_eq!(world.kernel.system.store.get(world.table.slot(memory as u32)).links.child, None);
        }
    }
}

#[test]
fn who_revokes_the_memory_of_a_dying_cnode_pays_for_what_is_inside_it_alone() {
    for looks in 0..60 {
        let mut world = World::new();
        let (first, memory) = nested(&mut world, 4);
        let outer = world.make(ObjectKind::CNode, LARGE);
        put(&mut world, outer, 1000, first);
        if cut(&mut world, looks, SystemCall::CNodeDelete, &[0, outer]) != Outcome::Restarted {
            continue;
        }
        // Each CNode has 15 slots, and those inside it have as many; the outer one has more than all of them together.
        for (depth, memory) in memory.iter().enumerate() {
            let bound = 4 * 24 - depth as u32 * 16;
            let outcome = cut(&mut world, bound, SystemCall::CNodeRevoke, &[0, *memory]);
            assert_ne!(outcome, Outcome::Restarted, "cut {looks}, depth {depth}");
            assert_eq!(world.kernel.system.store.get(world.table.slot(*memory as u32)).links.child, None);
        }
        assert!(matches!(world.capability(outer), Capability::Remnant { .. }));
        delete_to_the_end(&mut world, outer, 100);
    }
}

#[test]
fn a_deletion_inside_a_cnode_that_dies_goes_on_with_that() {
    for (inner_looks, outer_looks) in (0..24).flat_map(|inner| [0, 1, 5, 9, 14, 30].map(|outer| (inner, outer))) {
        let mut world = World::new();
        let (first, memory) = nested(&mut world, 3);
        let outer = world.make(ObjectKind::CNode, 4);
        put(&mut world, outer, 9, first);
        let _ = cut(&mut world, inner_looks, SystemCall::CNodeDelete, &[outer, 9]);
        let _ = cut(&mut world, outer_looks, SystemCall::CNodeDelete, &[0, outer]);
        world.call(SystemCall::CNodeRevoke, &[0, memory[1]]).unwrap();
        delete_to_the_end(&mut world, outer, 3);
        for memory in memory {
            assert_eq!(world.kernel.system.store.get(world.table.slot(memory as u32)).links.child, None);
        }
    }
}

#[test]
fn a_thread_in_its_own_cnode_goes_with_it() {
    for looks in 0..80 {
        let mut world = World::new();
        let table = world.make(ObjectKind::CNode, 5);
        let thread = world.make(ObjectKind::Thread, 0);
        world.call(SystemCall::ThreadConfigure, &[thread, table, slot::ADDRESS_SPACE, 0]).unwrap();
        let beside = world.copy(thread, Rights::ALL);
        put(&mut world, table, 20, thread);
        world.call(SystemCall::CNodeDelete, &[0, table]).unwrap();
        // The thread holds the CNode, and the CNode the thread: nothing else does after this.
        if cut(&mut world, looks, SystemCall::CNodeRevoke, &[0, slot::UNTYPED]) == Outcome::Restarted {
            world.call(SystemCall::CNodeRevoke, &[0, slot::UNTYPED]).unwrap();
        }
        assert_eq!(world.capability(beside), Capability::Empty);
    }
}

#[test]
fn a_thread_that_is_configured_anew_pays_for_its_own_cnode() {
    let mut world = World::new();
    let (table, other) = (world.make(ObjectKind::CNode, LARGE), world.spawn(10, Time::Own));
    world.call(SystemCall::ThreadSuspend, &[other.slot]).unwrap();
    let configure = [other.slot, slot::CNODE, slot::ADDRESS_SPACE, 0];
    world.call(SystemCall::ThreadConfigure, &[other.slot, table, slot::ADDRESS_SPACE, 0]).unwrap();
    world.call(SystemCall::CNodeDelete, &[0, table]).unwrap();
    assert_eq!(cut(&mut world, 5, SystemCall::ThreadConfigure, &configure), Outcome::Restarted);
    assert_eq!(world.call(SystemCall::ThreadResume, &[other.slot]), Err(Error::NotConfigured));
    world.call(SystemCall::ThreadConfigure, &configure).unwrap();
    world.call(SystemCall::ThreadResume, &[other.slot]).unwrap();
}

#[test]
fn a_thread_whose_cnode_is_half_emptied_can_be_deleted() {
    let mut world = World::new();
    let (table, other) = (world.make(ObjectKind::CNode, LARGE), world.spawn(10, Time::Own));
    world.call(SystemCall::ThreadSuspend, &[other.slot]).unwrap();
    world.call(SystemCall::ThreadConfigure, &[other.slot, table, slot::ADDRESS_SPACE, 0]).unwrap();
    world.call(SystemCall::CNodeDelete, &[0, table]).unwrap();
    let configure = [other.slot, slot::CNODE, slot::ADDRESS_SPACE, 0];
    assert_eq!(cut(&mut world, 5, SystemCall::ThreadConfigure, &configure), Outcome::Restarted);
    assert!(delete_to_the_end(&mut world, other.slot, 20) > 10, "its CNode is emptied before");
}
