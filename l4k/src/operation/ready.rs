//! A core's ready queue: a ring for each priority, and a two-level bitmap of the rings that are not empty.

use super::system::System;
use crate::base::arch::{Arch, CoreNumber};
use crate::base::store::Ref;
use crate::object::thread::{Priority, QueueLinks, Thread};

/// Rings by priority.
#[derive(Debug)]
#[repr(C)]
pub struct ReadyQueue {
    /// First thread of each ring.
    rings: [Option<Ref<Thread>>; 256],
    /// Bit b of word w: the ring of priority 64 w + b is not empty.
    bitmap: [u64; 4],
    /// The highest priority with a thread, plus 1; 0 if there is none.
    top: u16,
    /// Bit w: word w of the bitmap is not zero.
    summary: u8,
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

    /// A ring that was empty has a thread, or another one is first in one that was not.
    #[inline(always)]
    pub(super) fn set_first(&mut self, priority: Priority, first: Ref<Thread>) {
        self.rings[priority as usize] = Some(first);
        let word = priority as usize / 64;
        self.bitmap[word] |= 1 << (priority % 64);
        self.summary |= 1 << word;
        self.top = self.top.max(u16::from(priority) + 1);
    }

    fn empty_ring(&mut self, priority: Priority) {
        self.rings[priority as usize] = None;
        let word = priority as usize / 64;
        self.bitmap[word] &= !(1 << (priority % 64));
        if self.bitmap[word] == 0 {
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
        if there.current.is_none_or(|current| self.store.get(current).priority < priority) {
            self.unsettle(core);
        }
        self.ring_insert(core, thread, priority, end);
    }

    /// The same for one after which nothing is to be decided anew.
    #[inline(always)]
    pub(super) fn ring_insert(&mut self, core: CoreNumber, thread: Ref<Thread>, priority: Priority, end: End) {
        match self.core(core).ready.first(priority) {
            Some(first) => {
                self.ring_append(first, thread);
                if end == End::Front {
                    self.settled_core_mut(core).ready.set_first(priority, thread);
                }
            }
            None => {
                self.store.get_mut(thread).links = QueueLinks::alone(thread);
                self.settled_core_mut(core).ready.set_first(priority, thread);
            }
        }
    }

    /// A thread that is in no queue takes the place of the first one of its priority, and so comes last.
    #[inline(always)]
    pub(super) fn ring_replace_first(&mut self, core: CoreNumber, first: Ref<Thread>, thread: Ref<Thread>) {
        let priority = self.store.get(thread).priority;
        let links = core::mem::take(&mut self.store.get_mut(first).links);
        let (new, successor) = match links {
            QueueLinks { next: Some(next), previous: Some(previous), .. } if next != first => {
                self.store.get_mut(previous).links.next = Some(thread);
                self.store.get_mut(next).links.previous = Some(thread);
                (QueueLinks { above: None, below: None, ..links }, next)
            }
            _ => (QueueLinks::alone(thread), thread),
        };
        self.store.get_mut(thread).links = new;
        self.settled_core_mut(core).ready.rings[priority as usize] = Some(successor);
    }

    /// Takes a thread out of a core's ready queue.
    pub fn ready_remove(&mut self, core: CoreNumber, thread: Ref<Thread>) {
        let priority = self.store.get(thread).priority;
        let successor = self.ring_remove(thread);
        let ready = &mut self.settled_core_mut(core).ready;
        if ready.first(priority) == Some(thread) {
            match successor {
                Some(successor) => ready.rings[priority as usize] = Some(successor),
                None => ready.empty_ring(priority),
            }
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
