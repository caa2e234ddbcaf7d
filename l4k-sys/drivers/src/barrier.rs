//! The one barrier that device drivers need: between memory that a device reads and the register that makes it read.
#![allow(unsafe_code)]

use core::arch::asm;

/// What was read and written before is done, for every observer of memory (`dsb sy`, Arm ARM C6.2.116).
#[inline]
pub fn complete() {
    // SAFETY: a barrier changes no memory and no register.
    unsafe { asm!("dsb sy", options(nostack, preserves_flags)) }
}
