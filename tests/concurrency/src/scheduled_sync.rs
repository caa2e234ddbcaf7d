//! What `l4k/src/base/sync.rs` offers, made of shuttle. May call nothing of this crate.

use std::cell::UnsafeCell;
use std::sync::atomic;

pub use shuttle::sync::atomic::{AtomicU32, Ordering};
pub use shuttle::thread::yield_now as pause;

/// What is said of two accesses at once.
pub const RACE: &str = "two at once";

/// A value that is reached by a pointer. Others have a chance to come in between while it is used; if one does, that is an error.
#[derive(Debug)]
pub struct Cell<T> {
    value: UnsafeCell<T>,
    accesses: Watched,
}

impl<T> Cell<T> {
    /// A cell with a value.
    pub const fn new(value: T) -> Self {
        Self { value: UnsafeCell::new(value), accesses: Watched::new() }
    }

    /// Hands out the pointer, to write through.
    pub fn with_mut<R>(&self, work: impl FnOnce(*mut T) -> R) -> R {
        self.accesses.access(|| work(self.value.get()))
    }
}

/// Memory that one thread at a time may use, without a value.
#[derive(Debug)]
pub struct Watched(atomic::AtomicBool);

impl Watched {
    /// Nobody uses it.
    pub const fn new() -> Self {
        Self(atomic::AtomicBool::new(false))
    }

    /// Uses it, to write.
    ///
    /// # Panics
    /// Somebody uses it already.
    pub fn access<R>(&self, work: impl FnOnce() -> R) -> R {
        assert!(!self.0.swap(true, Ordering::Relaxed), "{RACE}");
        pause();
        let result = work();
        self.0.store(false, Ordering::Relaxed);
        result
    }
}

impl Default for Watched {
    fn default() -> Self {
        Self::new()
    }
}
