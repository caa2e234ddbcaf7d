//! Which memory is free: the union of what is said to be RAM, without the union of what somebody has, in whole pages.
//!
//! What is said comes from outside, in any order: pieces may overlap, touch, repeat each other, be empty, or have sizes beyond all addresses. So nothing
//! is added or subtracted one by one. The pieces that are free are found from the lowest to the highest, each by looking through all that is said: their
//! number has no limit, and each byte counts once.

use crate::MemoryRange;
use crate::base::address::{OBJECT_MEMORY_END, PhysicalAddress};

/// Most pieces that are kept; if there are more, the largest are.
pub const RANGES: usize = 64;

/// A range of physical addresses: first and end.
pub type Range = (u64, u64);

/// A piece as a description has it: nothing is known of its size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extent {
    /// First address.
    pub start: u64,
    /// Length in bytes.
    pub bytes: u64,
}

impl Extent {
    /// Its addresses; `None` if it goes beyond the last address there is, which no memory does.
    pub const fn checked(self) -> Option<Range> {
        match self.start.checked_add(self.bytes) {
            Some(end) => Some((self.start, end)),
            None => None,
        }
    }

    /// Its addresses, up to the last there is.
    pub const fn clipped(self) -> Range {
        (self.start, self.start.saturating_add(self.bytes))
    }
}

/// The addresses of bytes.
pub fn place(bytes: &[u8]) -> Range {
    let range = bytes.as_ptr_range();
    (range.start.addr() as u64, range.end.addr() as u64)
}

/// What is said of a range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claim {
    /// It is memory.
    There,
    /// Somebody has it, whatever else is said.
    Taken,
}

/// All that is said. Says the same each time.
pub trait Claims {
    /// Calls `told` with everything, in any order.
    fn each(&self, told: impl FnMut(Claim, Range));

    /// The pieces that are there and not taken, by rising address: disjoint, and never one behind the other without a gap.
    fn pieces(&self) -> impl Iterator<Item = Range> {
        let mut from = 0;
        core::iter::from_fn(move || {
            let piece = next_piece(self, from)?;
            from = piece.1;
            Some(piece)
        })
    }
}

/// The first piece at or behind an address.
#[inline(never)]
fn next_piece(claims: &(impl Claims + ?Sized), from: u64) -> Option<Range> {
    let start = first_free(claims, from)?;
    let mut end = start;
    loop {
        let further = ask(claims, Question::ReachFrom, start, end);
        if further == end {
            return Some((start, ask(claims, Question::FirstTakenBehind, start, end)));
        }
        end = further;
    }
}

/// The first address at or behind this that is there and not taken.
fn first_free(claims: &(impl Claims + ?Sized), mut from: u64) -> Option<u64> {
    loop {
        from = Some(ask(claims, Question::FirstThere, from, u64::MAX)).filter(|first| *first != u64::MAX)?;
        let end = ask(claims, Question::TakenUpTo, from, from);
        if end == from {
            return Some(from);
        }
        from = end;
    }
}

/// What one look through all that is said answers.
#[derive(Clone, Copy, Debug)]
enum Question {
    /// The first address from one on that is there; the best answer so far is the lowest.
    FirstThere,
    /// Where the ranges end that are taken and hold an address.
    TakenUpTo,
    /// Where the ranges end that are there and begin at or before the best answer so far.
    ReachFrom,
    /// Where the first range begins behind an address that is taken, if that is before the best answer so far.
    FirstTakenBehind,
}

impl Question {
    /// The answer, with one more range said.
    #[inline(never)]
    fn hear(self, claim: Claim, (first, last): Range, from: u64, best: u64) -> u64 {
        match (self, claim) {
            (Self::FirstThere, Claim::There) if first.max(from) < last => best.min(first.max(from)),
            (Self::TakenUpTo, Claim::Taken) if first <= from => best.max(last),
            (Self::ReachFrom, Claim::There) if first <= best => best.max(last),
            (Self::FirstTakenBehind, Claim::Taken) if first < last && first > from => best.min(first),
            _ => best,
        }
    }
}

/// Looks through all that is said. One function for all questions: what is said is told by much code.
#[inline(never)]
fn ask(claims: &(impl Claims + ?Sized), question: Question, from: u64, best: u64) -> u64 {
    let mut best = best;
    claims.each(|claim, range| best = question.hear(claim, range, from, best));
    best
}

const PAGE: u64 = 4096;

const NOTHING: MemoryRange = MemoryRange { start: PhysicalAddress::truncated(0), bytes: 0 };

/// What was left out of a table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LeftOut {
    /// Pieces that there was no place for.
    pub pieces: u64,
    /// Bytes of these.
    pub bytes: u64,
    /// Bytes at addresses that the kernel cannot name.
    pub out_of_reach: u64,
}

/// Pieces of memory by rising address, disjoint, in whole pages.
#[derive(Clone, Copy, Debug)]
pub struct Ranges {
    ranges: [MemoryRange; RANGES],
    count: usize,
    /// What is not among them.
    pub left_out: LeftOut,
}

impl Ranges {
    /// No piece.
    pub const EMPTY: Ranges =
        Ranges { ranges: [NOTHING; RANGES], count: 0, left_out: LeftOut { pieces: 0, bytes: 0, out_of_reach: 0 } };

    /// Takes up all that is there and not taken.
    #[inline(never)]
    pub fn find(&mut self, claims: &impl Claims) {
        claims.pieces().for_each(|piece| self.add(piece));
    }

    /// Adds a piece behind the others; what does not fill a page is left out without a word.
    fn add(&mut self, (start, end): Range) {
        let Some(start) = start.checked_next_multiple_of(PAGE) else { return };
        let (end, within) = (end / PAGE * PAGE, end.min(OBJECT_MEMORY_END) / PAGE * PAGE);
        let beyond = end.saturating_sub(within.max(start));
        self.left_out.out_of_reach = self.left_out.out_of_reach.saturating_add(beyond);
        if start < within {
            self.keep(MemoryRange { start: PhysicalAddress::truncated(start), bytes: within - start });
        }
    }

    fn keep(&mut self, piece: MemoryRange) {
        let dropped =
            if self.count < RANGES { None } else { self.smallest().filter(|index| self.is_smaller(*index, piece)) };
        if let Some(index) = dropped {
            self.count_as_dropped(self.ranges.get(index).map_or(0, |range| range.bytes));
            self.close_gap(index);
        }
        match self.ranges.get_mut(self.count) {
            Some(place) => {
                *place = piece;
                self.count += 1;
            }
            None => self.count_as_dropped(piece.bytes),
        }
    }

    /// Moves those behind a place one forward.
    fn close_gap(&mut self, index: usize) {
        let mut behind = NOTHING;
        for place in self.ranges.iter_mut().skip(index).rev() {
            core::mem::swap(place, &mut behind);
        }
        self.count -= 1;
    }

    fn smallest(&self) -> Option<usize> {
        self.as_memory().iter().enumerate().min_by_key(|(_, range)| range.bytes).map(|(index, _)| index)
    }

    fn is_smaller(&self, index: usize, than: MemoryRange) -> bool {
        self.ranges.get(index).is_some_and(|range| range.bytes < than.bytes)
    }

    fn count_as_dropped(&mut self, bytes: u64) {
        self.left_out.pieces += 1;
        self.left_out.bytes += bytes;
    }

    /// Takes out the first `bytes`, whole pages, of the piece with this number, which has more.
    pub fn shorten(&mut self, index: usize, bytes: u64) {
        if let Some(range) = self.ranges.get_mut(index) {
            *range = MemoryRange { start: range.start.add(bytes), bytes: range.bytes - bytes };
        }
    }

    /// The pieces.
    pub fn iter(&self) -> impl Iterator<Item = Range> + '_ {
        self.as_memory().iter().map(bounds)
    }

    /// Bytes in all.
    pub fn bytes(&self) -> u64 {
        self.as_memory().iter().map(|range| range.bytes).sum()
    }

    /// As the kernel takes them.
    pub fn as_memory(&self) -> &[MemoryRange] {
        self.ranges.get(..self.count).unwrap_or(&[])
    }
}

/// A range as first address and end.
pub const fn bounds(range: &MemoryRange) -> Range {
    (range.start.value(), range.start.value().saturating_add(range.bytes))
}

#[cfg(test)]
#[path = "memory_map_tests.rs"]
mod tests;
