//! Machines that cannot carry the firmware say so on the early console, and do not stop in silence.

mod hello;

use hello::{LIMIT, boot};
use l4k_qemu::{Machine, MemorySize};

/// 2 MiB lie below the image, which needs about half a MiB: its text is there, its end is not.
#[test]
fn too_little_memory_is_told_on_the_early_console() {
    let mut session = boot(Machine { memory: "2400K".parse().expect("a size"), ..Machine::default() });
    session.expect("memory too small for the image", LIMIT).expect("a message on the early console");
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
