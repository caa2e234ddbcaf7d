//! For programs with one thread, behind the feature `critical-section-single-thread`.
//!
//! Nothing can come between two instructions of a program's only thread but the kernel, which touches none of its memory but the message
//! buffer in a call: every piece of code is a critical section already. A program with several threads must not rely on it.
#![allow(unsafe_code)]

use critical_section::{Impl, RawRestoreState, set_impl};

struct SingleThread;

set_impl!(SingleThread);

// SAFETY: with one thread in the program no other code of it runs between `acquire` and `release`, which is all that a critical
// section promises; there are no signal handlers, since the kernel never makes a program run anything of its own accord.
unsafe impl Impl for SingleThread {
    unsafe fn acquire() -> RawRestoreState {
        false
    }

    unsafe fn release(_: RawRestoreState) {}
}

#[cfg(test)]
mod tests {
    use core::cell::Cell;

    #[test]
    fn sections_nest() {
        let value = critical_section::Mutex::new(Cell::new(1));
        critical_section::with(|outer| {
            critical_section::with(|inner| value.borrow(inner).set(2));
            assert_eq!(value.borrow(outer).get(), 2);
        });
    }
}
