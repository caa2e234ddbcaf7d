//! Frames in address spaces: what the processor sees, and what it has to forget.

use l4k::base::address::PhysicalAddress;
use l4k::base::arch::CacheOperation;
use l4k::machine::simulated::request::{Change, Kind, Maker, Mutation};
use l4k::object::restart::{Restart, Stretch};
use l4k_model::objects::Time;
use l4k_model::world::{Outcome, World, slot};
use l4k_sys::Error;
use l4k_sys::abi::memory::{USER_END, USER_START};
use l4k_sys::abi::{MapAttributes, ObjectKind, Rights, SystemCall};

const READ_WRITE: u64 = 0b011;
const READ_EXECUTE: u64 = 0b101;

fn map(world: &mut World, frame: u64, address: u64, rights: u64, attributes: u64) -> Result<(), Error> {
    let arguments = [frame, slot::ADDRESS_SPACE, address, rights, attributes];
    world.call(SystemCall::FrameMap, &arguments).map(|_| ())
}

fn frame(world: &mut World) -> (u64, u64) {
    let slot = world.make(ObjectKind::Frame, 12);
    (slot, world.call(SystemCall::FrameQuery, &[slot]).unwrap().values[0])
}

fn translate(world: &World, address: u64) -> Option<(u64, Rights)> {
    world.kernel.system.store.machine.translate(address)
}

#[test]
fn a_mapped_frame_is_seen_with_its_rights_and_no_longer_after_unmap() {
    let mut world = World::new();
    let (slot, physical) = frame(&mut world);
    map(&mut world, slot, 0x40_0000, READ_WRITE, 0).unwrap();
    let rights = Rights::READ.union(Rights::WRITE);
    assert_eq!(translate(&world, 0x40_0123), Some((physical + 0x123, rights)));
    world.call(SystemCall::FrameUnmap, &[slot]).unwrap();
    assert_eq!(translate(&world, 0x40_0123), None, "nothing stale in the look-aside buffer");
    world.call(SystemCall::FrameUnmap, &[slot]).unwrap();
}

#[test]
fn tables_are_taken_as_needed_and_given_back_when_empty() {
    let mut world = World::new();
    let free = |world: &mut World| world.call(SystemCall::AddressSpaceQuery, &[slot::ADDRESS_SPACE]).unwrap().values;
    let before = free(&mut world);
    let frames: Vec<u64> = (0..3).map(|_| frame(&mut world).0).collect();
    map(&mut world, frames[0], 0x40_0000, 1, 0).unwrap();
    assert_eq!(free(&mut world)[1], before[1] - 3);
    map(&mut world, frames[1], 0x40_1000, 1, 0).unwrap();
    assert_eq!(free(&mut world)[1], before[1] - 3);
    map(&mut world, frames[2], 0x7f00_0000_0000, 1, 0).unwrap();
    assert_eq!(free(&mut world)[1], before[1] - 6);
    for frame in frames {
        world.call(SystemCall::FrameUnmap, &[frame]).unwrap();
    }
    assert_eq!(free(&mut world), before);
}

#[test]
fn no_tables_changes_nothing() {
    let mut world = World::new();
    let mut address = 0x40_0000;
    let (slot, error) = loop {
        let (slot, _) = frame(&mut world);
        match map(&mut world, slot, address, 1, 0) {
            Ok(()) => address += 1 << 39,
            Err(error) => break (slot, error),
        }
    };
    assert_eq!(error, Error::NoTables);
    assert_eq!(world.call(SystemCall::FrameQuery, &[slot]).unwrap().values[4], 0);
    map(&mut world, slot, 0x40_1000, 1, 0).unwrap();
}

#[test]
fn addresses_outside_the_user_range_are_refused() {
    let mut world = World::new();
    let (slot, _) = frame(&mut world);
    for address in [0, USER_END, USER_END + 0x1000, 0xffff_0000_0000_0000, !0xfff, 1 << 48] {
        assert_eq!(map(&mut world, slot, address, 1, 0), Err(Error::InvalidAddress), "{address:#x}");
    }
    for address in [0x40_0001, 0x40_0800, u64::MAX] {
        assert_eq!(map(&mut world, slot, address, 1, 0), Err(Error::Misaligned), "{address:#x}");
    }
    let large = world.make(ObjectKind::Frame, 21);
    assert_eq!(map(&mut world, large, 0x20_1000, 1, 0), Err(Error::Misaligned));
    assert_eq!(map(&mut world, large, 0, 1, 0), Err(Error::InvalidAddress));
    map(&mut world, slot, USER_START, 1, 0).unwrap();
    map(&mut world, large, USER_END - (1 << 21), 1, 0).unwrap();
}

#[test]
fn a_frame_holds_one_mapping_and_an_address_one_frame() {
    let mut world = World::new();
    let (first, physical) = frame(&mut world);
    let (second, _) = frame(&mut world);
    map(&mut world, first, 0x40_0000, 1, 0).unwrap();
    assert_eq!(map(&mut world, first, 0x50_0000, 1, 0), Err(Error::AlreadyMapped));
    assert_eq!(map(&mut world, second, 0x40_0000, 1, 0), Err(Error::AddressInUse));
    let copy = world.copy(first, Rights::READ);
    map(&mut world, copy, 0x50_0000, 1, 0).unwrap();
    assert_eq!(translate(&world, 0x50_0000), Some((physical, Rights::READ)));
    let large = world.make(ObjectKind::Frame, 21);
    assert_eq!(map(&mut world, large, 0x40_0000, 1, 0), Err(Error::AddressInUse), "smaller pages are there");
    map(&mut world, large, 0x60_0000, 1, 0).unwrap();
    assert_eq!(map(&mut world, second, 0x60_1000, 1, 0), Err(Error::AddressInUse), "a larger page is there");
}

#[test]
fn rights_are_bounded_by_the_capability_and_never_write_and_execute_unasked() {
    let mut world = World::new();
    let (slot, _) = frame(&mut world);
    let read_only = world.copy(slot, Rights::READ);
    assert_eq!(map(&mut world, read_only, 0x40_0000, READ_WRITE, 0), Err(Error::MissingRight));
    assert_eq!(map(&mut world, slot, 0x40_0000, 0b010, 0), Err(Error::InvalidRights), "write without read");
    assert_eq!(map(&mut world, slot, 0x40_0000, 0b1000, 0), Err(Error::InvalidRights));
    assert_eq!(map(&mut world, slot, 0x40_0000, 1, 4), Err(Error::InvalidAttributes));
    assert_eq!(map(&mut world, slot, 0x40_0000, 0b111, 0), Err(Error::WriteAndExecute));
    let asked = MapAttributes::WRITE_AND_EXECUTE.bits();
    map(&mut world, slot, 0x40_0000, 0b111, asked).unwrap();
    assert_eq!(translate(&world, 0x40_0000).unwrap().1, Rights::ALL);
    let device = world.make_from(slot::DEVICE, ObjectKind::Frame, 12);
    assert_eq!(map(&mut world, device, 0x50_0000, READ_EXECUTE, 0), Err(Error::InvalidRights));
}

#[test]
fn protect_takes_rights_away_at_once() {
    let mut world = World::new();
    let (slot, physical) = frame(&mut world);
    assert_eq!(world.call(SystemCall::FrameProtect, &[slot, 1, 0]), Err(Error::NotMapped));
    map(&mut world, slot, 0x40_0000, READ_WRITE, 0).unwrap();
    let _ = translate(&world, 0x40_0000);
    world.call(SystemCall::FrameProtect, &[slot, 1, 0]).unwrap();
    assert_eq!(translate(&world, 0x40_0000), Some((physical, Rights::READ)));
    assert_eq!(world.call(SystemCall::FrameProtect, &[slot, 7, 0]), Err(Error::WriteAndExecute));
}

#[test]
fn deleting_and_revoking_frames_unmaps_them() {
    let mut world = World::new();
    let (slot, _) = frame(&mut world);
    let copy = world.copy(slot, Rights::ALL);
    map(&mut world, slot, 0x40_0000, 1, 0).unwrap();
    map(&mut world, copy, 0x50_0000, 1, 0).unwrap();
    let _ = (translate(&world, 0x40_0000), translate(&world, 0x50_0000));
    world.call(SystemCall::CNodeRevoke, &[0, slot]).unwrap();
    assert_eq!(translate(&world, 0x50_0000), None);
    assert!(translate(&world, 0x40_0000).is_some());
    world.call(SystemCall::CNodeDelete, &[0, slot]).unwrap();
    assert_eq!(translate(&world, 0x40_0000), None);
}

#[test]
fn code_is_published_and_uncached_memory_written_back() {
    let mut world = World::new();
    let (code, code_at) = frame(&mut world);
    let (buffer, buffer_at) = frame(&mut world);
    map(&mut world, code, 0x40_0000, READ_EXECUTE, 0).unwrap();
    map(&mut world, buffer, 0x50_0000, READ_WRITE, MapAttributes::UNCACHED.bits()).unwrap();
    let done: Vec<_> = world
        .kernel
        .system
        .store
        .machine
        .maintained
        .iter()
        .map(|(start, bytes, operation)| (start.value(), *bytes, *operation))
        .collect();
    let expected =
        [(code_at, 4096, CacheOperation::CleanToUnification), (buffer_at, 4096, CacheOperation::CleanAndInvalidate)];
    assert_eq!(done, expected);
}

#[test]
fn a_space_that_is_gone_leaves_its_frames_free_and_its_successor_alone() {
    let mut world = World::new();
    let memory = world.make(ObjectKind::Untyped, 17);
    let make_space = |world: &mut World| {
        let space = world.make_from(memory, ObjectKind::AddressSpace, 15);
        world.call(SystemCall::AsidPoolAssign, &[slot::ASID_POOL, space]).unwrap();
        space
    };
    let (kept, _) = frame(&mut world);
    let copy = world.copy(kept, Rights::ALL);
    let old = make_space(&mut world);
    world.call(SystemCall::FrameMap, &[kept, old, 0x40_0000, 1, 0]).unwrap();
    world.call(SystemCall::CNodeDelete, &[0, old]).unwrap();
    let new = make_space(&mut world);
    world.call(SystemCall::FrameMap, &[copy, new, 0x40_0000, 1, 0]).unwrap();
    world.call(SystemCall::FrameUnmap, &[kept]).unwrap();
    assert_eq!(
        world.call(SystemCall::FrameQuery, &[copy]).unwrap().values[4],
        0x40_0000,
        "not unmapped by the stale one"
    );
    world.call(SystemCall::FrameMap, &[kept, new, 0x50_0000, 1, 0]).unwrap();
}

#[test]
fn spaces_need_an_identity_and_pools_run_out() {
    let mut world = World::new();
    let space = world.make(ObjectKind::AddressSpace, 15);
    let (slot, _) = frame(&mut world);
    assert_eq!(world.call(SystemCall::FrameMap, &[slot, space, 0x40_0000, 1, 0]), Err(Error::NoAsid));
    world.call(SystemCall::AsidPoolAssign, &[slot::ASID_POOL, space]).unwrap();
    assert_eq!(world.call(SystemCall::AsidPoolAssign, &[slot::ASID_POOL, space]), Err(Error::AsidAssigned));
    let pool = world.make(ObjectKind::AsidPool, 0);
    let other = world.make(ObjectKind::AddressSpace, 15);
    world.call(SystemCall::AsidPoolAssign, &[pool, other]).unwrap();
    world.call(SystemCall::FrameMap, &[slot, other, 0x40_0000, 1, 0]).unwrap();
    world.call(SystemCall::CNodeDelete, &[0, pool]).unwrap();
    assert_eq!(world.call(SystemCall::FrameQuery, &[slot]).unwrap().values[4], 0, "its spaces are empty");
    assert_eq!(world.call(SystemCall::AddressSpaceQuery, &[other]).unwrap().values[2], 0);
}

#[test]
fn a_space_that_lost_its_identifier_with_mappings_gets_no_other() {
    let mut world = World::new();
    let (first, second) = (world.make(ObjectKind::AsidPool, 0), world.make(ObjectKind::AsidPool, 0));
    let [space, empty] = [15, 15].map(|bits| world.make(ObjectKind::AddressSpace, bits));
    let frame = world.make(ObjectKind::Frame, 12);
    world.call(SystemCall::AsidPoolAssign, &[first, space]).unwrap();
    world.call(SystemCall::AsidPoolAssign, &[first, empty]).unwrap();
    world.call(SystemCall::FrameMap, &[frame, space, 0x40_0000, 3, 0]).unwrap();
    world.call(SystemCall::CNodeDelete, &[0, first]).unwrap();
    // The frame's capability says that it is not mapped: the entry in the tables must never count again.
    assert_eq!(world.call(SystemCall::FrameQuery, &[frame]).unwrap().values[4], 0);
    assert_eq!(world.call(SystemCall::AsidPoolAssign, &[second, space]), Err(Error::AddressInUse));
    assert_eq!(world.call(SystemCall::AsidPoolAssign, &[second, empty]).map(|_| ()), Ok(()));
}

/// Chunks of the maintenance of a frame of 2 MiB.
const CHUNKS: u32 = 512;

/// Maps a frame with execute, which an interrupt cuts after so many chunks of its maintenance.
fn map_cut_after(world: &mut World, frame: u64, chunks: u32) -> Outcome {
    world.kernel.system.store.machine.preempt_after.set(Some(chunks - 1));
    let x = [frame, slot::ADDRESS_SPACE, 0x4000_0000, 0b101, 0, 0, 0, 0];
    let outcome = world.system_call(SystemCall::FrameMap as u64, x, 0);
    world.kernel.system.store.machine.preempt_after.set(None);
    outcome
}

/// How many requests of a kind a call makes. To be counted, they are left out; no test here looks at what is stale
/// then.
fn requests(world: &mut World, kind: Kind, call: SystemCall, x: &[u64]) -> usize {
    let port = &mut world.kernel.system.store.machine.port;
    port.mutation = Some(Mutation { maker: Maker::Call(call as u64), kind, number: None, change: Change::LeaveOut });
    let before = port.changed;
    world.call(call, x).unwrap();
    let port = &mut world.kernel.system.store.machine.port;
    port.mutation = None;
    port.changed - before
}

#[test]
fn all_cores_take_part_once_however_large_the_frame_is() {
    const PUBLISH: u64 = 3;
    for kind in [Kind::ForgetInstructions, Kind::Complete] {
        let counted = [12, 21].map(|size| {
            let mut world = World::new();
            let frame = world.make(ObjectKind::Frame, size);
            requests(&mut world, kind, SystemCall::FrameMaintain, &[frame, PUBLISH, 0, 1 << size])
        });
        assert!(counted[0] > 0, "{kind:?} is asked for");
        assert_eq!(counted[0], counted[1], "{kind:?}: for 4 KiB, and for 2 MiB");
    }
}

#[test]
fn a_call_that_is_cut_waits_for_what_it_has_begun() {
    let mut world = World::new();
    let frame = world.make(ObjectKind::Frame, 21);
    let machine = &mut world.kernel.system.store.machine;
    let maker = Maker::Call(SystemCall::FrameMaintain as u64);
    machine.port.mutation = Some(Mutation { maker, kind: Kind::Complete, number: None, change: Change::LeaveOut });
    machine.preempt_after.set(Some(3));
    let publish = [frame, 3, 0, 2 << 20, 0, 0, 0, 0];
    assert_eq!(world.system_call(SystemCall::FrameMaintain as u64, publish, 0), Outcome::Restarted);
    assert_eq!(world.kernel.system.store.machine.port.changed, 1, "it may go on on another core");
}

/// A frame of 2 MiB whose map was cut after the first chunk.
fn half_mapped(world: &mut World) -> u64 {
    world.call(SystemCall::AsidPoolAssign, &[slot::ASID_POOL, slot::ADDRESS_SPACE]).ok();
    let frame = world.make(ObjectKind::Frame, 21);
    assert_eq!(map_cut_after(world, frame, 1), Outcome::Restarted);
    frame
}

#[test]
fn an_interrupted_map_goes_on_where_it_stopped() {
    let mut world = World::new();
    let frame = half_mapped(&mut world);
    assert_ne!(map_cut_after(&mut world, frame, CHUNKS - 1), Outcome::Restarted, "511 chunks were left");
    assert_eq!(world.call(SystemCall::FrameQuery, &[frame]).unwrap().values[4], 0x4000_0000);
}

/// While the memory type of a large frame changes, nobody can use the page, and its place is not free. Whoever has the capability ends that.
#[test]
fn a_change_of_memory_type_that_was_cut_keeps_its_place() {
    for small in [false, true] {
        let mut world = World::new();
        let frame = half_mapped(&mut world);
        let _ = map_cut_after(&mut world, frame, CHUNKS);
        world.kernel.system.store.machine.preempt_after.set(Some(3));
        let uncached = [frame, READ_WRITE, MapAttributes::UNCACHED.bits(), 0, 0, 0, 0, 0];
        assert_eq!(world.system_call(SystemCall::FrameProtect as u64, uncached, 0), Outcome::Restarted);
        world.kernel.system.store.machine.preempt_after.set(None);
        assert_eq!(translate(&world, 0x4000_0000), None, "a core could make lines dirty that are clean already");
        let other = world.make(ObjectKind::Frame, if small { 12 } else { 21 });
        assert_eq!(map(&mut world, other, 0x4000_0000, READ_WRITE, 0), Err(Error::AddressInUse));
        world.call(SystemCall::FrameProtect, &[frame, READ_WRITE, 0]).unwrap();
        assert!(translate(&world, 0x4000_0000).is_some());
        world.call(SystemCall::FrameUnmap, &[frame]).unwrap();
        map(&mut world, other, 0x4000_0000, READ_WRITE, 0).unwrap();
    }
}

#[test]
fn a_frame_that_came_into_the_slot_meanwhile_is_maintained_from_the_beginning() {
    let mut world = World::new();
    let other = world.make(ObjectKind::Frame, 21);
    let frame = half_mapped(&mut world);
    world.call(SystemCall::CNodeSwap, &[0, frame, 0, other]).unwrap();
    assert_eq!(map_cut_after(&mut world, frame, CHUNKS - 1), Outcome::Restarted, "512 chunks were left");
}

#[test]
fn another_call_on_the_same_frame_begins_at_the_beginning() {
    let mut world = World::new();
    let frame = half_mapped(&mut world);
    world.kernel.system.store.machine.preempt_after.set(Some(CHUNKS - 2));
    let publish = [frame, 3, 0, 2 << 20, 0, 0, 0, 0];
    assert_eq!(world.system_call(SystemCall::FrameMaintain as u64, publish, 0), Outcome::Restarted);
    assert_eq!(map_cut_after(&mut world, frame, CHUNKS - 1), Outcome::Restarted, "it took what the map had left");
}

#[test]
fn who_stops_a_thread_or_writes_its_registers_drops_how_far_its_call_came() {
    let mut world = World::new();
    let other = world.spawn(90, Time::Own);
    let start = PhysicalAddress::new(0x4000_0000).unwrap();
    let interrupt = |world: &mut World| {
        let stretch = Stretch { start, bytes: 1 << 21, operation: CacheOperation::CleanToUnification };
        world.kernel.system.store.get_mut(other.thread).restart = Restart { call: 48, stretch, done: 4096 };
    };
    for (call, x) in [
        (SystemCall::ThreadSuspend, [other.slot, 0, 0, 0, 0, 0]),
        (SystemCall::ThreadWriteRegisters, [other.slot, 0x1000, 0x2000, 0, 0, 0]),
        (SystemCall::ThreadSetRegisters, [other.slot, 0, 1, 5, 0, 0]),
    ] {
        interrupt(&mut world);
        world.call(call, &x).unwrap();
        assert_eq!(world.kernel.system.store.get(other.thread).restart, Restart::NONE, "{call:?}");
    }
}
