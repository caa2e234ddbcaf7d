//! Any bytes are a sequence of system calls; the kernel's core and the reference model do the same.
#![no_main]

use l4k_model::reference::driver::play;
use l4k_model::reference::sequence;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Err(divergence) = play(&sequence::of_bytes(bytes)) {
        panic!("{}{}", divergence.program, divergence.difference);
    }
});
