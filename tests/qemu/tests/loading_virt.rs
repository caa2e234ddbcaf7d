//! QEMU's `virt`, from the loader to the first program: memory of every size, too little of it, and a raw image instead of an ELF file.

mod hello;
mod patched;

use hello::{LIMIT, PROMPT, boot, boot_file, boot_with, raw, shell_answers};
use l4k_qemu::{Cpu, Entry, InterruptController, Machine, MemorySize};
use patched::{patched, patched_in_places};

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

/// `mov x0, #HCR; msr HCR_EL2, x0` behind a jump that is never taken, and the same with IMO, in its place: interrupts come to EL2.
const INTERRUPTS_TO_EL2: [[u32; 3]; 2] =
    [[0xb400_0080, 0xd2b0_0000, 0xd51c_1100], [0xd280_0200, 0xf2b0_0000, 0xd51c_1100]];

/// `mov x0, #SCR; msr SCR_EL3, x0`, and the same with IRQ: interrupts come to EL3.
const INTERRUPTS_TO_EL3: [[u32; 2]; 2] = [[0xd280_a620, 0xd51e_1100], [0xd280_a660, 0xd51e_1100]];

/// Nothing that the kernel does brings an interrupt there, so that the kernel is changed. Vector 9 is that of an interrupt from a lower level.
#[test]
fn what_arrives_at_a_level_that_the_kernel_has_left_is_told() {
    let interrupt_controller = InterruptController::V2;
    let images = [
        (Entry::El2, patched("to-el2", &INTERRUPTS_TO_EL2[0], &INTERRUPTS_TO_EL2[1])),
        (Entry::El3, patched("to-el3", &INTERRUPTS_TO_EL3[0], &INTERRUPTS_TO_EL3[1])),
    ];
    for (entry, image) in images {
        let mut session = boot_file(Machine { entry, interrupt_controller, ..Machine::default() }, &image, &[]);
        let text = format!("l4k: exception at {entry} (vector 9), which nobody serves: syndrome 0x");
        session.expect(&text, LIMIT).expect("the report");
        std::fs::remove_file(image).expect("the image of this test");
    }
}

/// `mov x0, #HCR; msr HCR_EL2, x0` behind a jump that is never taken, and the same with AMO and VSE: a system error is pending at EL1 from there on.
const ERROR_PENDING: [[u32; 3]; 2] = [[0xb400_0080, 0xd2b0_0000, 0xd51c_1100], [0xd280_2400, 0xf2b0_0000, 0xd51c_1100]];

/// The same with AMO alone: EL2 can make system errors later.
const ERRORS_MADE_AT_EL2: [[u32; 3]; 2] =
    [[0xb400_0080, 0xd2b0_0000, 0xd51c_1100], [0xd280_0400, 0xf2b0_0000, 0xd51c_1100]];

/// What EL2 does on a call that nobody serves: `mov x0, #-1; mrs x1, TPIDR_EL2; eret` and the first two instructions for a call that traps. In its
/// place: `mrs x0, HCR_EL2; orr x0, x0, #VSE; msr HCR_EL2, x0; mov x0, sp; eret`.
const CALL_MAKES_AN_ERROR: [[u32; 5]; 2] = [
    [0x9280_0000, 0xd53c_d041, 0xd69f_03e0, 0xd518_4000, 0x9264_0c00],
    [0xd53c_1100, 0xb278_0000, 0xd51c_1100, 0x9100_03e0, 0xd69f_03e0],
];

/// `dsb sy; wfi`, and `hvc #0; wfi`.
const WAIT_BEGINS_WITH_A_CALL: [[u32; 2]; 2] = [[0xd503_3f9f, 0xd503_207f], [0xd400_0002, 0xd503_207f]];

/// What a loader has left behind hits no program.
#[test]
fn a_system_error_that_is_pending_at_the_start_hits_no_program() {
    let image = patched("pending-error", &ERROR_PENDING[0], &ERROR_PENDING[1]);
    let mut session = boot_file(Machine { entry: Entry::El2, ..Machine::default() }, &image, &[]);
    session.expect("a system error on core 0 while no program ran there: syndrome 0xbe", LIMIT).expect("the report");
    shell_answers(session);
    std::fs::remove_file(image).expect("the image of this test");
}

/// One comes whenever the core begins to wait. The shell, which is what runs next, is hit by none, and the console is not filled with reports.
#[test]
fn a_system_error_while_nothing_runs_hits_no_program() {
    let patches: [(&[u32], &[u32]); 3] = [
        (&ERRORS_MADE_AT_EL2[0], &ERRORS_MADE_AT_EL2[1]),
        (&CALL_MAKES_AN_ERROR[0], &CALL_MAKES_AN_ERROR[1]),
        (&WAIT_BEGINS_WITH_A_CALL[0], &WAIT_BEGINS_WITH_A_CALL[1]),
    ];
    let image = patched_in_places("error-while-idle", &patches);
    let mut session = boot_file(Machine { entry: Entry::El2, ..Machine::default() }, &image, &[]);
    session.expect("further system errors of this kind are taken without a word", LIMIT).expect("the last report");
    session.send("\n").expect("a line for another prompt");
    shell_answers(session);
    std::fs::remove_file(image).expect("the image of this test");
}

/// Each `mrs x0, ID_AA64MMFR0_EL1` becomes `mov x0, #0xf0000000`: no emulated core is without pages of 4 KiB.
#[test]
fn a_core_without_small_pages_says_so_before_its_mmu_is_on() {
    let image = patched("no-granule", &[0xd538_0700], &[0xd2be_0000]);
    let mut session = boot_file(Machine::default(), &image, &[]);
    session.expect("l4k: cannot start: a core has no pages of 4 KiB", LIMIT).expect("the sentence");
    std::fs::remove_file(image).expect("the image of this test");
}
