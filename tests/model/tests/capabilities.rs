//! Capability slots: copy, mint, move, swap, delete, revoke.

use l4k::object::capability::Capability;
use l4k_model::objects::Time;
use l4k_model::world::{Outcome, World, slot};
use l4k_sys::Error;
use l4k_sys::abi::{ObjectKind, Rights, SystemCall};

#[test]
fn a_copy_has_no_more_rights_than_its_source() {
    let mut world = World::new();
    let endpoint = world.make(ObjectKind::Endpoint, 0);
    let caller = world.copy(endpoint, Rights::CALL);
    let again = world.copy(caller, Rights::ALL);
    assert_eq!(world.capability(again).rights(), Rights::CALL);
}

#[test]
fn a_badge_is_set_once() {
    let mut world = World::new();
    let endpoint = world.make(ObjectKind::Endpoint, 0);
    let badged = world.mint(endpoint, Rights::ALL, 7);
    let target = world.new_slot();
    let again = world.call(SystemCall::CNodeMint, &[0, target, 0, badged, 7, 8]);
    assert_eq!(again, Err(Error::AlreadyBadged));
    let zero = world.call(SystemCall::CNodeMint, &[0, target, 0, endpoint, 7, 0]);
    assert_eq!(zero, Err(Error::InvalidBadge));
    let thread = world.call(SystemCall::CNodeMint, &[0, target, 0, slot::THREAD, 7, 1]);
    assert_eq!(thread, Err(Error::AlreadyBadged));
    assert_eq!(world.copy(badged, Rights::ALL), target + 1);
    assert_eq!(world.capability(target + 1).badge().value(), 7);
}

#[test]
fn untyped_memory_moves_but_is_never_copied() {
    let mut world = World::new();
    let target = world.new_slot();
    let copied = world.call(SystemCall::CNodeCopy, &[0, target, 0, slot::UNTYPED, 7]);
    assert_eq!(copied, Err(Error::NotCopyable));
    let endpoint = world.make(ObjectKind::Endpoint, 0);
    world.call(SystemCall::CNodeMove, &[0, target, 0, slot::UNTYPED]).unwrap();
    assert_eq!(world.capability(slot::UNTYPED), Capability::Empty);
    world.call(SystemCall::CNodeRevoke, &[0, target]).unwrap();
    assert_eq!(world.capability(endpoint), Capability::Empty, "children follow the move");
}

#[test]
fn revoke_deletes_all_descendants_and_nothing_else() {
    let mut world = World::new();
    let endpoint = world.make(ObjectKind::Endpoint, 0);
    let sibling = world.make(ObjectKind::Endpoint, 0);
    let child = world.copy(endpoint, Rights::ALL);
    let grandchild = world.mint(child, Rights::ALL, 1);
    let great_grandchild = world.copy(grandchild, Rights::ALL);
    world.call(SystemCall::CNodeRevoke, &[0, endpoint]).unwrap();
    for gone in [child, grandchild, great_grandchild] {
        assert_eq!(world.capability(gone), Capability::Empty);
    }
    assert_ne!(world.capability(endpoint), Capability::Empty);
    assert_ne!(world.capability(sibling), Capability::Empty);
}

#[test]
fn deleting_a_capability_leaves_its_copies_to_the_grandparent() {
    let mut world = World::new();
    let endpoint = world.make(ObjectKind::Endpoint, 0);
    let child = world.copy(endpoint, Rights::ALL);
    let elder = world.copy(endpoint, Rights::ALL);
    let grandchildren: Vec<u64> = (0..3).map(|_| world.copy(child, Rights::ALL)).collect();
    world.call(SystemCall::CNodeDelete, &[0, child]).unwrap();
    world.call(SystemCall::CNodeRevoke, &[0, elder]).unwrap();
    for slot in &grandchildren {
        assert_ne!(world.capability(*slot), Capability::Empty, "a sibling's revoke does not reach them");
    }
    world.call(SystemCall::CNodeRevoke, &[0, endpoint]).unwrap();
    for slot in grandchildren {
        assert_eq!(world.capability(slot), Capability::Empty);
    }
}

#[test]
fn revoke_cut_at_every_preemption_point_ends_the_same() {
    for cut in 0..40 {
        let mut world = World::new();
        let endpoint = world.make(ObjectKind::Endpoint, 0);
        let mut last = endpoint;
        let copies: Vec<u64> = (0..12)
            .map(|index| {
                last = world.copy(if index % 3 == 0 { endpoint } else { last }, Rights::ALL);
                last
            })
            .collect();
        world.kernel.system.store.machine.preempt_after.set(Some(cut));
        let arguments = [0, endpoint, 0, 0, 0, 0, 0, 0];
        let mut restarts = 0;
        while world.system_call(SystemCall::CNodeRevoke as u64, arguments, 0) == Outcome::Restarted {
            restarts += 1;
            assert!(restarts < 100, "revoke makes progress");
        }
        for copy in copies {
            assert_eq!(world.capability(copy), Capability::Empty);
        }
    }
}

#[test]
fn swap_exchanges_parent_and_child() {
    let mut world = World::new();
    let endpoint = world.make(ObjectKind::Endpoint, 0);
    let child = world.mint(endpoint, Rights::CALL, 5);
    let grandchild = world.copy(child, Rights::ALL);
    world.call(SystemCall::CNodeSwap, &[0, endpoint, 0, child]).unwrap();
    assert_eq!(world.capability(endpoint).badge().value(), 5);
    assert_eq!(world.capability(child).badge().value(), 0);
    world.call(SystemCall::CNodeRevoke, &[0, child]).unwrap();
    assert_eq!(world.capability(endpoint), Capability::Empty);
    assert_eq!(world.capability(grandchild), Capability::Empty);
}

#[test]
fn swap_of_siblings_and_of_a_slot_with_itself() {
    let mut world = World::new();
    let endpoint = world.make(ObjectKind::Endpoint, 0);
    let slots: Vec<u64> = (1..=3).map(|badge| world.mint(endpoint, Rights::ALL, badge)).collect();
    for (first, second) in [(0, 1), (1, 2), (0, 2), (1, 1)] {
        let before = [slots[first], slots[second]].map(|slot| world.capability(slot));
        world.call(SystemCall::CNodeSwap, &[0, slots[first], 0, slots[second]]).unwrap();
        assert_eq!([slots[second], slots[first]].map(|slot| world.capability(slot)), before);
    }
    let empty = world.new_slot();
    assert_eq!(world.call(SystemCall::CNodeSwap, &[0, empty, 0, endpoint]), Err(Error::SlotEmpty));
    assert_eq!(world.call(SystemCall::CNodeSwap, &[0, endpoint, 0, empty]), Err(Error::SlotEmpty));
}

#[test]
fn slots_outside_the_table_are_refused() {
    let mut world = World::new();
    for index in [0, 4096, 4097, 1 << 32, u64::MAX] {
        assert_eq!(world.call(SystemCall::CNodeDelete, &[0, index]), Err(Error::SlotOutOfRange));
        let copy = world.call(SystemCall::CNodeCopy, &[0, index, 0, slot::THREAD, 7]);
        assert_eq!(copy, Err(Error::SlotOutOfRange));
        assert_eq!(world.call(SystemCall::ThreadQuery, &[index]), Err(Error::InvalidCapability));
    }
    let copy = world.call(SystemCall::CNodeCopy, &[0, slot::CNODE, 0, slot::THREAD, 7]);
    assert_eq!(copy, Err(Error::SlotOccupied));
    let rights = world.call(SystemCall::CNodeCopy, &[0, 100, 0, slot::THREAD, 8]);
    assert_eq!(rights, Err(Error::InvalidRights));
}

#[test]
fn a_cnode_without_the_manage_right_cannot_be_changed() {
    let mut world = World::new();
    let cnode = world.make(ObjectKind::CNode, 4);
    let weak = world.copy(cnode, Rights::NONE);
    let copy = world.call(SystemCall::CNodeCopy, &[weak, 1, 0, slot::THREAD, 7]);
    assert_eq!(copy, Err(Error::MissingRight));
    world.call(SystemCall::CNodeCopy, &[cnode, 1, 0, slot::THREAD, 7]).unwrap();
    let wrong = world.call(SystemCall::CNodeDelete, &[slot::THREAD, 1]);
    assert_eq!(wrong, Err(Error::WrongKind));
}

#[test]
fn deleting_a_cnode_deletes_what_is_in_it_even_nested_and_in_circles() {
    for cut in 0..60 {
        let mut world = World::new();
        let memory = world.make(ObjectKind::Untyped, 16);
        let outer = world.make_from(memory, ObjectKind::CNode, 3);
        let inner = world.make_from(memory, ObjectKind::CNode, 3);
        let endpoint = world.make_from(memory, ObjectKind::Endpoint, 0);
        // Each holds the last capability to the other, the inner one also one to itself.
        world.call(SystemCall::CNodeMove, &[outer, 2, 0, endpoint]).unwrap();
        world.call(SystemCall::CNodeCopy, &[inner, 5, 0, inner, 7]).unwrap();
        world.call(SystemCall::CNodeCopy, &[inner, 3, 0, outer, 7]).unwrap();
        world.call(SystemCall::CNodeMove, &[outer, 7, 0, inner]).unwrap();
        world.kernel.system.store.machine.preempt_after.set(Some(cut));
        let arguments = [0, memory, 0, 0, 0, 0, 0, 0];
        while world.system_call(SystemCall::CNodeRevoke as u64, arguments, 0) == Outcome::Restarted {}
        assert_eq!(world.capability(outer), Capability::Empty);
        let free = world.call(SystemCall::UntypedQuery, &[memory]).unwrap();
        assert_eq!(free.values[2], 0, "the untyped is whole again");
    }
}

#[test]
fn a_thread_that_revokes_itself_is_gone_and_nothing_else_suffers() {
    let mut world = World::new();
    let memory = world.make(ObjectKind::Untyped, 14);
    let thread = world.make_from(memory, ObjectKind::Thread, 0);
    let spaces = [thread, slot::CNODE, slot::ADDRESS_SPACE, 0];
    world.call(SystemCall::ThreadConfigure, &spaces).unwrap();
    let context = world.make_from(memory, ObjectKind::SchedContext, 0);
    let time = [slot::SCHED_CONTROL, context, 1_000_000, 1_000_000];
    world.call(SystemCall::SchedControlConfigure, &time).unwrap();
    world.call(SystemCall::SchedContextBind, &[context, thread]).unwrap();
    world.call(SystemCall::ThreadResume, &[thread]).unwrap();
    let Capability::Thread { object } = world.capability(thread) else { panic!() };
    world.run(object);
    let arguments = [0, memory, 0, 0, 0, 0, 0, 0];
    assert_eq!(world.system_call(SystemCall::CNodeRevoke as u64, arguments, 0), Outcome::Blocked);
    assert_eq!(world.current(), Some(world.root));
    assert_eq!(world.capability(thread), Capability::Empty);
}

#[test]
fn query_tells_what_is_in_a_slot() {
    let mut world = World::new();
    let notification = world.make(ObjectKind::Notification, 0);
    let badged = world.mint(notification, Rights::SIGNAL, 0x42);
    let found = world.call(SystemCall::CNodeQuery, &[0, badged]).unwrap();
    assert_eq!(found.values[..3], [ObjectKind::Notification as u64, Rights::SIGNAL.bits(), 0x42]);
    let empty = world.new_slot();
    assert_eq!(world.call(SystemCall::CNodeQuery, &[0, empty]).unwrap().values, [0; 7]);
    let _ = world.spawn(1, Time::Own);
}

#[test]
fn an_untyped_whose_deletion_was_interrupted_cannot_be_used() {
    let mut world = World::new();
    let memory = world.make(ObjectKind::Untyped, 14);
    let part = world.make_from(memory, ObjectKind::Untyped, 13);
    let endpoints = [world.make_from(part, ObjectKind::Endpoint, 0), world.make_from(part, ObjectKind::Endpoint, 0)];
    let target = world.new_slot();
    for (call, about) in [(SystemCall::CNodeDelete, part), (SystemCall::CNodeRevoke, memory)] {
        world.kernel.system.store.machine.preempt_after.set(Some(0));
        let outcome = world.system_call(call as u64, [0, about, 0, 0, 0, 0, 0, 0], 0);
        assert_eq!(outcome, Outcome::Restarted);
        let made = world.call(SystemCall::UntypedRetype, &[part, ObjectKind::Endpoint as u64, 0, 0, target, 1]);
        assert_eq!(made, Err(Error::InvalidCapability), "its memory is in use, though its children are handed on");
    }
    world.call(SystemCall::CNodeRevoke, &[0, memory]).unwrap();
    assert!(endpoints.iter().all(|slot| world.capability(*slot) == Capability::Empty));
}
