//! What `l4k/src/base/sync.rs` offers, made of loom. May call `flaw` and `model`.

use std::cell::{OnceCell, UnsafeCell};
use std::sync::OnceLock;

use loom::sync::atomic;

use crate::flaw;

pub use crate::model::{RACE, pause};
pub use std::sync::atomic::Ordering;

/// loom's [`atomic::AtomicU32`], which registers with the model when it is first used: a constant function cannot. That has to happen
/// before there is a second thread, or loom takes the registration for an access that nothing orders.
#[derive(Debug)]
pub struct AtomicU32 {
    initial: u32,
    inner: OnceLock<atomic::AtomicU32>,
}

impl AtomicU32 {
    /// With a value.
    pub const fn new(initial: u32) -> Self {
        Self { initial, inner: OnceLock::new() }
    }

    fn inner(&self) -> &atomic::AtomicU32 {
        self.inner.get_or_init(|| atomic::AtomicU32::new(self.initial))
    }

    /// Reads.
    pub fn load(&self, order: Ordering) -> u32 {
        let order = flaw::order(order);
        self.inner().load(order)
    }

    /// Writes.
    pub fn store(&self, value: u32, order: Ordering) {
        let order = flaw::order(order);
        self.inner().store(value, order);
    }

    /// Writes, and returns what was there.
    pub fn swap(&self, value: u32, order: Ordering) -> u32 {
        let order = flaw::order(order);
        self.inner().swap(value, order)
    }

    /// Writes if there is what was expected.
    ///
    /// # Errors
    /// What is there instead.
    pub fn compare_exchange(&self, expected: u32, new: u32, success: Ordering, failure: Ordering) -> Result<u32, u32> {
        let (success, failure) = (flaw::order(success), flaw::order(failure));
        self.inner().compare_exchange(expected, new, success, failure)
    }

    /// Adds, and returns what was there.
    pub fn fetch_add(&self, value: u32, order: Ordering) -> u32 {
        let order = flaw::order(order);
        if flaw::additions_are_torn() {
            let before = self.inner().load(Ordering::Relaxed);
            self.inner().store(before.wrapping_add(value), Ordering::Relaxed);
            return before;
        }
        self.inner().fetch_add(value, order)
    }
}

/// A value that is reached by a pointer. loom reports accesses of two threads that nothing orders.
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
pub struct Watched(OnceCell<loom::cell::UnsafeCell<()>>);

impl Watched {
    /// Nobody has used it yet.
    pub const fn new() -> Self {
        Self(OnceCell::new())
    }

    /// Uses it, to write.
    pub fn access<R>(&self, work: impl FnOnce() -> R) -> R {
        self.0.get_or_init(|| loom::cell::UnsafeCell::new(())).with_mut(|_| work())
    }
}

impl Default for Watched {
    fn default() -> Self {
        Self::new()
    }
}
