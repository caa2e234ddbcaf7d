//! The first translation tables, and the MMU on. Position independent, without a stack.
//!
//! The early tables map the image where it is linked (text readable and executable, constants readable, data writable), but each stack one
//! more page higher, so that a page below it is not mapped; the board's console in the last page; and, through TTBR0, the blocks of 2 MiB that the
//! image lies in onto themselves, for the step from physical to virtual addresses. Start-up adds what it reads or writes there, in the same gibibyte
//! (`kernel_tables::Identity`); nothing else is mapped, and nothing else can be executed.
#![allow(unsafe_code)]

use super::image_layout::{CORE_LOCAL_BYTES, FIRST_STACK_BYTES, PAGE, STACK_BYTES};
use core::arch::global_asm;

/// SCTLR_EL1: the bits that are one in Armv8.0 (D24.2.175), MMU, caches, stack alignment checks, EL0 may wait for events and interrupts.
const SCTLR: u64 = 0x30d0_0800 | 1 | 1 << 2 | 1 << 3 | 1 << 4 | 1 << 12 | 1 << 16 | 1 << 18;

/// SCTLR_EL1.SPAN: exceptions leave PSTATE.PAN alone. One in Armv8.0, cleared where PAN exists.
const SCTLR_SPAN: u64 = 1 << 23;

/// MAIR_EL1: 0 normal write-back, 1 Device-nGnRE, 2 normal not cacheable; the indices of `table_format`.
const MAIR: u64 = 0xff | 0x04 << 8 | 0x44 << 16;

/// TCR_EL1 without sizes that depend on the core: 48-bit addresses in the kernel's half and, as long as it is the identity mapping, 39 bits in the
/// other, which then takes no table of level 0; 4 KiB granules, write-back walks, inner shareable.
const TCR: u64 = 25 | 1 << 8 | 1 << 10 | 3 << 12 | 16 << 16 | 1 << 24 | 1 << 26 | 3 << 28 | 2 << 30;

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
    // Fills the early tables, which are zero: six pages, TTBR1 levels 0 to 3, then TTBR0 levels 1 and 2. Uses x0 to x11.
    ".global l4k_fill_early_tables",
    "l4k_fill_early_tables:",
    "adrp x11, l4k_early_tables",
    "add x0, x11, #0x1000",
    "orr x0, x0, #3",
    "str x0, [x11, #(511 * 8)]",  // image: level 0 entry 511
    "add x1, x11, #0x1000",
    "add x0, x11, #0x2000",
    "orr x0, x0, #3",
    "str x0, [x1, #(510 * 8)]",   // level 1 entry 510
    "add x1, x11, #0x2000",
    "add x0, x11, #0x3000",
    "orr x0, x0, #3",
    "str x0, [x1]",               // level 2 entry 0
    // Pages of the image: x1 entry, x2 page, x3 to x5 ends of text, constants and image, x6 the next stack.
    "add x1, x11, #0x3000",
    "adrp x2, __image_start",
    "adrp x3, __text_end",
    "adrp x4, __constants_end",
    "adrp x5, __image_end",
    "adrp x6, __stacks",
    "ldr x7, ={text}",
    "ldr x8, ={constants}",
    "ldr x9, ={data}",
    "mov x0, #{first_stack_bytes}",
    "1: cmp x2, x6",
    "b.ne 2f",
    "add x1, x1, #8",             // nothing is mapped below a stack
    "add x6, x6, x0",
    "mov x0, #{stack_bytes}",
    "2: cmp x2, x4",
    "csel x10, x8, x9, lo",
    "cmp x2, x3",
    "csel x10, x7, x10, lo",
    "orr x10, x10, x2",
    "str x10, [x1]",
    "add x1, x1, #8",
    "add x2, x2, #{page}",
    "cmp x2, x5",
    "b.lo 1b",
    // The console.
    "ldr x0, =l4k_early_console",
    "ldr x1, ={device}",
    "orr x0, x0, x1",
    "add x1, x11, #0x3000",
    "str x0, [x1, #(511 * 8)]",
    // The image onto itself: the block of 2 MiB that it begins in, and the next if that is in the same gibibyte.
    "adrp x0, __image_start",
    "add x1, x11, #0x4000",
    "add x2, x11, #0x5000",
    "orr x3, x2, #3",
    "lsr x4, x0, #30",
    "str x3, [x1, x4, lsl #3]",   // level 1
    "ubfx x4, x0, #21, #9",
    "lsr x0, x0, #21",
    "lsl x0, x0, #21",
    "ldr x3, ={identity}",
    "orr x0, x0, x3",
    "str x0, [x2, x4, lsl #3]",   // level 2
    "add x4, x4, #1",
    "tbnz x4, #9, 6f",
    "add x0, x0, #0x200, lsl #12",
    "str x0, [x2, x4, lsl #3]",
    "6: ret",
    // Translation on, by the early tables. Memory types, sizes by what the core has (physical range at most 48 bits, 16-bit
    // identifiers). Uses x0 to x3.
    ".global l4k_translate",
    "l4k_translate:",
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
    "cbz x2, 4f",
    "orr x0, x0, #(1 << 36)",
    "4: msr tcr_el1, x0",
    "adrp x1, l4k_early_tables",
    "add x0, x1, #0x4000",
    "msr ttbr0_el1, x0",
    "msr ttbr1_el1, x1",
    "dsb sy",
    "ic iallu",
    "tlbi vmalle1",
    "dsb sy",
    "isb",
    "ldr x0, ={sctlr}",
    "mrs x1, id_aa64mmfr1_el1",   // PAN: set it at every exception where there is one
    "ubfx x1, x1, #20, #4",
    "cbz x1, 5f",
    "bic x0, x0, #{span}",
    "5: msr sctlr_el1, x0",
    "isb",
    "ret",
    ".ltorg",
    ".section .bss.l4k_early_tables, \"aw\", @nobits",
    ".balign 4096",
    ".global l4k_early_tables",
    "l4k_early_tables: .space 6 * 4096",
    ".section .bss.l4k_empty_table, \"aw\", @nobits",
    ".balign 4096",
    ".global l4k_empty_table",
    "l4k_empty_table: .space 4096",
    // For the linker script.
    ".global l4k_stack_bytes",
    ".set l4k_stack_bytes, {stack_bytes}",
    ".global l4k_first_stack_bytes",
    ".set l4k_first_stack_bytes, {first_stack_bytes}",
    // For who looks how much of a stack is left.
    ".global l4k_core_local_bytes",
    ".set l4k_core_local_bytes, {core_local_bytes}",
    sctlr = const SCTLR,
    span = const SCTLR_SPAN,
    mair = const MAIR,
    tcr = const TCR,
    text = const TEXT,
    constants = const CONSTANTS,
    data = const DATA,
    device = const DEVICE,
    identity = const IDENTITY,
    page = const PAGE,
    stack_bytes = const STACK_BYTES,
    first_stack_bytes = const FIRST_STACK_BYTES,
    core_local_bytes = const CORE_LOCAL_BYTES,
);
