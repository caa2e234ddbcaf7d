//! Any bytes, and any edits of a program's headers, are a program, or are refused with what is wrong; what is accepted can be packed and read again.
#![no_main]

mod edits;

use l4k_sys::package::Package;
use libfuzzer_sys::arbitrary::Unstructured;
use libfuzzer_sys::fuzz_target;

static PROGRAM: &[u8] = include_bytes!("../seeds/elf/program.elf");

/// Fields of the file's header, and of a program header (System V ABI, ELF-64).
const HEADER: [edits::Field; 12] =
    [(4, 1), (5, 1), (16, 2), (18, 2), (24, 8), (32, 8), (40, 8), (54, 2), (56, 2), (58, 2), (60, 2), (62, 2)];
const SEGMENT: [edits::Field; 8] = [(0, 4), (4, 4), (8, 8), (16, 8), (24, 8), (32, 8), (40, 8), (48, 8)];
const SEGMENT_BYTES: usize = 56;

fn number(at: usize, width: usize) -> usize {
    PROGRAM[at..at + width].iter().rev().fold(0, |sum, byte| sum << 8 | usize::from(*byte))
}

fn fields() -> Vec<edits::Field> {
    let (first, count) = (number(32, 8), number(56, 2));
    let segments = (0..count).flat_map(|index| SEGMENT.map(|(at, width)| (first + index * SEGMENT_BYTES + at, width)));
    HEADER.into_iter().chain(segments).collect()
}

fn judge(bytes: &[u8]) {
    let Ok(image) = l4k_build::convert("program", bytes) else { return };
    let package = l4k_build::write(&[image]).expect("a program that was checked can be packed");
    assert!(Package::parse(&package).is_ok(), "what was packed can be read");
}

fuzz_target!(|bytes: &[u8]| {
    judge(bytes);
    if let Ok(edited) = edits::edited(PROGRAM, &fields(), &mut Unstructured::new(bytes)) {
        judge(&edited);
    }
});
