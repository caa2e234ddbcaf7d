//! From the loader to Rust: exception level, early tables, MMU. Position independent until the MMU is on.
//!
//! The early tables map the image where it is linked (text readable and executable, constants readable, data writable, the stack's
//! guard page not at all), the board's console in the page behind, and, through TTBR0, the gibibyte that the image lies in onto
//! itself, for the step from physical to virtual addresses and for reading the device tree.
#![allow(unsafe_code)]

use super::startup::start;
use core::arch::global_asm;

/// SCTLR_EL1: the bits that are one in Armv8.0 (D24.2.175), MMU, caches, stack alignment checks, EL0 may wait for events and interrupts.
const SCTLR: u64 = 0x30d0_0800 | 1 | 1 << 2 | 1 << 3 | 1 << 4 | 1 << 12 | 1 << 16 | 1 << 18;

/// SCTLR_EL1.SPAN: exceptions leave PSTATE.PAN alone. One in Armv8.0, cleared where PAN exists.
const SCTLR_SPAN: u64 = 1 << 23;

/// MAIR_EL1: 0 normal write-back, 1 Device-nGnRE, 2 normal not cacheable; the indices of `table_format`.
const MAIR: u64 = 0xff | 0x04 << 8 | 0x44 << 16;

/// TCR_EL1 without sizes that depend on the core: 48-bit addresses in both halves, 4 KiB granules, write-back walks, inner shareable.
const TCR: u64 = 16 | 1 << 8 | 1 << 10 | 3 << 12 | 16 << 16 | 1 << 24 | 1 << 26 | 3 << 28 | 2 << 30;

/// Page descriptors of the image, inner shareable, accessed, normal memory: text (not for EL0), constants, data.
const TEXT: u64 = 0b11 | 0b11 << 8 | 1 << 10 | 1 << 7 | 1 << 54;
const CONSTANTS: u64 = TEXT | 1 << 53;
const DATA: u64 = 0b11 | 0b11 << 8 | 1 << 10 | 1 << 53 | 1 << 54;
/// Page descriptor of device memory.
const DEVICE: u64 = 0b11 | 1 << 10 | 1 << 2 | 1 << 53 | 1 << 54;
/// Block descriptor of normal memory for the identity mapping of the transition, executable by EL1.
const IDENTITY: u64 = 0b01 | 0b11 << 8 | 1 << 10 | 1 << 54;

global_asm!(
    ".section .text.head, \"ax\"",
    ".global l4k_start",
    "l4k_start:",
    // The header of an arm64 Linux image, so that loaders for such place a raw image and pass a device tree in x0.
    "b 1f",
    ".long 0",
    ".quad 0",            // text offset from a 2 MiB boundary
    ".quad __image_bytes",
    ".quad 0xa",          // little endian, 4 KiB pages, anywhere in memory
    ".quad 0, 0, 0",
    ".ascii \"ARM\\x64\"",
    ".long 0",
    "1:",
    "msr daifset, #0xf",
    "mov x20, x0",        // the device tree, for as long as this file lasts
    // Only the first core goes on; the others wait until they are asked for.
    "mrs x0, mpidr_el1",
    "and x0, x0, #0xff",
    "cbz x0, 2f",
    "3: wfe",
    "b 3b",
    "2: mrs x21, CurrentEL",
    "lsr x21, x21, #2",
    "cmp x21, #1",
    "b.eq 5f",
    "cmp x21, #2",
    "b.ne 3b",            // EL3 needs a board's own set-up
    // EL2: let EL1 be AArch64 and reach timers, FP and debug registers without traps (D24.2.53, D24.2.37).
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
    "cbz x0, 4f",
    "mrs x0, S3_4_C12_C9_5", // ICC_SRE_EL2
    "mov x1, #9",         // SRE and Enable
    "orr x0, x0, x1",
    "msr S3_4_C12_C9_5, x0",
    "isb",
    "msr S3_4_C12_C11_0, xzr", // ICH_HCR_EL2
    "4:",
    "ldr x0, ={sctlr_off}",
    "msr sctlr_el1, x0",
    "mov x0, #0x3c5",     // EL1h, everything masked
    "msr spsr_el2, x0",
    "adr x0, 5f",
    "msr elr_el2, x0",
    "eret",
    "5:",
    // Clear .bss, the early tables among it, with the caches off; then drop whatever the caches hold of it.
    "adrp x0, __bss_start",
    "add x0, x0, :lo12:__bss_start",
    "adrp x1, __bss_end",
    "add x1, x1, :lo12:__bss_end",
    "mov x2, x0",
    "6: stp xzr, xzr, [x2], #16",
    "cmp x2, x1",
    "b.lo 6b",
    "mov x2, x0",
    "7: dc ivac, x2",
    "add x2, x2, #16",
    "cmp x2, x1",
    "b.lo 7b",
    "dsb sy",
    // Early tables: six pages. x22 = TTBR1 level 0, then levels 1, 2, 3, then TTBR0 levels 0 and 1.
    "adrp x22, l4k_early_tables",
    "add x0, x22, #0x1000",
    "orr x0, x0, #3",
    "str x0, [x22, #(511 * 8)]",  // image: level 0 entry 511
    "add x1, x22, #0x1000",
    "add x0, x22, #0x2000",
    "orr x0, x0, #3",
    "str x0, [x1, #(510 * 8)]",   // level 1 entry 510
    "add x1, x22, #0x2000",
    "add x0, x22, #0x3000",
    "orr x0, x0, #3",
    "str x0, [x1]",               // level 2 entry 0
    // Pages of the image: x1 entry, x2 page, x3 to x6 ends of text, constants and image, and the guard page.
    "add x1, x22, #0x3000",
    "adrp x2, __image_start",
    "adrp x3, __text_end",
    "adrp x4, __constants_end",
    "adrp x5, __image_end",
    "adrp x6, __stack_guard",
    "ldr x7, ={text}",
    "ldr x8, ={constants}",
    "ldr x9, ={data}",
    "8: cmp x2, x6",
    "b.eq 9f",
    "cmp x2, x4",
    "csel x10, x8, x9, lo",
    "cmp x2, x3",
    "csel x10, x7, x10, lo",
    "orr x10, x10, x2",
    "str x10, [x1]",
    "9: add x1, x1, #8",
    "add x2, x2, #0x1000",
    "cmp x2, x5",
    "b.lo 8b",
    // The console.
    "ldr x0, =l4k_early_console",
    "ldr x1, ={device}",
    "orr x0, x0, x1",
    "add x1, x22, #0x3000",
    "str x0, [x1, #(511 * 8)]",
    // The gibibyte around this code onto itself.
    "add x0, x22, #0x5000",
    "orr x0, x0, #3",
    "add x1, x22, #0x4000",
    "str x0, [x1]",
    "adr x0, l4k_start",
    "lsr x0, x0, #30",
    "lsl x2, x0, #30",
    "ldr x3, ={identity}",
    "orr x2, x2, x3",
    "add x1, x22, #0x5000",
    "str x2, [x1, x0, lsl #3]",
    // Translation on: memory types, sizes by what the core has (physical range at most 48 bits, 16-bit identifiers).
    "ldr x0, ={mair}",
    "msr mair_el1, x0",
    "ldr x0, ={tcr}",
    "mrs x1, id_aa64mmfr0_el1",
    "and x2, x1, #0xf",
    "mov x3, #5",
    "cmp x2, x3",
    "csel x2, x2, x3, lo",
    "orr x0, x0, x2, lsl #32",
    "ubfx x2, x1, #4, #4",
    "cbz x2, 10f",
    "orr x0, x0, #(1 << 36)",
    "10: msr tcr_el1, x0",
    "add x0, x22, #0x4000",
    "msr ttbr0_el1, x0",
    "msr ttbr1_el1, x22",
    "dsb sy",
    "ic iallu",
    "tlbi vmalle1",
    "dsb sy",
    "isb",
    "ldr x0, ={sctlr}",
    "mrs x1, id_aa64mmfr1_el1",   // PAN: set it at every exception where there is one
    "ubfx x1, x1, #20, #4",
    "cbz x1, 11f",
    "bic x0, x0, #{span}",
    "11: msr sctlr_el1, x0",
    "isb",
    // On to virtual addresses, with a stack.
    "adrp x1, __image_start",
    "mov x0, x20",
    "mov x2, x21",
    "ldr x3, =__stack_top",
    "mov sp, x3",
    "mov x29, xzr",
    "mov x30, xzr",
    "ldr x3, ={start}",
    "br x3",
    ".ltorg",
    ".section .bss.l4k_early_tables, \"aw\", @nobits",
    ".balign 4096",
    ".global l4k_early_tables",
    "l4k_early_tables: .space 6 * 4096",
    ".section .bss.l4k_empty_table, \"aw\", @nobits",
    ".balign 4096",
    ".global l4k_empty_table",
    "l4k_empty_table: .space 4096",
    sctlr_off = const SCTLR & !0b101 & !(1 << 12),
    sctlr = const SCTLR,
    span = const SCTLR_SPAN,
    mair = const MAIR,
    tcr = const TCR,
    text = const TEXT,
    constants = const CONSTANTS,
    data = const DATA,
    device = const DEVICE,
    identity = const IDENTITY,
    start = sym start,
);
