//! Entry where no firmware has been before: what only EL3 can set up, and where cores wait that were not called for.
#![allow(unsafe_code)]

use core::arch::global_asm;

/// Rate of the counter: the crystal's.
const COUNTER_HERTZ: u64 = 54_000_000;

/// CPUECTLR_EL1.SMPEN (Cortex-A72 TRM 4.3.67): the core takes part in coherency.
const COHERENT: u64 = 1 << 6;

/// L2CTLR_EL1 (Cortex-A72 TRM 4.3.62): latencies of the data RAM, in bits 2:0 and 5, as the chip's clock asks for.
const L2_LATENCY: u64 = 0x22;

global_asm!(
    ".section .text.head, \"ax\"",
    // At EL3, MMU off, x0 to x15 free.
    ".global l4k_secure_set_up",
    "l4k_secure_set_up:",
    "mrs x0, S3_1_C15_C2_1",      // CPUECTLR_EL1
    "orr x0, x0, #{coherent}",
    "msr S3_1_C15_C2_1, x0",
    "mov x0, #{latency}",
    "msr S3_1_C11_C0_2, x0",      // L2CTLR_EL1
    "isb",
    "ldr x0, ={counter}",
    "msr cntfrq_el0, x0",
    // The counter runs by the crystal, undivided (ARM_LOCAL: control 0, prescaler 2^31; BCM2711 ARM Peripherals, 6.5.2).
    "ldr x0, =0xff800000",
    "str wzr, [x0]",
    "mov w1, #0x80000000",
    "str w1, [x0, #8]",
    // GIC (IHI 0048B): every interrupt is the non-secure side's, which may use the lower half of the priorities. A GIC without the
    // Security Extensions (GICD_TYPER bit 10), as QEMU's is, has nothing to set up.
    "ldr x0, =0xff841000",
    "ldr w2, [x0, #4]",
    "tbz w2, #10, 3f",
    "mov w1, #3",
    "str w1, [x0]",               // GICD_CTLR: both groups
    "and w2, w2, #0x1f",          // ITLinesNumber
    "add x3, x0, #0x80",          // GICD_IGROUPR
    "mov w1, #-1",
    "1: str w1, [x3], #4",
    "subs w2, w2, #1",
    "b.pl 1b",
    "ldr x0, =0xff842000",
    "mov w1, #0xff",
    "str w1, [x0, #4]",           // GICC_PMR
    "mov w1, #3",
    "str w1, [x0]",               // GICC_CTLR: both groups
    "3: ret",
    // x0 core number. As the firmware does it: an address appears in the core's word of the spin table.
    ".global l4k_park",
    "l4k_park:",
    "mov x1, #0xd8",
    "add x1, x1, x0, lsl #3",
    "2: wfe",
    "ldr x2, [x1]",
    "cbz x2, 2b",
    "br x2",
    ".ltorg",
    coherent = const COHERENT,
    latency = const L2_LATENCY,
    counter = const COUNTER_HERTZ,
);
