//! Any bytes, and any edits of a package's tables, are a package of programs, or are refused; what a package says lies in it.
#![no_main]

mod edits;

use l4k_sys::package::{HEADER_BYTES, NAME_BYTES, PROGRAM_BYTES, Package, SEGMENT_BYTES};
use libfuzzer_sys::arbitrary::Unstructured;
use libfuzzer_sys::fuzz_target;

static PACKAGE: &[u8] = include_bytes!("../seeds/package/one-program.l4k");

/// Fields of the header, of a program behind its name, and of a segment.
const HEADER: [edits::Field; 4] = [(8, 4), (12, 4), (16, 4), (20, 4)];
const PROGRAM: [edits::Field; 5] = [(0, 8), (8, 4), (12, 4), (16, 4), (20, 4)];
const SEGMENT: [edits::Field; 5] = [(0, 8), (8, 8), (16, 8), (24, 8), (32, 4)];

fn fields() -> Vec<edits::Field> {
    let program = PROGRAM.map(|(at, width)| (HEADER_BYTES + NAME_BYTES + at, width));
    let count = Package::parse(PACKAGE).expect("the seed").programs().next().expect("a program").segments().count();
    let first = HEADER_BYTES + PROGRAM_BYTES;
    let segments = (0..count).flat_map(|index| SEGMENT.map(|(at, width)| (first + index * SEGMENT_BYTES + at, width)));
    HEADER.into_iter().chain(program).chain(segments).collect()
}

fn judge(bytes: &[u8]) {
    let Ok(package) = Package::parse(bytes) else { return };
    for program in package.programs() {
        assert!(!program.name().is_empty());
        for segment in program.segments() {
            assert!(segment.contents().len() as u64 <= segment.memory_size());
        }
    }
}

fuzz_target!(|bytes: &[u8]| {
    judge(bytes);
    if let Ok(edited) = edits::edited(PACKAGE, &fields(), &mut Unstructured::new(bytes)) {
        judge(&edited);
    }
});
