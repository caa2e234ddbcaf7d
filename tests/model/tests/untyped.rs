//! Untyped memory and retype.

use l4k::machine::simulated::RAM_START;
use l4k::object::capability::Capability;
use l4k_model::world::{Outcome, UNTYPED_BITS, World, slot};
use l4k_sys::Error;
use l4k_sys::abi::object::RETYPE_COUNT_MAX;
use l4k_sys::abi::{ObjectKind, SystemCall};

const START: u64 = RAM_START + (8 << 20);

fn retype(world: &mut World, kind: u64, bits: u64, first: u64, count: u64) -> Result<u64, Error> {
    let results = world.call(SystemCall::UntypedRetype, &[slot::UNTYPED, kind, bits, 0, first, count])?;
    Ok(results.values[0])
}

#[test]
fn objects_are_aligned_and_disjoint() {
    let mut world = World::new();
    let kinds = [(4, 0), (9, 12), (4, 0), (3, 0), (2, 5), (8, 15), (5, 0), (10, 0), (11, 0), (1, 14), (7, 0)];
    let mut end = START;
    for (kind, bits) in kinds {
        let first = world.new_slot();
        let address = retype(&mut world, kind, bits, first, 1).unwrap();
        let size = 1u64 << ObjectKind::from_number(kind).unwrap().object_bits(bits).unwrap();
        assert!(address >= end && address.is_multiple_of(size));
        end = address + size;
    }
}

#[test]
fn memory_is_given_out_to_the_last_byte_and_not_beyond() {
    let mut world = World::new();
    let small = world.make(ObjectKind::Untyped, 13);
    for _ in 0..2 {
        world.make_from(small, ObjectKind::Frame, 12);
    }
    let target = world.new_slot();
    let more = world.call(SystemCall::UntypedRetype, &[small, ObjectKind::Endpoint as u64, 0, 0, target, 1]);
    assert_eq!(more, Err(Error::NotEnoughMemory));
    let query = world.call(SystemCall::UntypedQuery, &[small]).unwrap();
    assert_eq!(query.values[1..4], [13, 1 << 13, 0]);
}

#[test]
fn an_untyped_is_whole_and_zero_again_when_its_last_child_is_gone() {
    let mut world = World::new();
    let small = world.make(ObjectKind::Untyped, 14);
    let address = world.call(SystemCall::UntypedQuery, &[small]).unwrap().values[0];
    let first = world.make_from(small, ObjectKind::Thread, 0);
    let second = world.make_from(small, ObjectKind::Notification, 0);
    world.call(SystemCall::Signal, &[second]).unwrap();
    world.call(SystemCall::CNodeDelete, &[0, first]).unwrap();
    assert_ne!(world.call(SystemCall::UntypedQuery, &[small]).unwrap().values[2], 0, "one child is left");
    world.call(SystemCall::CNodeDelete, &[0, second]).unwrap();
    assert_eq!(world.call(SystemCall::UntypedQuery, &[small]).unwrap().values[2], 0);
    let frame = world.new_slot();
    let made = world.call(SystemCall::UntypedRetype, &[small, ObjectKind::Frame as u64, 12, 0, frame, 1]).unwrap();
    assert_eq!(made.values[0], address);
    let machine = &world.kernel.system.store.machine;
    assert!((0..4096).all(|offset| machine.byte(address + offset) == 0), "a frame is zero");
}

#[test]
fn clearing_memory_gives_way_to_interrupts_and_goes_on() {
    let mut world = World::new();
    let small = world.make(ObjectKind::Untyped, 20);
    let first = world.new_slot();
    let make = [small, ObjectKind::Frame as u64, 12, 0, first, 200, 0, 0];
    world.call(SystemCall::UntypedRetype, &make).unwrap();
    world.call(SystemCall::CNodeRevoke, &[0, small]).unwrap();
    let mut restarts = 0;
    loop {
        world.kernel.system.store.machine.preempt_after.set(Some(3));
        match world.system_call(SystemCall::UntypedRetype as u64, make, 0) {
            Outcome::Restarted => restarts += 1,
            Outcome::Returned(results) => break assert_eq!(results.status, 0),
            Outcome::Blocked => panic!("retype never blocks"),
        }
    }
    assert_eq!(restarts, 49, "200 pages, four between two preemption points");
}

#[test]
fn wrong_kinds_sizes_and_counts_have_errors_of_their_own() {
    let mut world = World::new();
    let first = world.new_slot();
    for kind in [0, 12, 13, 14, 15, 16, u64::MAX] {
        assert_eq!(retype(&mut world, kind, 0, first, 1), Err(Error::InvalidKind));
    }
    for (kind, bits) in [(9, 13), (9, 64), (2, 1), (2, 25), (4, 1), (8, 14), (8, 23), (1, 4), (1, 48), (1, u64::MAX)] {
        assert_eq!(retype(&mut world, kind, bits, first, 1), Err(Error::InvalidSize), "kind {kind} bits {bits}");
    }
    for count in [0, RETYPE_COUNT_MAX + 1, u64::MAX] {
        assert_eq!(retype(&mut world, 4, 0, first, count), Err(Error::InvalidCount));
    }
    for bits in [u64::from(UNTYPED_BITS) + 1, 47] {
        assert_eq!(retype(&mut world, 1, bits, first, 1), Err(Error::NotEnoughMemory));
    }
    assert_eq!(retype(&mut world, 9, 30, first, 256), Err(Error::NotEnoughMemory), "count times size");
    assert_eq!(retype(&mut world, 4, 0, 4095, 2), Err(Error::SlotOutOfRange));
    assert_eq!(retype(&mut world, 4, 0, slot::CNODE, 1), Err(Error::SlotOccupied));
    let query = world.call(SystemCall::UntypedQuery, &[slot::UNTYPED]).unwrap();
    assert_eq!(query.values[2], 0, "nothing was used");
}

#[test]
fn retype_at_an_address_skips_what_lies_before() {
    let mut world = World::new();
    let first = world.new_slot();
    let mut at = |kind, bits, address| {
        let arguments = [slot::UNTYPED, kind, bits, 0, first, 1, address];
        world.call(SystemCall::UntypedRetypeAt, &arguments).map(|results| results.values[0])
    };
    assert_eq!(at(9, 12, START + 0x800), Err(Error::Misaligned));
    assert_eq!(at(9, 12, START - 0x1000), Err(Error::InvalidAddress));
    assert_eq!(at(9, 12, START + (1 << UNTYPED_BITS)), Err(Error::InvalidAddress));
    assert_eq!(at(9, 21, START + (1 << UNTYPED_BITS) - 0x1000), Err(Error::Misaligned));
    assert_eq!(at(9, 12, START + 0x7000), Ok(START + 0x7000));
    let next = world.new_slot();
    let before = [slot::UNTYPED, 9, 12, 0, next, 1, START + 0x6000];
    assert_eq!(world.call(SystemCall::UntypedRetypeAt, &before), Err(Error::NotEnoughMemory));
}

#[test]
fn device_memory_gives_frames_and_untypeds_only_and_is_never_touched() {
    let mut world = World::new();
    let target = world.new_slot();
    for (kind, bits) in [(3, 0), (4, 0), (2, 4), (8, 15), (10, 0), (1, 11)] {
        let made = world.call(SystemCall::UntypedRetype, &[slot::DEVICE, kind, bits, 0, target, 1]);
        assert_eq!(made, Err(Error::DeviceMemory), "kind {kind}");
    }
    let part = world.make_from(slot::DEVICE, ObjectKind::Untyped, 16);
    let frame = world.make_from(part, ObjectKind::Frame, 12);
    let query = world.call(SystemCall::FrameQuery, &[frame]).unwrap();
    assert_eq!(query.values[..4], [0x0900_0000, 12, 7, 1]);
    // The simulated machine has no memory there: clearing it would fault.
    world.call(SystemCall::CNodeRevoke, &[0, slot::DEVICE]).unwrap();
    let again = world.make_from(slot::DEVICE, ObjectKind::Frame, 12);
    assert_ne!(world.capability(again), Capability::Empty);
}
