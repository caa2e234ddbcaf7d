//! The first instructions, of the first core and of the others: from the loader to Rust. Position independent until the MMU is on.
#![allow(unsafe_code)]

use super::cores::{NEXT_NUMBER, join};
use super::image_layout::{FIRST_STACK_TOP, STACK_STRIDE};
use super::startup::start;
use core::arch::global_asm;

global_asm!(
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
    // A core that nobody calls.
    ".global l4k_wait_for_ever",
    "l4k_wait_for_ever:",
    "wfe",
    "b l4k_wait_for_ever",
    ".ltorg",
    start = sym start,
    join = sym join,
    next = sym NEXT_NUMBER,
    stride = const STACK_STRIDE,
    first_stack_top = const FIRST_STACK_TOP,
);
