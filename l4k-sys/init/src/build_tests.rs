//! Building a program over the recording kernel.

extern crate std;

use crate::description::Supply;
use crate::home::Home;
use crate::slots::{SlotAllocator, SlotRange};
use crate::testing::{IMAGE_PAGES, STACK_PAGES, Seen, description, image, record, recorded, resources};
use l4k_sys::abi::SystemCall;
use std::string::ToString;
use std::vec::Vec;

/// Starts the sample program; the call with this index fails.
fn start(fail_at: usize) -> (Vec<Seen>, Result<(), std::string::String>) {
    record(usize::MAX);
    let mut resources = resources();
    let supplies = [Supply::copy(5, 60, l4k_sys::abi::Rights::CALL)];
    let home = Home::reserve(&mut resources, &image(), &description(&supplies)).unwrap();
    record(fail_at);
    let result = home.start(&mut resources, &image(), &description(&supplies), [7, 8, 9]);
    (recorded(), result.map_err(|failure| failure.to_string()))
}

fn calls(seen: &[Seen], wanted: SystemCall) -> Vec<[u64; 8]> {
    seen.iter().filter(|seen| seen.call == wanted).map(|seen| seen.x).collect()
}

#[test]
fn nothing_is_mapped_writable_and_executable() {
    let (seen, result) = start(usize::MAX);
    assert_eq!(result, Ok(()));
    for [_, _, address, rights, attributes, ..] in calls(&seen, SystemCall::FrameMap) {
        assert_ne!(rights & 0b110, 0b110, "at {address:#x}");
        assert_eq!(attributes, 0);
    }
}

#[test]
fn each_page_is_mapped_once_where_it_belongs() {
    let (seen, _) = start(usize::MAX);
    let space = calls(&seen, SystemCall::AsidPoolAssign)[0][1];
    let mapped: Vec<u64> = calls(&seen, SystemCall::FrameMap).iter().filter(|x| x[1] == space).map(|x| x[2]).collect();
    assert_eq!(mapped.len() as u64, IMAGE_PAGES + STACK_PAGES + 1);
    let expected = [0x20_0000, 0x20_1000, 0x20_4000, 0x20_5000, 0x20_7000, 0x20_8000, 0x20_a000];
    assert_eq!(mapped, expected);
}

/// 5 MiB from the middle of a block of 2 MiB on, the first 4 MiB with contents.
#[test]
fn what_fills_large_frames_is_made_of_large_frames() {
    const MIB: u64 = 1 << 20;
    static CONTENTS: [u8; 4 << 20] = [1; 4 << 20];
    record(usize::MAX);
    let mut resources = resources();
    resources.slots = SlotAllocator::new(SlotRange { first: 100, count: 400 });
    let mut large = image();
    large.segments[1].address = 0x30_0000;
    large.segments[1].bytes = 5 * MIB;
    large.segments[1].contents = &CONTENTS;
    let home = Home::reserve(&mut resources, &large, &description(&[])).unwrap();
    record(usize::MAX);
    home.start(&mut resources, &large, &description(&[]), [0; 3]).unwrap();
    let seen = recorded();
    let space = calls(&seen, SystemCall::AsidPoolAssign)[0][1];
    let mapped: Vec<u64> = calls(&seen, SystemCall::FrameMap).iter().filter(|x| x[1] == space).map(|x| x[2]).collect();
    // Text, a MiB of pages, two large frames up to 8 MiB, stack and buffer.
    assert_eq!(mapped.len() as u64, 2 + 256 + 2 + STACK_PAGES + 1);
    assert_eq!(mapped[2 + 256..2 + 256 + 2], [4 * MIB, 6 * MIB]);
    let made: Vec<[u64; 2]> = calls(&seen, SystemCall::UntypedRetype).iter().map(|x| [x[2], x[5]]).collect();
    assert_eq!(made[0], [21, 2], "large frames come first: {made:?}");
    // A page each, and then whole large frames.
    assert_eq!(calls(&seen, SystemCall::FrameUnmap).len(), 2 + 256 + 2);
}

#[test]
fn pages_without_contents_are_not_written() {
    let (seen, _) = start(usize::MAX);
    assert_eq!(calls(&seen, SystemCall::FrameUnmap).len(), 3);
}

#[test]
fn the_thread_starts_at_the_entry_with_a_stack_and_its_arguments() {
    let (seen, _) = start(usize::MAX);
    let [_, entry, stack, a, b, c, ..] = calls(&seen, SystemCall::ThreadWriteRegisters)[0];
    assert_eq!((entry, stack, [a, b, c]), (0x20_0000, 0x20_9000, [7, 8, 9]));
    assert_eq!(seen.last().unwrap().call, SystemCall::ThreadResume);
}

#[test]
fn every_failing_call_is_reported_and_leaves_nothing() {
    let (complete, _) = start(usize::MAX);
    for (fail_at, failing) in complete.iter().enumerate().filter(|(_, seen)| seen.call != SystemCall::DebugNameThread) {
        let (seen, result) = start(fail_at);
        let message = result.expect_err(&std::format!("{failing:?}"));
        assert!(message.starts_with("program sample: cannot "), "{message}");
        assert!(message.ends_with("the kernel answers Dying"), "{message}");
        let after = &seen[fail_at + 1..];
        assert_eq!(after[0].call, SystemCall::CNodeRevoke, "{failing:?}");
        assert!(after[1..].iter().all(|seen| seen.call == SystemCall::CNodeDelete));
    }
}

#[test]
fn a_home_is_given_back_whole() {
    record(usize::MAX);
    let mut resources = resources();
    let before = resources.slots.take().unwrap();
    let home = Home::reserve(&mut resources, &image(), &description(&[])).unwrap();
    home.give_back(&mut resources).unwrap();
    let again = Home::reserve(&mut resources, &image(), &description(&[])).unwrap();
    assert_eq!(again.thread().slot(), home.thread().slot());
    assert!(again.thread().slot() > before);
}

#[test]
fn a_program_without_room_is_refused_before_anything_is_made() {
    record(usize::MAX);
    let mut resources = resources();
    let supplies = [Supply::make(9, l4k_sys::handle::NewObject::Untyped(30))];
    let failure = Home::reserve(&mut resources, &image(), &description(&supplies)).unwrap_err();
    assert!(failure.to_string().contains("set memory and slots aside: the kernel answers NotEnoughMemory"));
    assert!(calls(&recorded(), SystemCall::UntypedRetype).is_empty());
}

#[test]
fn budget_period_and_timeouts_reach_the_kernel() {
    record(usize::MAX);
    let mut resources = resources();
    let timeouts = Some(l4k_sys::Endpoint::from_slot(21));
    let period = Some(l4k_sys::Nanoseconds::from_milliseconds(30));
    let description = crate::Description { timeouts, period, ..description(&[]) };
    let home = Home::reserve(&mut resources, &image(), &description).unwrap();
    record(usize::MAX);
    home.start(&mut resources, &image(), &description, [0; 3]).unwrap();
    let seen = recorded();
    let minted = calls(&seen, SystemCall::CNodeMint);
    let [thread, endpoint, ..] = calls(&seen, SystemCall::ThreadSetTimeoutEndpoint)[0];
    assert_eq!(thread, home.thread().slot());
    assert!(minted.iter().any(|x| x[1] == endpoint && x[3] == 21 && x[5] == 3), "{minted:?}");
    let configured = calls(&seen, SystemCall::SchedControlConfigure)[0];
    assert_eq!(configured[1..4], [home.context().slot(), 10_000_000, 30_000_000]);
}
