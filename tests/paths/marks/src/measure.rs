//! A measured segment of a program. May call `mark`.

use l4k_sys::system;

use crate::mark::Mark;

/// Does something so many times between two marks, and tells how many ticks that took. An error ends it early, without a mark at the end.
///
/// # Errors
/// Those of the operation.
#[inline(always)]
pub fn measure<E>(rounds: u64, mut operation: impl FnMut() -> Result<(), E>) -> Result<(), E> {
    Mark::Begin.make();
    let before = system::ticks();
    for _ in 0..rounds {
        operation()?;
    }
    let ticks = system::ticks().wrapping_sub(before);
    Mark::End { rounds, ticks }.make();
    Ok(())
}
