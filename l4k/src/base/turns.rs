//! Turns: who asks is served, in the order of asking. What `lock` and `section` have in common.

use super::sync::{AtomicU32, Ordering, pause};

/// A queue of cores that wait for their turn. It protects nothing by itself; who has the turn is its user's business.
#[derive(Debug)]
pub struct Turns {
    next: AtomicU32,
    serving: AtomicU32,
}

impl Turns {
    /// An empty queue.
    pub const fn new() -> Self {
        Self { next: AtomicU32::new(0), serving: AtomicU32::new(0) }
    }

    /// Joins the queue. The number is unique among those that wait: it comes again after 2^32 others.
    #[inline(always)]
    pub fn join(&self) -> u32 {
        self.next.fetch_add(1, Ordering::Relaxed)
    }

    /// Waits until it is a number's turn. What those did that had their turn before is seen.
    #[inline(always)]
    pub fn wait_for(&self, number: u32) {
        while self.serving.load(Ordering::Acquire) != number {
            pause();
        }
    }

    /// Ends the turn of whoever calls it: it must have the turn.
    #[inline(always)]
    pub fn pass_on(&self) {
        let served = self.serving.load(Ordering::Relaxed);
        self.serving.store(served.wrapping_add(1), Ordering::Release);
    }

    /// Whether somebody waits behind the one whose turn it is.
    #[inline(always)]
    pub fn is_wanted(&self) -> bool {
        self.next.load(Ordering::Relaxed).wrapping_sub(self.serving.load(Ordering::Relaxed)) > 1
    }
}

impl Default for Turns {
    fn default() -> Self {
        Self::new()
    }
}
