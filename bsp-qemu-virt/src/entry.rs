//! Entry at EL3 (`-machine virt,secure=on`): what only the secure side can set up. QEMU sets the counter's rate.
#![allow(unsafe_code)]

use core::arch::global_asm;

/// The interrupt controller's distributor, and a GICv2's interface of the core.
const DISTRIBUTOR: u64 = 0x0800_0000;
const INTERFACE: u64 = 0x0801_0000;

/// GICD_CTLR.DS of a GICv3 (IHI 0069H, 12.9.4): there is one security state.
const ONE_STATE: u64 = 1 << 6;

global_asm!(
    ".section .text.head, \"ax\"",
    // At EL3, MMU off, x0 to x15 free. Each core comes here.
    ".global l4k_secure_set_up",
    "l4k_secure_set_up:",
    "ldr x0, ={distributor}",
    "mrs x1, id_aa64pfr0_el1",    // GIC: the core's interface to a GICv3
    "tst x1, #(0xf << 24)",
    "b.eq 1f",
    "mov w1, #{one_state}",
    "str w1, [x0]",               // GICD_CTLR
    "ret",
    // GICv2 (IHI 0048B): every interrupt is the non-secure side's, which may use the lower half of the priorities.
    "1: mov w1, #3",
    "str w1, [x0]",               // GICD_CTLR: both groups
    "ldr w2, [x0, #4]",           // GICD_TYPER.ITLinesNumber
    "and w2, w2, #0x1f",
    "add x3, x0, #0x80",          // GICD_IGROUPR
    "mov w1, #-1",
    "2: str w1, [x3], #4",
    "subs w2, w2, #1",
    "b.pl 2b",
    "ldr x0, ={interface}",
    "mov w1, #0xff",
    "str w1, [x0, #4]",           // GICC_PMR
    "mov w1, #3",
    "str w1, [x0]",               // GICC_CTLR: both groups
    "ret",
    ".ltorg",
    distributor = const DISTRIBUTOR,
    interface = const INTERFACE,
    one_state = const ONE_STATE,
);
