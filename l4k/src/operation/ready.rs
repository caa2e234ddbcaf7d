//! A core's ready queue: a ring for each priority, and a two-level bitmap of the rings that are not empty.

use super::system::System;
use crate::base::arch::{Arch, CoreNumber};
use crate::base::store::Ref;
use crate::object::thread::{Priority, QueueLinks, Thread};

/// Rings by priority.
#[derive(Debug)]
pub struct ReadyQueue {
    /// The highest priority with a thread, plus 1; 0 if there is none.
    top: u16,
    /// Bit w: word w of the bitmap is not zero.
    summary: u8,
    /// Bit b of word w: the ring of priority 64 w + b is not empty.
    bitmap: [u64; 4],
    /// First thread of each ring.
    rings: [Option<Ref<Thread>>; 256],
}

/// Which end of its ring a thread joins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// It runs before the others: it was interrupted by a more urgent one.
    Front,
    /// It runs after the others.
    Back,
}

impl ReadyQueue {
    /// No thread.
    pub const EMPTY: ReadyQueue = ReadyQueue { top: 0, summary: 0, bitmap: [0; 4], rings: [None; 256] };

    /// The highest priority with a thread.
    #[inline]
    #[must_use]
    pub fn highest(&self) -> Option<Priority> {
        self.top.checked_sub(1).map(|highest| highest as Priority)
    }

    /// Whether a thread of a priority comes before all of them.
    #[inline(always)]
    #[must_use]
    pub fn is_below(&self, priority: Priority) -> bool {
        self.top <= Priority::into(priority)
    }

    fn find_highest(&self) -> Option<Priority> {
        let word = self.summary.checked_ilog2()? as usize % 4;
        let bit = self.bitmap[word].checked_ilog2()?;
        Some((word as u32 * 64 + bit) as Priority)
    }

    /// First thread of a priority.
    #[inline]
    #[must_use]
    pub fn first(&self, priority: Priority) -> Option<Ref<Thread>> {
        self.rings[priority as usize]
    }

    /// Whether bitmaps and highest priority say what the rings are (an invariant).
    #[must_use]
    pub fn is_consistent(&self) -> bool {
        let rings = (0..=255u8).all(|priority| {
            let bit = self.bitmap[priority as usize / 64] >> (priority % 64) & 1 == 1;
            bit == self.rings[priority as usize].is_some()
        });
        let summary = (0..4).all(|word| (self.summary >> word & 1 == 1) == (self.bitmap[word] != 0));
        rings && summary && self.highest() == self.find_highest()
    }

    fn set_ring(&mut self, priority: Priority, first: Option<Ref<Thread>>) {
        self.rings[priority as usize] = first;
        let word = priority as usize / 64;
        let bit = 1 << (priority % 64);
        if first.is_some() {
            self.bitmap[word] |= bit;
        } else {
            self.bitmap[word] &= !bit;
        }
        if self.bitmap[word] != 0 {
            self.summary |= 1 << word;
        } else {
            self.summary &= !(1 << word);
        }
        self.top = self.find_highest().map_or(0, |highest| u16::from(highest) + 1);
    }
}

impl<A: Arch> System<A> {
    /// Puts a thread that is in no queue into a core's ready queue.
    pub fn ready_insert(&mut self, core: CoreNumber, thread: Ref<Thread>, end: End) {
        let priority = self.store.get(thread).priority;
        let there = self.core(core);
        let first = there.ready.first(priority);
        if there.current.is_none_or(|current| self.store.get(current).priority < priority) {
            self.unsettle(core);
        }
        match first {
            Some(first) => self.ring_append(first, thread),
            None => {
                self.store.get_mut(thread).links =
                    QueueLinks { next: Some(thread), previous: Some(thread), above: None, below: None };
            }
        }
        if first.is_none() || end == End::Front {
            self.settled_core_mut(core).ready.set_ring(priority, Some(thread));
        }
    }

    /// Takes a thread out of a core's ready queue.
    pub fn ready_remove(&mut self, core: CoreNumber, thread: Ref<Thread>) {
        let priority = self.store.get(thread).priority;
        let successor = self.ring_remove(thread);
        let ready = &mut self.settled_core_mut(core).ready;
        if ready.first(priority) == Some(thread) {
            ready.set_ring(priority, successor);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::ReadyQueue;

    #[test]
    fn bitmaps_that_differ_from_the_rings_are_found() {
        assert!(ReadyQueue::EMPTY.is_consistent());
        let mut queue = ReadyQueue::EMPTY;
        queue.bitmap[2] = 1 << 7;
        assert!(!queue.is_consistent());
        queue.bitmap[2] = 0;
        queue.summary = 1 << 3;
        assert!(!queue.is_consistent());
        queue.summary = 0;
        queue.top = 8;
        assert!(!queue.is_consistent());
    }
}
