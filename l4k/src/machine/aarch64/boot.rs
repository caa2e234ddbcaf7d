//! The first instructions, of the first core and of the others: from the loader to Rust. Position independent until the MMU is on.
#![allow(unsafe_code)]

use super::board::{Board, Console};
use super::cores::{NEXT_NUMBER, join};
use super::image_layout::{FIRST_STACK_TOP, STACK_STRIDE};
use super::startup::start;
use core::arch::global_asm;
use core::mem::offset_of;

global_asm!(
    // The tables have pages of 4 KiB. A core that has none (ID_AA64MMFR0_EL1.TGran4, bits 31 to 28, is 8 or more; D24.2.80) would take them for others
    // when its MMU is on, so that it must say so before.
    ".macro require_granule",
    "mrs x0, id_aa64mmfr0_el1",
    "tbnz x0, #31, .Lno_granule",
    ".endm",
    ".section .text.head.first, \"ax\"",
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
    "mov x20, x0",        // what the loader passed, for as long as this file lasts
    // Only the first core goes on; the others wait, as their board has it, until they are called.
    // Affinity level 0 is a core's number, unless that level numbers the threads of a core (MPIDR_EL1.MT, bit 24; D24.2.119).
    "mrs x0, mpidr_el1",
    "tbz x0, #24, 5f",
    "lsr x0, x0, #8",
    "5: and x0, x0, #0xff",
    "cbz x0, 2f",
    "b l4k_park",
    "2: bl l4k_drop_to_el1",
    // Clear .bss, the early tables among it, with the caches off; then drop whatever the caches hold of it.
    "adrp x0, __bss_start",
    "add x0, x0, :lo12:__bss_start",
    "adrp x1, __bss_end",
    "add x1, x1, :lo12:__bss_end",
    "mov x2, x0",
    "3: stp xzr, xzr, [x2], #16",
    "cmp x2, x1",
    "b.lo 3b",
    // With the MMU off these stores are to device memory, and cache maintenance waits for such stores only at a barrier (Arm ARM, 'A64 cache maintenance instructions', ordering).
    "dsb sy",
    "mov x2, x0",
    "4: dc ivac, x2",
    "add x2, x2, #16",
    "cmp x2, x1",
    "b.lo 4b",
    "dsb sy",
    "bl l4k_fill_early_tables",
    "require_granule",
    "bl l4k_translate",
    // On to virtual addresses, with a stack.
    "adrp x1, __image_start",
    "mov x0, x20",
    "mov x2, x21",
    "ldr x3, =__stacks + {first_stack_top}",
    "mov sp, x3",
    "mov x29, xzr",
    "mov x30, xzr",
    "ldr x3, ={start}",
    "br x3",
    // Another core, called by the first by a word of memory or started by firmware. Any exception level, MMU off.
    ".global l4k_join",
    "l4k_join:",
    "msr daifset, #0xf",
    "bl l4k_drop_to_el1",
    "require_granule",
    "bl l4k_translate",
    // Its number is the next one. Without a stack for it, it waits.
    "adrp x1, {next}",
    "add x1, x1, :lo12:{next}",
    "4: ldxr w0, [x1]",
    "add w2, w0, #1",
    "stxr w3, w2, [x1]",
    "cbnz w3, 4b",
    "ldr x1, =l4k_cores",
    "cmp x0, x1",
    "b.hs l4k_wait_for_ever",
    "ldr x1, ={stride}",
    "mul x1, x1, x0",
    "ldr x2, =__stacks + {first_stack_top}",
    "add x1, x1, x2",
    "mov sp, x1",
    "mov x29, xzr",
    "mov x30, xzr",
    "ldr x3, ={join}",
    "br x3",
    // The board's console by physical addresses, as the board's data have it, as a loader left it.
    ".Lno_granule:",
    "adrp x0, L4K_BOARD",
    "ldr x0, [x0, :lo12:L4K_BOARD]",
    "ldr x1, =__image_start",
    "sub x0, x0, x1",
    "adrp x1, __image_start",
    "add x0, x0, x1",
    "ldr x1, =l4k_early_console",
    "ldr x2, [x0, #{data}]",
    "ldr x3, [x0, #{status}]",
    "ldr w4, [x0, #{mask}]",
    "ldr w5, [x0, #{ready}]",
    "adr x6, .Lno_granule_text",
    "6: ldrb w7, [x6], #1",
    "cbz w7, l4k_wait_for_ever",
    "7: ldr w8, [x1, x3]",
    "and w8, w8, w4",
    "cmp w8, w5",
    "b.ne 7b",
    "str w7, [x1, x2]",
    "b 6b",
    // A core that nobody calls.
    ".global l4k_wait_for_ever",
    "l4k_wait_for_ever:",
    "wfe",
    "b l4k_wait_for_ever",
    ".ltorg",
    ".Lno_granule_text:",
    ".asciz \"l4k: cannot start: a core has no pages of 4 KiB (ID_AA64MMFR0_EL1.TGran4), and the kernel has no others\\r\\n\"",
    ".balign 4",
    start = sym start,
    data = const offset_of!(Board, console) + offset_of!(Console, data),
    status = const offset_of!(Board, console) + offset_of!(Console, status),
    mask = const offset_of!(Board, console) + offset_of!(Console, mask),
    ready = const offset_of!(Board, console) + offset_of!(Console, ready),
    join = sym join,
    next = sym NEXT_NUMBER,
    stride = const STACK_STRIDE,
    first_stack_top = const FIRST_STACK_TOP,
);
