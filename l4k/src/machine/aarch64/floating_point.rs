//! The FP/SIMD registers, stored and loaded whole. The kernel itself is built without them.
#![allow(unsafe_code)]

use super::kernel_tables::WINDOW;
use crate::base::store::Ref;
use crate::base::vector_registers::FloatingPoint;
use core::arch::{asm, global_asm};
use core::mem::offset_of;

global_asm!(
    ".arch_extension fp",
    ".arch_extension simd",
    ".section .text.l4k_floating_point, \"ax\"",
    // x9: where to. Changes x10.
    ".global l4k_save_floating_point",
    ".type l4k_save_floating_point, %function",
    "l4k_save_floating_point:",
    "stp q0, q1, [x9]",
    "stp q2, q3, [x9, #32]",
    "stp q4, q5, [x9, #64]",
    "stp q6, q7, [x9, #96]",
    "stp q8, q9, [x9, #128]",
    "stp q10, q11, [x9, #160]",
    "stp q12, q13, [x9, #192]",
    "stp q14, q15, [x9, #224]",
    "stp q16, q17, [x9, #256]",
    "stp q18, q19, [x9, #288]",
    "stp q20, q21, [x9, #320]",
    "stp q22, q23, [x9, #352]",
    "stp q24, q25, [x9, #384]",
    "stp q26, q27, [x9, #416]",
    "stp q28, q29, [x9, #448]",
    "stp q30, q31, [x9, #480]",
    "mrs x10, fpcr",
    "str x10, [x9, #{control}]",
    "mrs x10, fpsr",
    "str x10, [x9, #{status}]",
    "ret",
    ".size l4k_save_floating_point, . - l4k_save_floating_point",
    // x9: where from. Changes x10.
    ".global l4k_load_floating_point",
    ".type l4k_load_floating_point, %function",
    "l4k_load_floating_point:",
    "ldp q0, q1, [x9]",
    "ldp q2, q3, [x9, #32]",
    "ldp q4, q5, [x9, #64]",
    "ldp q6, q7, [x9, #96]",
    "ldp q8, q9, [x9, #128]",
    "ldp q10, q11, [x9, #160]",
    "ldp q12, q13, [x9, #192]",
    "ldp q14, q15, [x9, #224]",
    "ldp q16, q17, [x9, #256]",
    "ldp q18, q19, [x9, #288]",
    "ldp q20, q21, [x9, #320]",
    "ldp q22, q23, [x9, #352]",
    "ldp q24, q25, [x9, #384]",
    "ldp q26, q27, [x9, #416]",
    "ldp q28, q29, [x9, #448]",
    "ldp q30, q31, [x9, #480]",
    "ldr x10, [x9, #{control}]",
    "msr fpcr, x10",
    "ldr x10, [x9, #{status}]",
    "msr fpsr, x10",
    "ret",
    ".size l4k_load_floating_point, . - l4k_load_floating_point",
    control = const offset_of!(FloatingPoint, control),
    status = const offset_of!(FloatingPoint, status),
);

const _: () = assert!(offset_of!(FloatingPoint, v) == 0);

/// Stores all registers. The unit is open.
#[inline(always)]
pub fn save(place: Ref<FloatingPoint>) {
    let address = WINDOW + place.address().value();
    // SAFETY: a reference is made only for memory that holds such an object, which is in the window. No borrow of it is alive: whoever borrows an object
    // borrows the store, and the machine with it. The routine writes 528 bytes there and changes x10.
    unsafe { asm!("bl l4k_save_floating_point", in("x9") address, out("x10") _, out("x30") _, options(nostack)) }
}

/// Loads all registers. The unit is open.
#[inline(always)]
pub fn load(place: Ref<FloatingPoint>) {
    let address = WINDOW + place.address().value();
    // SAFETY: as for `save`, read instead of written; the kernel keeps nothing in these registers.
    unsafe { asm!("bl l4k_load_floating_point", in("x9") address, out("x10") _, out("x30") _, options(nostack)) }
}

/// Makes the unit's being open known to the instructions that follow.
#[inline(always)]
pub fn synchronize() {
    // SAFETY: changes no register and no memory.
    unsafe { asm!("isb", options(nostack)) }
}
