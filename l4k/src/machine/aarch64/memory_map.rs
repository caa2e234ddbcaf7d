//! Which memory is free: RAM without what is in use, in whole pages.

use super::device_tree::Range;
use crate::MemoryRange;
use crate::base::address::{OBJECT_MEMORY_END, PhysicalAddress};

/// Most ranges that are kept.
pub const RANGES: usize = 32;

const PAGE: u64 = 4096;

/// Ranges of memory, disjoint.
#[derive(Clone, Copy, Debug)]
pub struct Ranges {
    ranges: [Range; RANGES],
    count: usize,
    /// Bytes that were dropped because there were too many ranges, or out of the kernel's reach.
    pub dropped: u64,
}

impl Ranges {
    /// No range.
    pub const EMPTY: Ranges = Ranges { ranges: [(0, 0); RANGES], count: 0, dropped: 0 };

    /// Adds RAM; what does not fill a page or lies beyond the kernel's reach is left out.
    pub fn add(&mut self, (start, end): Range) {
        let start = start.next_multiple_of(PAGE);
        let within = end.min(OBJECT_MEMORY_END) / PAGE * PAGE;
        self.dropped += end.saturating_sub(within.max(start)) / PAGE * PAGE;
        if start < within {
            self.push((start, within));
        }
    }

    fn push(&mut self, range: Range) {
        match self.ranges.get_mut(self.count) {
            Some(place) => {
                *place = range;
                self.count += 1;
            }
            None => self.dropped += range.1 - range.0,
        }
    }

    /// Takes out a range that is in use, rounded to whole pages.
    pub fn remove(&mut self, (start, end): Range) {
        let (start, end) = (start / PAGE * PAGE, end.next_multiple_of(PAGE));
        let old = *self;
        *self = Ranges { dropped: old.dropped, ..Ranges::EMPTY };
        for (first, last) in old.iter() {
            if end <= first || start >= last {
                self.push((first, last));
                continue;
            }
            if first < start {
                self.push((first, start));
            }
            if end < last {
                self.push((end, last));
            }
        }
    }

    /// The ranges.
    pub fn iter(&self) -> impl Iterator<Item = Range> + '_ {
        self.ranges.iter().take(self.count).copied()
    }

    /// Whether a range lies wholly in one of these.
    pub fn contain(&self, (start, end): Range) -> bool {
        self.iter().any(|(first, last)| first <= start && end <= last)
    }

    /// Bytes in all.
    pub fn bytes(&self) -> u64 {
        self.iter().map(|(start, end)| end - start).sum()
    }

    /// As the kernel takes them; the first so many.
    pub fn as_memory(&self) -> ([MemoryRange; RANGES], usize) {
        let mut memory = [MemoryRange { start: PhysicalAddress::truncated(0), bytes: 0 }; RANGES];
        for (place, (start, end)) in memory.iter_mut().zip(self.iter()) {
            *place = MemoryRange { start: PhysicalAddress::truncated(start), bytes: end - start };
        }
        (memory, self.count)
    }
}
