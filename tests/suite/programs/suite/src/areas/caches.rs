//! Caches: maintenance that programs ask for, and views of memory that must agree.

use l4k_sys::abi::{Error, FrameSize, Maintenance, MapAttributes, Rights, SystemCall};
use l4k_sys::handle::NewObject;
use l4k_sys::registers::Registers;
use l4k_sys::{Frame, stub};
use suite_support::instructions::{RETURN, set};
use suite_support::machine;

use crate::harness::alarm::Alarm;
use crate::harness::bench::{READ_EXECUTE, READ_WRITE, SPACE, map, own, page};
use crate::harness::failure::{refused, same};
use crate::harness::routine::write_instructions;
use crate::harness::{Bench, Outcome};

crate::tests![
    maintenance_of_any_range_keeps_the_contents,
    a_frame_that_is_not_mapped_can_be_maintained,
    ranges_that_leave_the_frame_are_refused,
    operations_that_do_not_exist_are_refused,
    maintenance_needs_the_read_right,
    devices_are_not_maintained,
    code_that_was_written_and_published_runs,
    an_uncached_view_shows_what_was_cleaned,
    a_cached_view_shows_what_was_written_past_the_caches,
    an_uncached_view_after_retype_shows_zeros,
    a_large_frame_runs_code_from_end_to_end,
    a_large_frame_can_be_uncached,
];

const OPERATIONS: [Maintenance; 3] = [Maintenance::Clean, Maintenance::CleanAndInvalidate, Maintenance::PublishCode];

const NORMAL: MapAttributes = MapAttributes::NORMAL;
const UNCACHED: MapAttributes = MapAttributes::UNCACHED;

/// Where a large frame can lie.
const LARGE: u64 = page(512);

const LARGE_BYTES: u64 = FrameSize::Large.bytes();

/// A frame of this size that is mapped for reading and writing, with a word of its own in each page.
fn filled(bench: &mut Bench<'_>, size: FrameSize) -> Outcome<Frame> {
    let frame = Frame::from_slot(bench.make(NewObject::Frame(size))?);
    map(frame, LARGE, READ_WRITE)?;
    for offset in (0..size.bytes()).step_by(4096) {
        machine::write(LARGE + offset + 8, !offset);
    }
    Ok(frame)
}

#[track_caller]
fn is_filled(size: FrameSize) -> Outcome {
    for offset in (0..size.bytes()).step_by(4096) {
        same("word", (offset, machine::read(LARGE + offset + 8)), (offset, !offset))?;
    }
    Ok(())
}

fn maintenance_of_any_range_keeps_the_contents(bench: &mut Bench<'_>) -> Outcome {
    for size in [FrameSize::Small, FrameSize::Large] {
        let (frame, bytes) = (filled(bench, size)?, size.bytes());
        for operation in OPERATIONS {
            for (offset, length) in
                [(0, bytes), (0, 1), (8, 8), (7, 66), (63, 2), (bytes - 1, 1), (1, bytes - 1), (bytes / 2, 64)]
            {
                frame.maintain(operation, offset, length)?;
            }
            is_filled(size)?;
        }
        frame.unmap()?;
    }
    Ok(())
}

fn a_frame_that_is_not_mapped_can_be_maintained(bench: &mut Bench<'_>) -> Outcome {
    let frame = filled(bench, FrameSize::Small)?;
    frame.unmap()?;
    for operation in OPERATIONS {
        frame.maintain(operation, 0, 4096)?;
    }
    same("where it is mapped", frame.query()?.mapped_at, None)?;
    map(frame, LARGE, Rights::READ)?;
    is_filled(FrameSize::Small)
}

fn ranges_that_leave_the_frame_are_refused(bench: &mut Bench<'_>) -> Outcome {
    for size in [FrameSize::Small, FrameSize::Large] {
        let frame = Frame::from_slot(bench.make(NewObject::Frame(size))?);
        let bytes = size.bytes();
        for operation in OPERATIONS {
            for (offset, length) in [
                (0, 0),
                (bytes, 0),
                (bytes, 1),
                (0, bytes + 1),
                (1, bytes),
                (bytes - 1, 2),
                (u64::MAX, 1),
                (u64::MAX, 2),
                (1, u64::MAX),
                (8, u64::MAX - 7),
                (0, u64::MAX),
            ] {
                refused("range", frame.maintain(operation, offset, length), Error::InvalidArgument)?;
            }
        }
    }
    Ok(())
}

fn operations_that_do_not_exist_are_refused(bench: &mut Bench<'_>) -> Outcome {
    let frame = bench.frame()?;
    for operation in [0, 4, 1 << 32 | 1, u64::MAX] {
        let arguments = Registers::new([frame.slot(), operation, 0, 64]);
        let status = stub::system_call(SystemCall::FrameMaintain as u64, arguments).x[0];
        same("status", (operation, status), (operation, Error::InvalidArgument.code()))?;
    }
    Ok(())
}

fn maintenance_needs_the_read_right(bench: &mut Bench<'_>) -> Outcome {
    let frame = bench.frame()?;
    let weak = Frame::from_slot(bench.copy(frame.slot(), Rights::WRITE.union(Rights::EXECUTE))?);
    let read_only = Frame::from_slot(bench.copy(frame.slot(), Rights::READ)?);
    for operation in OPERATIONS {
        refused("without it", weak.maintain(operation, 0, 64), Error::MissingRight)?;
        read_only.maintain(operation, 0, 64)?;
    }
    Ok(())
}

fn devices_are_not_maintained(bench: &mut Bench<'_>) -> Outcome {
    let alarm = Alarm::new(bench)?;
    for operation in OPERATIONS {
        refused("device", alarm.frame.maintain(operation, 0, 64), Error::DeviceMemory)?;
    }
    Ok(())
}

/// A frame that is mapped twice: written through one view, executed through the other.
fn code_that_was_written_and_published_runs(bench: &mut Bench<'_>) -> Outcome {
    let frame = bench.mapped(page(0), READ_WRITE)?;
    let executable = Frame::from_slot(bench.copy(frame.slot(), Rights::ALL)?);
    map(executable, page(1), READ_EXECUTE)?;
    for value in 1..100 {
        let offset = u64::from(value % 3) * 1024;
        write_instructions(page(0) + offset, &[set(0, value), RETURN]);
        frame.maintain(Maintenance::PublishCode, offset, 8)?;
        same("result", machine::call(page(1) + offset), u64::from(value))?;
    }
    Ok(())
}

/// A frame with a cached view at page 0 and an uncached one at page 1.
fn two_views(bench: &mut Bench<'_>) -> Outcome<Frame> {
    let frame = bench.mapped(page(0), READ_WRITE)?;
    let copy = Frame::from_slot(bench.copy(frame.slot(), Rights::ALL)?);
    copy.map(SPACE, page(1), READ_WRITE, UNCACHED)?;
    Ok(frame)
}

fn an_uncached_view_shows_what_was_cleaned(bench: &mut Bench<'_>) -> Outcome {
    let frame = two_views(bench)?;
    for (value, operation) in (1..).zip(OPERATIONS.into_iter().cycle().take(30)) {
        (0..512).for_each(|word| machine::write(page(0) + 8 * word, value + word));
        frame.maintain(operation, 0, 4096)?;
        (0..512).try_for_each(|word| same("word", (word, machine::read(page(1) + 8 * word)), (word, value + word)))?;
    }
    Ok(())
}

fn a_cached_view_shows_what_was_written_past_the_caches(bench: &mut Bench<'_>) -> Outcome {
    let frame = two_views(bench)?;
    for value in 1..10 {
        same("what the caches take in", machine::read(page(0)), value - 1)?;
        frame.maintain(Maintenance::CleanAndInvalidate, 0, 4096)?;
        machine::write(page(1), value);
        frame.maintain(Maintenance::CleanAndInvalidate, 0, 4096)?;
        same("word", machine::read(page(0)), value)?;
    }
    Ok(())
}

fn an_uncached_view_after_retype_shows_zeros(bench: &mut Bench<'_>) -> Outcome {
    let memory = bench.untyped(14)?;
    let slots = bench.slots(4)?;
    for round in 1..6 {
        memory.retype(NewObject::Frame(FrameSize::Small), own(slots), 4)?;
        for number in 0..4 {
            let (frame, at) = (Frame::from_slot(slots + number), page(number));
            frame.map(SPACE, at, READ_WRITE, UNCACHED)?;
            (0..512).try_for_each(|word| same("word", (word, machine::read(at + 8 * word)), (word, 0)))?;
            frame.protect(READ_WRITE, NORMAL)?;
            (0..512).for_each(|word| machine::write(at + 8 * word, round));
        }
        own(memory.slot()).revoke()?;
    }
    Ok(())
}

fn a_large_frame_runs_code_from_end_to_end(bench: &mut Bench<'_>) -> Outcome {
    let frame = Frame::from_slot(bench.make(NewObject::Frame(FrameSize::Large))?);
    map(frame, LARGE, READ_WRITE)?;
    for round in 0..3 {
        let value = |offset: u64| (offset >> 12) as u16 + round + 1;
        let offsets = || (0..LARGE_BYTES).step_by(4096).map(|offset| offset + 4088);
        offsets().for_each(|offset| write_instructions(LARGE + offset, &[set(0, value(offset)), RETURN]));
        frame.protect(READ_EXECUTE, NORMAL)?;
        for offset in offsets() {
            same("result", (offset, machine::call(LARGE + offset)), (offset, u64::from(value(offset))))?;
        }
        frame.protect(READ_WRITE, NORMAL)?;
    }
    Ok(())
}

fn a_large_frame_can_be_uncached(bench: &mut Bench<'_>) -> Outcome {
    let frame = filled(bench, FrameSize::Large)?;
    frame.protect(READ_WRITE, UNCACHED)?;
    is_filled(FrameSize::Large)?;
    machine::write(LARGE + LARGE_BYTES - 8, 5);
    frame.unmap()?;
    frame.map(SPACE, LARGE, READ_EXECUTE, UNCACHED)?;
    is_filled(FrameSize::Large)?;
    same("the last word", machine::read(LARGE + LARGE_BYTES - 8), 5)?;
    write_to_end(frame)
}

/// Code that was written past the caches runs.
fn write_to_end(frame: Frame) -> Outcome {
    frame.protect(READ_WRITE, UNCACHED)?;
    write_instructions(LARGE, &[set(0, 12), RETURN]);
    frame.protect(READ_EXECUTE, UNCACHED)?;
    same("result", machine::call(LARGE), 12)
}
