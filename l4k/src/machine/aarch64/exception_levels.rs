//! From the exception level that the loader entered at down to EL1. Position independent, without a stack.
//!
//! At each level, first its vectors are set ([`level_vectors`](super::level_vectors)), then the tables of
//! [`features`](crate::machine::cpu::features) are carried out, row by row.
#![allow(unsafe_code)]

use crate::machine::cpu::features::{self, Setting};
use core::arch::global_asm;

/// SCTLR_EL1 with the MMU, the caches and alignment checks off: the bits that are one in Armv8.0 (D24.2.175).
const SCTLR_OFF: u64 = 0x30d0_0800;

/// PSTATE of EL1 and EL2, on their own stack pointers, everything masked.
const EL1H: u64 = 0x3c5;
const EL2H: u64 = 0x3c9;

/// The instructions that carry out a table, as a routine: `decide` for each row. Uses x0 to x2.
macro_rules! carry_out {
    ($name:literal, $table:path, $($row:literal)*) => {
        const _: () = assert!($table.len() == [$($row),*].len(), "each row is carried out, and no other");
        global_asm!(
            ".macro decide read_first, first, read_second, second, read, keep, set, write",
            ".inst \\read_first",
            "ldr x1, =\\first",
            "and x0, x0, x1",
            ".inst \\read_second",
            "ldr x2, =\\second",
            "and x1, x1, x2",
            "orr x0, x0, x1",
            "cbz x0, 9f",
            ".if \\keep",
            ".inst \\read",
            "ldr x1, =\\set",
            "orr x0, x0, x1",
            ".else",
            "ldr x0, =\\set",
            ".endif",
            ".inst \\write",
            // Later rows use registers that earlier ones let exist, or whose meaning they change.
            "isb",
            "9:",
            ".endm",
            ".section .text.head, \"ax\"",
            concat!(".global ", $name),
            concat!($name, ":"),
            $(concat!("decide {}, {}, {}, {}, {}, {}, {}, {}  // ", $row),)*
            "ret",
            ".ltorg",
            ".purgem decide",
            $(
                const $table[$row].feature.said_by[0].register.read(0),
                const $table[$row].feature.said_by[0].bits,
                const $table[$row].feature.said_by[1].register.read(1),
                const $table[$row].feature.said_by[1].bits,
                const $table[$row].register.read(0),
                const keeps(&$table[$row]),
                const $table[$row].set,
                const $table[$row].register.write(0),
            )*
        );
    };
}

/// 1 where a setting adds to what is there, 0 where it writes the whole register: there is nothing between.
const fn keeps(setting: &Setting) -> u64 {
    assert!(setting.keep == 0 || setting.keep == u64::MAX);
    setting.keep & 1
}

carry_out!("l4k_decide_el3", features::EL3, 0 1 2 3 4 5 6 7 8);
carry_out!("l4k_decide_el2", features::EL2, 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18);
carry_out!("l4k_decide_el1", features::EL1, 0 1 2 3 4 5 6 7 8 9 10);

global_asm!(
    ".section .text.head, \"ax\"",
    // Returns at EL1 with everything masked and the MMU off. Leaves the level of entry in x21; uses x0 to x15 and x19.
    ".global l4k_drop_to_el1",
    "l4k_drop_to_el1:",
    "mov x19, x30",
    "mrs x21, CurrentEL",
    "lsr x21, x21, #2",
    "cmp x21, #1",
    "b.eq 3f",
    "cmp x21, #2",
    "b.eq 1f",
    // EL3. What only the secure side can set up is the board's: interrupt groups, the counter's rate, the caches' own registers.
    "bl l4k_secure_set_up",
    "adr x0, l4k_el3_vectors",
    "msr vbar_el3, x0",
    "bl l4k_decide_el3",
    "mov x0, #{el2h}",
    "adr x1, 1f",
    "mrs x2, id_aa64pfr0_el1", // A core need not have EL2 (D24.2.82).
    "tst x2, #(0xf << 8)",
    "b.ne 4f",
    "ldr x0, ={sctlr}",
    "msr sctlr_el1, x0",
    "mov x0, #{el1h}",
    "adr x1, 3f",
    "4: msr spsr_el3, x0",
    "msr elr_el3, x1",
    "eret",
    "1: adr x0, l4k_el2_vectors",
    "msr vbar_el2, x0",
    "bl l4k_decide_el2",
    // A core whose EL2 is always a host's keeps E2H (FEAT_E2H0 absent): there, two registers have their bits elsewhere. This is not enough for such
    // a core: the rest of this way uses names that mean EL2's registers there. The book says that it is not supported.
    "mrs x0, hcr_el2",
    "tbz x0, #34, 5f",
    "ldr x0, ={cptr_e2h}",
    "msr cptr_el2, x0",
    "mov x0, #{cnthctl_e2h}",
    "msr cnthctl_el2, x0",
    // What EL1 reads as the core's names is what they are.
    "5: mrs x0, midr_el1",
    "msr vpidr_el2, x0",
    "mrs x0, mpidr_el1",
    "msr vmpidr_el2, x0",
    // MDCR_EL2.HPMN: all event counters belong to EL1. Without counters of the architecture there is no PMCR_EL0 (PMUVer is 0 or 0xf).
    "mrs x0, id_aa64dfr0_el1",
    "ubfx x0, x0, #8, #4",
    "add x0, x0, #1",
    "and x0, x0, #0xf",
    "cmp x0, #2",
    "b.lo 2f",
    "mrs x0, pmcr_el0",
    "ubfx x0, x0, #11, #5",
    // Every other bit was decided to be 0. HPMN itself cannot be read back: as 0 it may read as anything (FEAT_HPMN0).
    "msr mdcr_el2, x0",
    "2:",
    "ldr x0, ={sctlr}",
    "msr sctlr_el1, x0",
    "mov x0, #{el1h}",
    "msr spsr_el2, x0",
    "adr x0, 3f",
    "msr elr_el2, x0",
    "eret",
    "3: bl l4k_decide_el1",
    "ret x19",
    // For boards that have nothing to set up at EL3: start-up refuses to go on there.
    ".global l4k_nothing_secure",
    "l4k_nothing_secure:",
    "ret",
    ".ltorg",
    sctlr = const SCTLR_OFF,
    el1h = const EL1H,
    el2h = const EL2H,
    cptr_e2h = const features::CPTR_EL2_OPEN_E2H,
    cnthctl_e2h = const features::CNTHCTL_EL2_OPEN_E2H,
);
