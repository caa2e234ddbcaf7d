//! What a core is told that no other code says: to wait between two looks at something that another core will change, and not to guess. May call
//! nothing.
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

/// A number, if it is below `count`, else 0: by a conditional select, which a core does not guess, with the barrier that Arm asks for behind it
/// (`csdb`, C6.2). The compiler cannot take it out where a check says the same already, since it does not look into it.
#[inline(always)]
#[must_use]
pub fn confined(number: u64, count: u64) -> u64 {
    let confined;
    // SAFETY: it changes one register and the flags, and no memory.
    unsafe {
        asm!(
            "cmp {number}, {count}",
            "csel {confined}, {number}, xzr, lo",
            "csdb",
            number = in(reg) number,
            count = in(reg) count,
            confined = lateout(reg) confined,
            options(pure, nomem, nostack)
        );
    }
    confined
}
