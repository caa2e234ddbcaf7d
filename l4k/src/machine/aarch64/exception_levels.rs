//! From the exception level that the loader entered at down to EL1. Position independent, without a stack.
#![allow(unsafe_code)]

use core::arch::global_asm;

/// SCTLR_EL1 with the MMU, the caches and alignment checks off: the bits that are one in Armv8.0 (D24.2.175).
const SCTLR_OFF: u64 = 0x30d0_0800;

/// SCTLR_EL2: the bits that are one in Armv8.0 (D24.2.176).
const SCTLR_EL2_OFF: u64 = 0x30c5_0830;

/// SCR_EL3: lower levels are non-secure (bit 0), 4 and 5 are one, no `smc` (7), `hvc` (8), EL2 is AArch64 (10) (D24.2.168).
const SCR: u64 = 1 | 0b11 << 4 | 1 << 7 | 1 << 8 | 1 << 10;

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
    "ldr x0, ={scr}",
    "msr scr_el3, x0",
    "msr cptr_el3, xzr",
    "msr mdcr_el3, xzr",
    "ldr x0, ={sctlr_el2}",
    "msr sctlr_el2, x0",
    "mov x0, #0x3c9",     // EL2h, everything masked
    "msr spsr_el3, x0",
    "adr x0, 1f",
    "msr elr_el3, x0",
    "eret",
    // EL2: let EL1 be AArch64 and reach timers, FP and debug registers without traps (D24.2.53, D24.2.37).
    "1:",
    "mov x0, #(1 << 31)",
    "msr hcr_el2, x0",
    "mov x0, #3",
    "msr cnthctl_el2, x0",
    "msr cntvoff_el2, xzr",
    "mov x0, #0x33ff",
    "msr cptr_el2, x0",
    "msr hstr_el2, xzr",
    "msr vttbr_el2, xzr",
    "mrs x0, midr_el1",
    "msr vpidr_el2, x0",
    "mrs x0, mpidr_el1",
    "msr vmpidr_el2, x0",
    "mrs x0, pmcr_el0",   // MDCR_EL2.HPMN: all event counters belong to EL1
    "ubfx x0, x0, #11, #5",
    "msr mdcr_el2, x0",
    // GICv3 and later: EL1 uses the system registers (ID_AA64PFR0_EL1.GIC).
    "mrs x0, id_aa64pfr0_el1",
    "ubfx x0, x0, #24, #4",
    "cbz x0, 2f",
    "mrs x0, S3_4_C12_C9_5", // ICC_SRE_EL2
    "mov x1, #9",         // SRE and Enable
    "orr x0, x0, x1",
    "msr S3_4_C12_C9_5, x0",
    "isb",
    "msr S3_4_C12_C11_0, xzr", // ICH_HCR_EL2
    "2:",
    "ldr x0, ={sctlr}",
    "msr sctlr_el1, x0",
    "mov x0, #0x3c5",     // EL1h, everything masked
    "msr spsr_el2, x0",
    "msr elr_el2, x19",
    "eret",
    "3: ret x19",
    ".ltorg",
    sctlr = const SCTLR_OFF,
    sctlr_el2 = const SCTLR_EL2_OFF,
    scr = const SCR,
);
