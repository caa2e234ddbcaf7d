//! Machines that cannot carry the firmware say so on the early console, and do not stop in silence.

mod hello;

use hello::{LIMIT, boot};
use l4k_qemu::{Machine, MemorySize};

#[test]
fn too_little_memory_is_told_on_the_early_console() {
    let mut session = boot(Machine { memory: MemorySize::mebibytes(3), ..Machine::default() });
    let text = session.expect("memory", LIMIT).expect("a message on the early console");
    session.expect("too small", LIMIT).unwrap_or_else(|error| panic!("{text}: {error:#}"));
}

#[test]
fn memory_of_every_size_is_found() {
    for mebibytes in [32, 100, 512, 3000, 5000] {
        let mut session = boot(Machine { memory: MemorySize::mebibytes(mebibytes), ..Machine::default() });
        let text = session.expect("KiB of memory free", LIMIT).expect("the kernel's line on memory");
        let free: u32 = text.split_whitespace().rev().nth(4).and_then(|word| word.parse().ok()).expect("a figure");
        let all = mebibytes * 1024;
        assert!(free < all && free > all - 8 * 1024, "{free} KiB of {all} KiB");
    }
}
