//! Tests of the package reader: every defect is found, and no bytes make it panic.

extern crate std;

use super::*;
use std::vec::Vec;

/// One program with a text segment of a page at 0x20_0000 and a data segment of two pages behind.
fn sample() -> Vec<u8> {
    let mut bytes = Vec::new();
    bytes.extend_from_slice(&MAGIC);
    bytes.extend_from_slice(&FORMAT_VERSION.to_le_bytes());
    bytes.extend_from_slice(&VERSION_MAJOR.to_le_bytes());
    bytes.extend_from_slice(&VERSION_MINOR.to_le_bytes());
    bytes.extend_from_slice(&1u32.to_le_bytes());
    bytes.extend_from_slice(&0x3000u32.to_le_bytes());
    bytes.resize(HEADER_BYTES, 0);
    bytes.extend_from_slice(b"init");
    bytes.resize(HEADER_BYTES + NAME_BYTES, 0);
    bytes.extend_from_slice(&0x20_0010u64.to_le_bytes());
    for word in [0u32, 2, 0x4000] {
        bytes.extend_from_slice(&word.to_le_bytes());
    }
    bytes.extend_from_slice(&VERSION_MAJOR.to_le_bytes());
    bytes.extend_from_slice(&VERSION_MINOR.to_le_bytes());
    bytes.resize(HEADER_BYTES + PROGRAM_BYTES, 0);
    for (address, memory, offset, file, rights) in
        [(0x20_0000u64, 0x1000u64, 0x1000u64, 0x1000u64, 5u64), (0x20_1000, 0x2000, 0x2000, 5, 3)]
    {
        for word in [address, memory, offset, file, rights] {
            bytes.extend_from_slice(&word.to_le_bytes());
        }
    }
    bytes.resize(0x3000, 0);
    bytes[0x2000..0x2005].copy_from_slice(b"hello");
    bytes
}

const PROGRAM: usize = HEADER_BYTES;
const SEGMENT: usize = HEADER_BYTES + PROGRAM_BYTES;

fn defect(change: impl FnOnce(&mut Vec<u8>)) -> Defect {
    let mut bytes = sample();
    change(&mut bytes);
    Package::parse(&bytes).expect_err("a defect").defect
}

fn put(bytes: &mut [u8], offset: usize, value: u64) {
    bytes[offset..offset + 8].copy_from_slice(&value.to_le_bytes());
}

fn put32(bytes: &mut [u8], offset: usize, value: u32) {
    bytes[offset..offset + 4].copy_from_slice(&value.to_le_bytes());
}

#[test]
fn a_whole_package_is_read() {
    let bytes = sample();
    let package = Package::parse(&bytes).unwrap();
    let program = package.find("init").unwrap();
    assert_eq!((program.entry(), program.stack_size()), (0x20_0010, 0x4000));
    let segments: Vec<_> = program.segments().collect();
    assert_eq!(segments.len(), 2);
    assert_eq!(segments[1].contents(), b"hello");
    assert_eq!(segments[1].rights(), 3);
}

/// The sample with a second program, 'greeter', that has the same segments.
fn two_programs() -> Vec<u8> {
    let mut bytes = sample();
    bytes.copy_within(SEGMENT..SEGMENT + 2 * SEGMENT_BYTES, SEGMENT + PROGRAM_BYTES);
    bytes.copy_within(PROGRAM..PROGRAM + PROGRAM_BYTES, SEGMENT);
    bytes[SEGMENT..SEGMENT + 7].copy_from_slice(b"greeter");
    put32(&mut bytes, 16, 2);
    bytes
}

#[test]
fn a_missing_program_is_named_with_those_that_are_there() {
    let bytes = sample();
    let error = Package::parse(&bytes).unwrap().find("other").unwrap_err();
    assert_eq!(std::format!("{error}"), "the package has no program 'other'; it has 'init'");
    let bytes = two_programs();
    let package = Package::parse(&bytes).unwrap();
    assert_eq!(package.find("greeter").unwrap().name(), "greeter");
    let error = package.find("greter").unwrap_err();
    assert_eq!(error.name(), "greter");
    assert_eq!(error.names().collect::<Vec<_>>(), ["init", "greeter"]);
    assert_eq!(std::format!("{error}"), "the package has no program 'greter'; it has 'init', 'greeter'");
    assert_eq!(std::format!("{error:?}"), std::format!("{error}"));
}

#[test]
fn defects_of_the_whole_are_found() {
    assert_eq!(Package::parse(b"").unwrap_err().defect, Defect::NoPackage);
    assert_eq!(Package::parse(&MAGIC).unwrap_err().defect, Defect::Truncated);
    assert_eq!(defect(|bytes| bytes[0] = 0), Defect::NoPackage);
    assert_eq!(defect(|bytes| put32(bytes, 8, 9)), Defect::Format(9));
    assert_eq!(defect(|bytes| put32(bytes, 12, 7)), Defect::Abi(7, 0));
    assert_eq!(defect(|bytes| put32(bytes, 16, 0)), Defect::ProgramCount(0));
    assert_eq!(defect(|bytes| put32(bytes, 16, u32::MAX)), Defect::ProgramCount(u32::MAX));
    assert_eq!(defect(|bytes| put32(bytes, 20, 0x3001)), Defect::Truncated);
    assert_eq!(defect(|bytes| bytes.truncate(0x2fff)), Defect::Truncated);
}

#[test]
fn defects_of_a_program_are_found_and_named() {
    assert_eq!(defect(|bytes| bytes[PROGRAM] = 0), Defect::Name);
    assert_eq!(defect(|bytes| bytes[PROGRAM..PROGRAM + 32].fill(b'x')), Defect::Name);
    assert_eq!(defect(|bytes| bytes[PROGRAM] = 0xff), Defect::Name);
    assert_eq!(defect(|bytes| bytes[PROGRAM] = 7), Defect::Name);
    assert_eq!(defect(|bytes| put(bytes, PROGRAM + 32, 0x20_0002)), Defect::Entry(0x20_0002));
    assert_eq!(defect(|bytes| bytes[24] = 1), Defect::Reserved);
    assert_eq!(defect(|bytes| put32(bytes, PROGRAM + 44, 0)), Defect::SegmentCount(0));
    assert_eq!(defect(|bytes| put32(bytes, PROGRAM + 44, 65)), Defect::SegmentCount(65));
    assert_eq!(defect(|bytes| put32(bytes, PROGRAM + 40, u32::MAX)), Defect::Truncated);
    assert_eq!(defect(|bytes| put32(bytes, PROGRAM + 48, 5)), Defect::Stack(5));
    assert_eq!(defect(|bytes| put32(bytes, PROGRAM + 52, 2)), Defect::Abi(2, 0));
    assert_eq!(defect(|bytes| put(bytes, PROGRAM + 32, 0x20_1000)), Defect::Entry(0x20_1000));
    let mut bytes = sample();
    put(&mut bytes, PROGRAM + 32, 4);
    let error = Package::parse(&bytes).unwrap_err();
    assert_eq!(error.program, Some("init"));
    assert_eq!(std::format!("{error}"), "program 'init': the entry point 0x4 is in no executable segment");
}

#[test]
fn defects_of_a_segment_are_found() {
    assert_eq!(defect(|bytes| put(bytes, SEGMENT, 0x20_0008)), Defect::Alignment(0x20_0008));
    assert_eq!(defect(|bytes| put(bytes, SEGMENT, 0)), Defect::Range(0));
    assert_eq!(defect(|bytes| put(bytes, SEGMENT, 1 << 47)), Defect::Range(1 << 47));
    assert_eq!(defect(|bytes| put(bytes, SEGMENT + 8, 0)), Defect::Alignment(0x20_0000));
    assert_eq!(defect(|bytes| put(bytes, SEGMENT + 8, u64::MAX << 12)), Defect::Range(0x20_0000));
    assert_eq!(defect(|bytes| put(bytes, SEGMENT + 24, 0x1001)), Defect::Contents(0x20_0000));
    assert_eq!(defect(|bytes| put(bytes, SEGMENT + 16, u64::MAX << 12)), Defect::Contents(0x20_0000));
    assert_eq!(defect(|bytes| put32(bytes, SEGMENT + 32, 7)), Defect::Rights(0x20_0000));
    assert_eq!(defect(|bytes| put32(bytes, SEGMENT + 32, 4)), Defect::Rights(0x20_0000));
    assert_eq!(defect(|bytes| put(bytes, SEGMENT + SEGMENT_BYTES, 0x20_0000)), Defect::Overlap(0x20_0000));
}

#[test]
fn no_damage_makes_the_reader_panic() {
    let whole = sample();
    let mut state = 0x1234_5678_9abc_def1u64;
    let mut random = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state as usize
    };
    for _ in 0..20_000 {
        let mut bytes = whole.clone();
        for _ in 0..1 + random() % 4 {
            let place = random() % (SEGMENT + 2 * SEGMENT_BYTES);
            bytes[place] = random() as u8;
        }
        bytes.truncate(whole.len() - random() % 3 * 0x1000);
        if let Ok(package) = Package::parse(&bytes) {
            let contents =
                package.programs().flat_map(|program| program.segments()).map(|segment| segment.contents().len());
            assert!(contents.sum::<usize>() <= 2 * bytes.len());
        }
    }
}
