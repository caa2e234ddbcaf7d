//! What a core is told that no other code says: to wait between two looks at something that another core will change, and not to guess. May call
//! nothing.

pub use core::hint::spin_loop as pause;

/// A number, if it is below `count`, else 0. On the host, where nobody guesses.
#[inline(always)]
#[must_use]
pub const fn confined(number: u64, count: u64) -> u64 {
    if number < count { number } else { 0 }
}
