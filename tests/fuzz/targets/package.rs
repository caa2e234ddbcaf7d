//! Any bytes are a package of programs, or are refused; what a package says lies in it.
#![no_main]

use l4k_sys::package::Package;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(package) = Package::parse(bytes) else { return };
    for program in package.programs() {
        assert!(!program.name().is_empty());
        for segment in program.segments() {
            assert!(segment.contents().len() as u64 <= segment.memory_size());
        }
    }
});
