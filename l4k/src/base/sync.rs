//! What [`lock`](super::lock), [`turns`](super::turns) and [`section`](super::section) are made of. The tests in `tests/concurrency` put a
//! model checker's versions in its place.

pub use super::hint::pause;
pub use core::sync::atomic::{AtomicU32, Ordering};

/// A value that is reached by a pointer.
#[derive(Debug)]
pub struct Cell<T>(core::cell::UnsafeCell<T>);

impl<T> Cell<T> {
    /// A cell with a value.
    pub const fn new(value: T) -> Self {
        Self(core::cell::UnsafeCell::new(value))
    }

    /// Hands out the pointer, to write through.
    #[inline(always)]
    pub fn with_mut<R>(&self, work: impl FnOnce(*mut T) -> R) -> R {
        work(self.0.get())
    }
}
