//! The vectors of the exception levels below which the kernel runs: what still arrives there. The MMU of these levels
//! is off.
//!
//! An instruction of a program that traps is given back to EL1 as one that does not exist. A call of firmware that
//! nobody serves is answered so. Everything else is told by the kernel's console at EL1, and stops the machine: with
//! the core at a level whose state is unknown, nothing can be relied on.
#![allow(unsafe_code)]

use super::trap;
use core::arch::global_asm;

/// ESR_EL1 of an instruction that does not exist: class 0, 32-bit instruction (D24.2.40).
const UNKNOWN_INSTRUCTION: u64 = 1 << 25;

/// PSTATE of EL1 on its own stack pointer, everything masked; PAN.
const EL1H: u64 = 0x3c5;
const PAN: u64 = 1 << 22;

/// What an exception from a program does to VBAR_EL1: synchronous, from AArch64.
const FROM_PROGRAM: u64 = 0x400;

macro_rules! level_vectors {
    ($level:literal, $call_class:literal, $routing:literal, $routes:literal) => {
        global_asm!(
            ".section .text.head, \"ax\"",
            ".balign 2048",
            concat!(".global l4k_el", $level, "_vectors"),
            concat!("l4k_el", $level, "_vectors:"),
            ".irp number, 0, 1, 2, 3, 4, 5, 6, 7",
            ".balign 128",
            "mov x4, #\\number",
            "b 8f",
            ".endr",
            // From EL1 or EL0, AArch64, synchronous. x0 and x1 are kept in registers of this level that nobody else
            // uses.
            ".balign 128",
            "mov sp, x0",
            concat!("msr tpidr_el", $level, ", x1"),
            concat!("mrs x0, esr_el", $level),
            "lsr x0, x0, #26",
            concat!("cmp x0, #", $call_class),
            "b.eq 6f",
            concat!("mrs x0, spsr_el", $level),
            "tst x0, #0x1f",
            "b.eq 7f",
            "mov x4, #8",
            "b 8f",
            ".irp number, 9, 10, 11, 12, 13, 14, 15",
            ".balign 128",
            "mov x4, #\\number",
            "b 8f",
            ".endr",
            ".balign 128",
            // A call that nobody serves: NOT_SUPPORTED of the SMC calling convention (DEN0028, 5.2), which is PSCI's
            // too.
            "6: mov x0, #-1",
            concat!("mrs x1, tpidr_el", $level),
            "eret",
            // As if EL1 had taken the exception (D1.3.2): flags stay, PSTATE.PAN as SCTLR_EL1.SPAN says, which the
            // kernel clears where there is PAN.
            concat!("7: msr spsr_el1, x0"),
            "and x0, x0, #0xf0000000",
            "mov x1, #{el1h}",
            "orr x0, x0, x1",
            "mrs x1, id_aa64mmfr1_el1",
            "tst x1, #(0xf << 20)",
            "orr x1, x0, #{pan}",
            "csel x0, x0, x1, eq",
            concat!("msr spsr_el", $level, ", x0"),
            concat!("mrs x0, elr_el", $level),
            "msr elr_el1, x0",
            "mov x0, #{unknown}",
            "msr esr_el1, x0",
            "mrs x0, vbar_el1",
            "add x0, x0, #{from_program}",
            concat!("msr elr_el", $level, ", x0"),
            "mov x0, sp",
            concat!("mrs x1, tpidr_el", $level),
            "eret",
            // To be told at EL1. x4 is the vector's number. Before EL1 has its MMU on there is no console, and the core
            // waits for ever.
            "8: mrs x0, sctlr_el1",
            "tbz x0, #0, l4k_wait_for_ever",
            concat!("mov x0, #", $level),
            concat!("mrs x1, esr_el", $level),
            concat!("mrs x2, elr_el", $level),
            concat!("mrs x3, far_el", $level),
            // An interrupt or a system error that came here is still pending. It would come again before EL1 has said a
            // word: from here on all of them go to EL1, which masks them.
            concat!("mrs x5, ", $routing),
            concat!("bic x5, x5, #", $routes),
            concat!("msr ", $routing, ", x5"),
            "mov x5, #{el1h}",
            concat!("msr spsr_el", $level, ", x5"),
            "ldr x5, =l4k_level_exception",
            concat!("msr elr_el", $level, ", x5"),
            "eret",
            ".ltorg",
            el1h = const EL1H,
            pan = const PAN,
            unknown = const UNKNOWN_INSTRUCTION,
            from_program = const FROM_PROGRAM,
        );
    };
}

// The class of `hvc` and of `smc`; and what routes interrupts and system errors here: FMO, IMO and AMO, and IRQ, FIQ and EA.
level_vectors!("2", "0x16", "hcr_el2", "0x38");
level_vectors!("3", "0x17", "scr_el3", "0xe");

global_asm!(
    ".section .text.vectors, \"ax\"",
    // x0 level, x1 ESR, x2 ELR, x3 FAR, x4 vector; at EL1, with the MMU on.
    ".global l4k_level_exception",
    "l4k_level_exception:",
    "adrp x5, l4k_emergency_stack_top",
    "add x5, x5, :lo12:l4k_emergency_stack_top",
    "mov sp, x5",
    "b {report}",
    report = sym trap::level_exception,
);
