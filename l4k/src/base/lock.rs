//! The kernel lock: a fair queue lock (ticket lock), taken on entry, given back on return.
#![allow(unsafe_code)]

use core::cell::UnsafeCell;
use core::sync::atomic::{AtomicU32, Ordering};

/// A value that one core at a time may use, in the order of asking.
#[derive(Debug)]
pub struct TicketLock<T> {
    next: AtomicU32,
    serving: AtomicU32,
    value: UnsafeCell<T>,
}

// SAFETY: `with` gives out one `&mut T` at a time (it waits until its own ticket is served and serves the next one only after the
// borrow ended), so sharing the lock moves the value between cores at most, which `T: Send` allows.
unsafe impl<T: Send> Sync for TicketLock<T> {}

impl<T> TicketLock<T> {
    /// A free lock.
    pub const fn new(value: T) -> Self {
        Self { next: AtomicU32::new(0), serving: AtomicU32::new(0), value: UnsafeCell::new(value) }
    }

    /// Runs `work` with the value. Waits for every core that asked before; each holds the lock for a bounded time.
    #[inline(always)]
    pub fn with<R>(&self, work: impl FnOnce(&mut T) -> R) -> R {
        let ticket = self.next.fetch_add(1, Ordering::Relaxed);
        while self.serving.load(Ordering::Acquire) != ticket {
            core::hint::spin_loop();
        }
        // SAFETY: `serving` equals our ticket, tickets are unique, and it moves on only below: nobody else is in here.
        let result = work(unsafe { &mut *self.value.get() });
        self.serving.store(ticket.wrapping_add(1), Ordering::Release);
        result
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;

    #[test]
    fn increments_of_many_threads_are_all_seen() {
        let lock = TicketLock::new(0u32);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..1000 {
                        lock.with(|value| *value += 1);
                    }
                });
            }
        });
        assert_eq!(lock.with(|value| *value), 4000);
    }
}
