//! Which memory is free: RAM without what is in use, in whole pages.

use crate::MemoryRange;
use crate::base::address::{OBJECT_MEMORY_END, PhysicalAddress};

/// Most ranges that are kept.
pub const RANGES: usize = 32;

/// A range of physical addresses: first and end.
pub type Range = (u64, u64);

const PAGE: u64 = 4096;

const NOTHING: MemoryRange = MemoryRange { start: PhysicalAddress::truncated(0), bytes: 0 };

/// Ranges of memory, disjoint.
#[derive(Clone, Copy, Debug)]
pub struct Ranges {
    ranges: [MemoryRange; RANGES],
    count: usize,
    /// Bytes that were dropped because there were too many ranges, or out of the kernel's reach.
    pub dropped: u64,
}

impl Ranges {
    /// No range.
    pub const EMPTY: Ranges = Ranges { ranges: [NOTHING; RANGES], count: 0, dropped: 0 };

    /// Adds RAM; what does not fill a page or lies beyond the kernel's reach is left out.
    #[inline(never)]
    pub fn add(&mut self, (start, end): Range) {
        let start = start.next_multiple_of(PAGE);
        let within = end.min(OBJECT_MEMORY_END) / PAGE * PAGE;
        self.dropped += end.saturating_sub(within.max(start)) / PAGE * PAGE;
        if start < within {
            self.push((start, within));
        }
    }

    fn push(&mut self, (start, end): Range) {
        match self.ranges.get_mut(self.count) {
            Some(place) => {
                *place = MemoryRange { start: PhysicalAddress::truncated(start), bytes: end - start };
                self.count += 1;
            }
            None => self.dropped += end - start,
        }
    }

    /// Takes out a range that is in use, rounded to whole pages.
    #[inline(never)]
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
        self.as_memory().iter().map(bounds)
    }

    /// Whether a range lies wholly in one of these.
    pub fn contain(&self, (start, end): Range) -> bool {
        self.iter().any(|(first, last)| first <= start && end <= last)
    }

    /// Bytes in all.
    pub fn bytes(&self) -> u64 {
        self.iter().map(|(start, end)| end - start).sum()
    }

    /// As the kernel takes them.
    pub fn as_memory(&self) -> &[MemoryRange] {
        self.ranges.get(..self.count).unwrap_or(&[])
    }
}

/// A range as first address and end.
pub const fn bounds(range: &MemoryRange) -> Range {
    (range.start.value(), range.start.value() + range.bytes)
}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::*;
    use std::vec::Vec;

    fn with(added: &[Range], removed: &[Range]) -> Vec<Range> {
        let mut ranges = Ranges::EMPTY;
        added.iter().for_each(|range| ranges.add(*range));
        removed.iter().for_each(|range| ranges.remove(*range));
        ranges.iter().collect()
    }

    #[test]
    fn what_is_in_use_is_taken_out_in_whole_pages() {
        assert_eq!(with(&[(0, 0x10_0000)], &[(0x1800, 0x2001)]), [(0, 0x1000), (0x3000, 0x10_0000)]);
        assert_eq!(with(&[(0, 0x4000), (0x8000, 0xc000)], &[(0x3000, 0x9000)]), [(0, 0x3000), (0x9000, 0xc000)]);
        assert_eq!(with(&[(0, 0x4000)], &[(0, 0x4000)]), []);
        assert_eq!(with(&[(0x1000, 0x4000)], &[(0, 0x1000), (0x4000, 0x5000)]), [(0x1000, 0x4000)]);
    }

    #[test]
    fn memory_is_counted_in_whole_pages_within_reach() {
        assert_eq!(with(&[(1, 0x2fff)], &[]), [(0x1000, 0x2000)]);
        let mut ranges = Ranges::EMPTY;
        ranges.add((OBJECT_MEMORY_END - 0x1000, OBJECT_MEMORY_END + 0x3000));
        assert_eq!((ranges.bytes(), ranges.dropped), (0x1000, 0x3000));
        ranges.add((OBJECT_MEMORY_END + 0x1000, OBJECT_MEMORY_END + 0x3000));
        assert_eq!(ranges.dropped, 0x5000);
    }

    #[test]
    fn ranges_beyond_the_most_are_counted_as_dropped() {
        let mut ranges = Ranges::EMPTY;
        for index in 0..RANGES as u64 + 2 {
            ranges.add((index * 0x2000, index * 0x2000 + 0x1000));
        }
        assert_eq!((ranges.iter().count(), ranges.dropped), (RANGES, 0x2000));
        assert!(ranges.contain((0x2000, 0x3000)) && !ranges.contain((0x2000, 0x4001)));
    }
}
