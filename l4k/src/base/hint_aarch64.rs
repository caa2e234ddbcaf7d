//! What a core does between two looks at something that another core will change. May call nothing.
#![allow(unsafe_code)]

use core::arch::asm;

/// Lets a moment pass (`isb`, as `core::hint::spin_loop`), and says that others have more to do than this one (`yield`, C6.2): on an emulator that
/// runs all cores on one thread the next core runs at once, and not when this one's slice is over.
#[inline(always)]
pub fn pause() {
    core::hint::spin_loop();
    // SAFETY: a hint, which changes no register and no memory.
    unsafe { asm!("yield", options(nomem, nostack, preserves_flags)) }
}
