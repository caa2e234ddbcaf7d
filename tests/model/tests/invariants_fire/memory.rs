//! What capabilities cover, and free memory. Calls `stage`.

use crate::stage::{change_frame, fires, fires_within, place};
use l4k::base::address::{PhysicalAddress, SizeBits};
use l4k::machine::simulated::RAM_START;
use l4k::object::capability::{Capability, MemoryClass};
use l4k::object::frame::Frame;
use l4k_model::invariants;
use l4k_model::world::{World, slot};
use l4k_sys::abi::{ObjectKind, Rights};
use std::panic::{AssertUnwindSafe, catch_unwind};

fn move_frame(world: &mut World, number: u64, address: u64) {
    let address = PhysicalAddress::new(address).unwrap();
    change_frame(world, number, |frame| Frame { address, ..frame });
}

fn untyped(world: &mut World, number: u64) -> (&mut SizeBits, &mut PhysicalAddress) {
    let slot = place(world, number);
    match &mut world.kernel.system.store.get_mut(slot).capability {
        Capability::Untyped { size_bits, base, .. } => (size_bits, base),
        other => panic!("{other:?}"),
    }
}

/// First byte of the untyped that objects are made of.
fn start(world: &mut World) -> u64 {
    untyped(world, slot::UNTYPED).1.value()
}

#[test]
fn pieces_that_are_wrong_by_themselves() {
    fires("is not aligned to its size", |world| {
        let number = world.make(ObjectKind::Untyped, 13);
        let base = untyped(world, number).1;
        *base = base.add(4096);
    });
    fires("is not in memory", |world| {
        let frame = world.make(ObjectKind::Frame, 12);
        move_frame(world, frame, 0x7000_0000);
    });
    fires("is not in memory", |world| {
        let frame = world.make_from(slot::DEVICE, ObjectKind::Frame, 12);
        change_frame(world, frame, |frame| Frame { memory: MemoryClass::Normal, ..frame });
    });
    fires("is memory, not a device", |world| {
        let frame = world.make(ObjectKind::Frame, 12);
        change_frame(world, frame, |frame| Frame { memory: MemoryClass::Device, ..frame });
    });
    fires("covers memory of the kernel", |world| *untyped(world, slot::GROUND).0 = SizeBits::new(21).unwrap());
    fires("has its watermark behind its end", |world| {
        world.kernel.system.set_watermark(world.table.slot(slot::UNTYPED as u32), 9 << 20);
    });
}

#[test]
fn pieces_that_lie_in_one_another() {
    fires("objects overlap", |world| {
        world.make(ObjectKind::Endpoint, 0);
        let frame = world.make(ObjectKind::Frame, 12);
        let start = start(world);
        move_frame(world, frame, start);
    });
    fires("objects overlap", |world| {
        let frame = world.make(ObjectKind::Frame, 21);
        let start = start(world);
        world.make(ObjectKind::Untyped, 12);
        world.make(ObjectKind::Frame, 21);
        move_frame(world, frame, start + (2 << 20));
    });
    fires("does not descend from", |world| {
        let frame = world.make(ObjectKind::Frame, 12);
        move_frame(world, frame, RAM_START + (1 << 19));
    });
    fires("does not descend from", |world| {
        let frame = world.make(ObjectKind::Frame, 12);
        let inner = world.make(ObjectKind::Untyped, 13);
        let base = untyped(world, inner).1.value();
        move_frame(world, frame, base);
    });
}

#[test]
fn pieces_outside_of_what_they_were_made_of() {
    fires("lies outside its untyped", |world| {
        let frame = world.make_from(slot::DEVICE, ObjectKind::Frame, 12);
        move_frame(world, frame, 0x0a00_0000);
    });
    fires("lies above the watermark", |world| {
        world.make(ObjectKind::Frame, 12);
        world.kernel.system.set_watermark(world.table.slot(slot::UNTYPED as u32), 32);
    });
    fires("lies above the watermark", |world| {
        world.make(ObjectKind::Frame, 12);
        let frame = world.make(ObjectKind::Frame, 12);
        let copy = world.copy(frame, Rights::READ);
        let start = start(world);
        move_frame(world, copy, start + (1 << 20));
    });
}

#[test]
fn free_memory_with_something_in_it() {
    let write = |world: &mut World, offset| {
        let start = start(world);
        world.kernel.system.store.set_word(PhysicalAddress::new(start + offset).unwrap(), 1 << 63);
    };
    fires("free memory at 0x40801000 is not zero", |world| {
        world.make(ObjectKind::Frame, 12);
        write(world, 4096);
    });
    fires_within(16, "free memory at 0x40fffff8 is not zero", |world| write(world, (8 << 20) - 8));
    let mut world = World::new();
    invariants::check_free_memory(&world);
    write(&mut world, 5 << 20);
    assert!(catch_unwind(AssertUnwindSafe(|| invariants::check_free_memory(&world))).is_err());
}
