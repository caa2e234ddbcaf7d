//! Any bytes are a program, or are refused with what is wrong; what is accepted can be packed and read again.
#![no_main]

use l4k_sys::package::Package;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(image) = l4k_build::convert("program", bytes) else { return };
    let package = l4k_build::write(&[image]).expect("a program that was checked can be packed");
    assert!(Package::parse(&package).is_ok(), "what was packed can be read");
});
