//! The FP/SIMD registers, stored and loaded whole. The kernel itself is built without them.
#![allow(unsafe_code)]

use crate::object::floating_point::FloatingPoint;
use core::arch::{asm, global_asm};
use core::mem::offset_of;

global_asm!(
    ".arch_extension fp",
    ".arch_extension simd",
    ".section .text.l4k_floating_point, \"ax\"",
    // x0: where to. Changes x1.
    ".type l4k_save_floating_point, %function",
    "l4k_save_floating_point:",
    "stp q0, q1, [x0]",
    "stp q2, q3, [x0, #32]",
    "stp q4, q5, [x0, #64]",
    "stp q6, q7, [x0, #96]",
    "stp q8, q9, [x0, #128]",
    "stp q10, q11, [x0, #160]",
    "stp q12, q13, [x0, #192]",
    "stp q14, q15, [x0, #224]",
    "stp q16, q17, [x0, #256]",
    "stp q18, q19, [x0, #288]",
    "stp q20, q21, [x0, #320]",
    "stp q22, q23, [x0, #352]",
    "stp q24, q25, [x0, #384]",
    "stp q26, q27, [x0, #416]",
    "stp q28, q29, [x0, #448]",
    "stp q30, q31, [x0, #480]",
    "mrs x1, fpcr",
    "str x1, [x0, #{control}]",
    "mrs x1, fpsr",
    "str x1, [x0, #{status}]",
    "ret",
    ".size l4k_save_floating_point, . - l4k_save_floating_point",
    // x0: where from. Changes x1.
    ".type l4k_load_floating_point, %function",
    "l4k_load_floating_point:",
    "ldp q0, q1, [x0]",
    "ldp q2, q3, [x0, #32]",
    "ldp q4, q5, [x0, #64]",
    "ldp q6, q7, [x0, #96]",
    "ldp q8, q9, [x0, #128]",
    "ldp q10, q11, [x0, #160]",
    "ldp q12, q13, [x0, #192]",
    "ldp q14, q15, [x0, #224]",
    "ldp q16, q17, [x0, #256]",
    "ldp q18, q19, [x0, #288]",
    "ldp q20, q21, [x0, #320]",
    "ldp q22, q23, [x0, #352]",
    "ldp q24, q25, [x0, #384]",
    "ldp q26, q27, [x0, #416]",
    "ldp q28, q29, [x0, #448]",
    "ldp q30, q31, [x0, #480]",
    "ldr x1, [x0, #{control}]",
    "msr fpcr, x1",
    "ldr x1, [x0, #{status}]",
    "msr fpsr, x1",
    "ret",
    ".size l4k_load_floating_point, . - l4k_load_floating_point",
    control = const offset_of!(FloatingPoint, control),
    status = const offset_of!(FloatingPoint, status),
);

const _: () = assert!(offset_of!(FloatingPoint, v) == 0);

/// Stores all registers at the address of a [`FloatingPoint`]. The unit is open.
pub fn save(address: u64) {
    // SAFETY: the address is that of the second half of a thread object, in the window; the routine writes 528 bytes there and changes x1.
    unsafe { asm!("bl l4k_save_floating_point", in("x0") address, out("x1") _, out("x30") _, options(nostack)) }
}

/// Loads all registers from the address of a [`FloatingPoint`], after the unit was opened.
pub fn load(address: u64) {
    // SAFETY: as for `save`, read instead of written; the kernel keeps nothing in these registers. `isb`: the unit may just have been opened.
    unsafe { asm!("isb", "bl l4k_load_floating_point", in("x0") address, out("x1") _, out("x30") _, options(nostack)) }
}
