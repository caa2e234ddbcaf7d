//! Hands out free slots of the first program's CNode.

/// Slots that can be managed; the CNode may have more.
const SLOTS_MAX: usize = 4096;

const WORD_BITS: usize = 64;

/// Slots that lie next to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SlotRange {
    /// The first.
    pub first: u64,
    /// How many.
    pub count: u64,
}

impl SlotRange {
    /// Every slot of the range.
    pub fn iter(self) -> impl Iterator<Item = u64> {
        self.first..self.first + self.count
    }
}

/// A bitmap of the slots that are taken.
#[derive(Clone, Debug)]
pub struct SlotAllocator {
    first: u64,
    count: usize,
    taken: [u64; SLOTS_MAX / WORD_BITS],
}

impl SlotAllocator {
    /// All of these slots are free. Those beyond the first 4096 stay unused.
    #[must_use]
    pub fn new(free: SlotRange) -> SlotAllocator {
        let count = usize::try_from(free.count).unwrap_or(SLOTS_MAX).min(SLOTS_MAX);
        SlotAllocator { first: free.first, count, taken: [0; SLOTS_MAX / WORD_BITS] }
    }

    /// One slot.
    pub fn take(&mut self) -> Option<u64> {
        self.take_range(1).map(|range| range.first)
    }

    /// So many slots next to each other; `None` for 0 of them or if there are not as many.
    pub fn take_range(&mut self, count: u64) -> Option<SlotRange> {
        let wanted = usize::try_from(count).ok()?;
        let mut run = 0;
        for index in 0..self.count {
            run = if self.is_taken(index) { 0 } else { run + 1 };
            if run > 0 && run == wanted {
                let start = index + 1 - wanted;
                (start..=index).for_each(|index| self.flip(index));
                return Some(SlotRange { first: self.first + start as u64, count });
            }
        }
        None
    }

    /// Gives slots back. Slots that are not taken stay free.
    pub fn give_back(&mut self, range: SlotRange) {
        for slot in range.iter() {
            if let Some(index) = slot.checked_sub(self.first).and_then(|index| usize::try_from(index).ok())
                && index < self.count
                && self.is_taken(index)
            {
                self.flip(index);
            }
        }
    }

    fn is_taken(&self, index: usize) -> bool {
        self.taken.get(index / WORD_BITS).is_some_and(|word| word >> (index % WORD_BITS) & 1 == 1)
    }

    fn flip(&mut self, index: usize) {
        if let Some(word) = self.taken.get_mut(index / WORD_BITS) {
            *word ^= 1 << (index % WORD_BITS);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ten() -> SlotAllocator {
        SlotAllocator::new(SlotRange { first: 100, count: 10 })
    }

    #[test]
    fn slots_are_handed_out_once() {
        let mut slots = ten();
        for expected in 100..110 {
            assert_eq!(slots.take(), Some(expected));
        }
        assert_eq!(slots.take(), None);
    }

    #[test]
    fn a_range_fits_into_a_gap_that_is_long_enough() {
        let mut slots = ten();
        let all = slots.take_range(10).unwrap();
        assert_eq!(all, SlotRange { first: 100, count: 10 });
        slots.give_back(SlotRange { first: 102, count: 1 });
        slots.give_back(SlotRange { first: 104, count: 3 });
        assert_eq!(slots.take_range(2), Some(SlotRange { first: 104, count: 2 }));
        assert_eq!(slots.take_range(2), None);
        assert_eq!(slots.take(), Some(102));
    }

    #[test]
    fn giving_back_what_was_never_taken_changes_nothing() {
        let mut slots = ten();
        slots.give_back(SlotRange { first: 0, count: 200 });
        assert_eq!(slots.take_range(10), Some(SlotRange { first: 100, count: 10 }));
        assert_eq!(slots.take_range(0), None);
    }

    #[test]
    fn more_slots_than_the_bitmap_has_are_left_unused() {
        let mut slots = SlotAllocator::new(SlotRange { first: 9, count: u64::MAX });
        assert!(slots.take_range(SLOTS_MAX as u64).is_some());
        assert_eq!(slots.take(), None);
    }
}
