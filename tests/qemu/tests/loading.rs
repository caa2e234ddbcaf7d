//! From the loader to the first program: memory of every size, too little of it, and a raw image instead of an ELF file.

mod hello;

use std::fs;

use hello::{LIMIT, boot, image};
use l4k_qemu::{Boot, Entry, Machine, MemorySize, Session, raw};

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

#[test]
fn raw_image_with_the_header_of_a_linux_kernel_boots() {
    let file = std::env::temp_dir().join(format!("l4k-raw-{}", std::process::id()));
    let elf = fs::read(image()).expect("the image can be read");
    fs::write(&file, raw::image(&elf).expect("a raw image")).expect("the raw image can be written");
    for entry in [Entry::El1, Entry::El2] {
        let machine = Machine { entry, memory: MemorySize::mebibytes(300), ..Machine::default() };
        let mut session = Session::start(&Boot::new(machine, &file)).expect("QEMU starts");
        session.expect(&format!("entered at {entry}"), LIMIT).expect("the kernel's first line");
        session.expect("l4k> ", LIMIT).expect("the prompt");
        session.ask("exit 9", "ends with status 9", LIMIT).expect("the shell's answer");
        assert_eq!(session.wait_for_end(LIMIT).expect("the machine ends").status.code(), Some(9));
    }
    fs::remove_file(&file).expect("the raw image can be removed");
}
