//! QEMU's `virt`, from the loader to the first program: memory of every size, too little of it, and a raw image instead of an ELF file.

mod hello;

use hello::{LIMIT, PROMPT, boot, boot_file, boot_with, raw, shell_answers};
use l4k_qemu::{Cpu, Entry, InterruptController, Machine, MemorySize};

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
    for entry in [Entry::El1, Entry::El2] {
        let machine = Machine { entry, memory: MemorySize::mebibytes(300), ..Machine::default() };
        let mut session = boot_file(machine, &raw(), &[]);
        session.expect(&format!("entered at {entry}"), LIMIT).expect("the kernel's first line");
        shell_answers(session);
    }
}

#[test]
fn shell_serves_on_every_machine() {
    for cpu in [Cpu::CortexA53, Cpu::CortexA72, Cpu::CortexA76] {
        for interrupt_controller in [InterruptController::V2, InterruptController::V3] {
            for entry in [Entry::El1, Entry::El2] {
                let mut session = boot(Machine { cpu, interrupt_controller, entry, ..Machine::default() });
                session.expect(PROMPT, LIMIT).expect("the prompt");
                session.ask("ping", "10000 calls", LIMIT).expect("an answer of ping");
                shell_answers(session);
            }
        }
    }
}

/// Models whose extensions the kernel's own models do not have, with the same line of QEMU's for each.
#[test]
fn cores_with_every_extension_boot_at_el1_and_el2() {
    for cpu in ["max", "cortex-a710", "neoverse-n2"] {
        for entry in [Entry::El1, Entry::El2] {
            for cores in [1, 4] {
                let mut session = boot_with(Machine { entry, cores, ..Machine::default() }, &["-cpu", cpu]);
                session.expect(&format!("entered at {entry}"), LIMIT).expect("the kernel's first line");
                shell_answers(session);
            }
        }
    }
}

/// Without counters of performance there are no registers of them.
#[test]
fn a_core_without_performance_counters_boots() {
    for entry in [Entry::El1, Entry::El2] {
        shell_answers(boot_with(Machine { entry, ..Machine::default() }, &["-cpu", "cortex-a72,pmu=off"]));
    }
}

#[test]
fn el3_is_left_with_and_without_el2_beneath_it() {
    for interrupt_controller in [InterruptController::V2, InterruptController::V3] {
        for virtualization in ["virtualization=on", "virtualization=off"] {
            for cpu in ["cortex-a53", "cortex-a72", "max"] {
                let machine = Machine { entry: Entry::El3, interrupt_controller, ..Machine::default() };
                let mut session = boot_with(machine, &["-machine", virtualization, "-cpu", cpu]);
                session.expect("entered at EL3", LIMIT).expect("the kernel's first line");
                shell_answers(session);
            }
        }
    }
}
