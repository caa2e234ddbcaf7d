//! Memory: objects are made of it, it comes to an end, and it is whole again when they are gone.

use l4k_sys::abi::boot::Entry;
use l4k_sys::abi::object::RETYPE_COUNT_MAX;
use l4k_sys::abi::{Error, FrameSize, ObjectKind, Rights, SystemCall};
use l4k_sys::handle::{MemoryKind, NewObject};
use l4k_sys::registers::Registers;
use l4k_sys::{Frame, Thread, Untyped, stub};
use suite_support::machine;

use crate::harness::bench::{READ_WRITE, map, own, page};
use crate::harness::failure::{Failure, holds, refused, same};
use crate::harness::{Bench, Outcome};

crate::tests![
    frames_are_zero_even_when_used_before,
    objects_are_zero_even_when_used_before,
    memory_is_given_out_to_the_last_byte_and_not_beyond,
    it_is_whole_again_when_its_last_child_is_gone,
    frames_lie_apart_and_aligned,
    wrong_kinds_sizes_and_counts_have_errors_of_their_own,
    retype_at_an_address_skips_what_lies_before,
    device_memory_gives_frames_only,
    a_large_frame_can_be_used_from_end_to_end,
];

const FRAME: NewObject = NewObject::Frame(FrameSize::Small);

fn frames_are_zero_even_when_used_before(bench: &mut Bench<'_>) -> Outcome {
    let memory = bench.untyped(14)?;
    let slot = bench.slot()?;
    for round in 0..3 {
        memory.retype(FRAME, own(slot), 1)?;
        map(Frame::from_slot(slot), page(0), READ_WRITE)?;
        for offset in (0..4096).step_by(8) {
            same("word of a new frame", machine::read(page(0) + offset), 0)?;
            machine::write(page(0) + offset, u64::MAX - round);
        }
        own(memory.slot()).revoke()?;
    }
    Ok(())
}

fn objects_are_zero_even_when_used_before(bench: &mut Bench<'_>) -> Outcome {
    let memory = bench.untyped(12)?;
    let slot = bench.slots(4)?;
    memory.retype(FRAME, own(slot), 1)?;
    map(Frame::from_slot(slot), page(0), READ_WRITE)?;
    (0..512).for_each(|word| machine::write(page(0) + word * 8, u64::MAX));
    own(memory.slot()).revoke()?;
    memory.retype(NewObject::Thread, own(slot), 1)?;
    let thread = Thread::from_slot(slot);
    for first in [0, 6, 12, 18, 24, 30] {
        let registers = thread.read_registers(first)?;
        // The processor state, the last of them, is the kernel's choice.
        let general = if first == 30 { &registers[..3] } else { &registers[..] };
        holds("registers of a new thread are zero", general.iter().all(|word| *word == 0))?;
    }
    memory.retype(NewObject::CNode(4), own(slot + 1), 1)?;
    let cnode = l4k_sys::CNode::from_slot(slot + 1);
    (1..16).try_for_each(|index| same("slot of a new CNode", cnode.at(index).query()?, None))?;
    memory.retype(NewObject::Notification, own(slot + 2), 1)?;
    refused("poll", l4k_sys::Notification::from_slot(slot + 2).poll(), Error::WouldBlock)
}

fn memory_is_given_out_to_the_last_byte_and_not_beyond(bench: &mut Bench<'_>) -> Outcome {
    let memory = bench.untyped(14)?;
    let slots = bench.slots(5)?;
    memory.retype(FRAME, own(slots), 4)?;
    let status = memory.query()?;
    same("size and use", (status.size_bits, status.used_bytes), (14, 1 << 14))?;
    refused("one more", memory.retype(NewObject::Endpoint, own(slots + 4), 1), Error::NotEnoughMemory)?;
    same("the slot of what was refused", own(slots + 4).query()?, None)
}

fn it_is_whole_again_when_its_last_child_is_gone(bench: &mut Bench<'_>) -> Outcome {
    let memory = bench.untyped(14)?;
    let slots = bench.slots(3)?;
    let address = memory.query()?.physical_address;
    memory.retype(NewObject::Thread, own(slots), 1)?;
    memory.retype(NewObject::Notification, own(slots + 1), 1)?;
    own(slots).delete()?;
    holds("one child is left", memory.query()?.used_bytes != 0)?;
    own(slots + 1).delete()?;
    same("use", memory.query()?.used_bytes, 0)?;
    same("address of the first object", memory.retype(FRAME, own(slots + 2), 1)?, address)
}

fn frames_lie_apart_and_aligned(bench: &mut Bench<'_>) -> Outcome {
    bench.endpoint()?;
    let first = bench.make_many(FRAME, 16)?;
    let mut end = 0;
    for slot in first..first + 16 {
        let status = Frame::from_slot(slot).query()?;
        holds("the frame is aligned", status.physical_address.is_multiple_of(4096))?;
        holds("the frame lies behind the one before", status.physical_address >= end)?;
        same("what it is", (status.size_bits, status.rights, status.memory), (12, Rights::ALL, MemoryKind::Normal))?;
        end = status.physical_address + 4096;
    }
    Ok(())
}

fn retype(memory: Untyped, kind: u64, bits: u64, first: u64, count: u64) -> Result<(), Error> {
    let registers = Registers::new([memory.slot(), kind, bits, 0, first, count]);
    let status = stub::system_call(SystemCall::UntypedRetype as u64, registers).x[0];
    Error::from_code(status).map_or(Ok(()), Err)
}

fn wrong_kinds_sizes_and_counts_have_errors_of_their_own(bench: &mut Bench<'_>) -> Outcome {
    let memory = bench.untyped(16)?;
    let first = bench.slots(2)?;
    for kind in [0, 12, 13, 14, 15, 16, 255, u64::MAX] {
        refused("kind", retype(memory, kind, 0, first, 1), Error::InvalidKind)?;
    }
    for (kind, bits) in [(9, 13), (9, 64), (2, 1), (2, 25), (4, 1), (8, 14), (8, 23), (1, 4), (1, 48), (1, u64::MAX)] {
        refused("size", retype(memory, kind, bits, first, 1), Error::InvalidSize)?;
    }
    for count in [0, RETYPE_COUNT_MAX + 1, u64::MAX] {
        refused("count", retype(memory, ObjectKind::Endpoint as u64, 0, first, count), Error::InvalidCount)?;
    }
    refused("more than there is", retype(memory, 1, 17, first, 1), Error::NotEnoughMemory)?;
    refused("count times size", retype(memory, 9, 30, first, 256), Error::NotEnoughMemory)?;
    refused("slots that are not there", retype(memory, 4, 0, 4095, 2), Error::SlotOutOfRange)?;
    refused("a slot in use", retype(memory, 4, 0, memory.slot(), 1), Error::SlotOccupied)?;
    refused("slot 0", retype(memory, 4, 0, 0, 1), Error::SlotOutOfRange)?;
    same("use after all that", memory.query()?.used_bytes, 0)?;
    same("slot after all that", own(first).query()?, None)
}

fn retype_at_an_address_skips_what_lies_before(bench: &mut Bench<'_>) -> Outcome {
    let memory = bench.untyped(16)?;
    let start = memory.query()?.physical_address;
    let place = bench.place()?;
    refused("misaligned", memory.retype_at(FRAME, place, start + 0x800), Error::Misaligned)?;
    refused("before it", memory.retype_at(FRAME, place, start.wrapping_sub(0x1000)), Error::InvalidAddress)?;
    refused("behind it", memory.retype_at(FRAME, place, start + (1 << 16)), Error::InvalidAddress)?;
    memory.retype_at(FRAME, place, start + 0x7000)?;
    same("address", Frame::from_slot(place.slot).query()?.physical_address, start + 0x7000)?;
    let next = bench.place()?;
    refused("used up", memory.retype_at(FRAME, next, start + 0x6000), Error::NotEnoughMemory)
}

fn device_memory_gives_frames_only(bench: &mut Bench<'_>) -> Outcome {
    let device = bench.system.information.entries().find_map(|entry| match entry {
        Entry::Untyped { slot, device: true, .. } => Some(Untyped::from_slot(slot)),
        _ => None,
    });
    let device = device.ok_or_else(|| Failure::new(format_args!("no device memory")))?;
    same("which memory", device.query()?.memory, MemoryKind::Device)?;
    let place = bench.place()?;
    let objects = [
        NewObject::Thread,
        NewObject::Endpoint,
        NewObject::CNode(4),
        NewObject::AddressSpace(15),
        NewObject::AsidPool,
        NewObject::Untyped(11),
    ];
    for object in objects {
        refused("object", device.retype(object, place, 1), Error::DeviceMemory)?;
    }
    device.retype(FRAME, place, 1)?;
    same("kind of frame", Frame::from_slot(place.slot).query()?.memory, MemoryKind::Device)
}

fn a_large_frame_can_be_used_from_end_to_end(bench: &mut Bench<'_>) -> Outcome {
    let frame = Frame::from_slot(bench.make(NewObject::Frame(FrameSize::Large))?);
    let address = page(0) + FrameSize::Large.bytes();
    map(frame, address, READ_WRITE)?;
    for offset in [0, 4096, 1 << 20, (1 << 21) - 8] {
        same("new memory", machine::read(address + offset), 0)?;
        machine::write(address + offset, offset + 1);
    }
    [0, 4096, 1 << 20, (1 << 21) - 8]
        .into_iter()
        .try_for_each(|offset| same("what was written", machine::read(address + offset), offset + 1))
}
