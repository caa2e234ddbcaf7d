//! The data side: what the caches of all cores, the point of unification and memory say of each line. Calls `ram`.
//!
//! The data caches of the cores are coherent with each other for normal, inner-shareable, write-back memory (Arm ARM,
//! 'The cacheability and shareability memory attributes'), so that they are one here; what they say stands in RAM. Two
//! other views may differ from it:
//! - *unified*: what instruction fetches see beneath the instruction caches. A store gets there with `dc cvau`, or when
//!   the line is evicted ('Synchronization and coherency issues between data and instruction accesses').
//! - *memory*: what accesses that are not cached, and devices that are not coherent, see. A store gets there with `dc
//!   cvac` or `dc civac`, or when the line is evicted.
//!
//! A line that the caches hold and have not written may lag behind memory, if somebody writes memory past the caches:
//! the kernel's linear map is cacheable, so that any line may be in a cache at any time ('Normal memory': speculative
//! reads).
//!
//! Invariants: a page without an entry is the same in all three views. In a page with one, a line without its bit in
//! `above_unified` is the same in the caches and in the unified view; one without its bits in `dirty` and `behind` is
//! the same in the caches and in memory. No line is in both: a store to a line that lags makes it dirty.

extern crate std;

use super::ram::{PAGE, Ram};
use crate::base::arch::CacheOperation;
use core::ops::Range;
use std::boxed::Box;
use std::collections::BTreeMap;

/// Bytes of a line.
const LINE: u64 = 64;

/// The content of a line.
pub type Line = [u8; LINE as usize];

/// The views of a page that differ from the caches'.
#[derive(Clone, Debug)]
struct Page {
    unified: Box<[u8; PAGE]>,
    memory: Box<[u8; PAGE]>,
    /// Lines that fetches see an older state of.
    above_unified: u64,
    /// Lines that memory has an older state of.
    dirty: u64,
    /// Lines that memory has a newer state of.
    behind: u64,
}

/// Who looks at memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    /// Data accesses through the caches.
    Cached,
    /// Instruction fetches, beneath the instruction caches.
    Unified,
    /// Whoever goes past the caches.
    Memory,
}

/// The data side of the machine.
#[derive(Clone, Debug, Default)]
pub struct DataCache {
    pages: BTreeMap<u64, Page>,
}

const fn bit(address: u64) -> u64 {
    1 << (address % PAGE as u64 / LINE)
}

impl DataCache {
    /// Memory that no cache holds.
    pub const EMPTY: DataCache = DataCache { pages: BTreeMap::new() };

    /// Bytes are about to be written in RAM, through the caches.
    pub fn will_write(&mut self, ram: &Ram, start: u64, bytes: u64) {
        for line in lines(start, bytes) {
            let page = self.page(line);
            let place = place_of(line);
            if page.above_unified & bit(line) == 0 {
                ram.read(line, &mut page.unified[place.clone()]);
            }
            if !page.differs(line) {
                ram.read(line, &mut page.memory[place]);
            }
            page.above_unified |= bit(line);
            page.dirty |= bit(line);
            page.behind &= !bit(line);
        }
    }

    /// A word as somebody sees it.
    #[must_use]
    pub fn word(&self, ram: &Ram, view: View, address: u64) -> u64 {
        let page = self.pages.get(&(address / PAGE as u64));
        match (view, page) {
            (View::Unified, Some(page)) if page.above_unified & bit(address) != 0 => word_of(&page.unified, address),
            (View::Memory, Some(page)) if page.differs(address) => word_of(&page.memory, address),
            _ => ram.word(address),
        }
    }

    /// Whether the caches hold what memory has not.
    #[must_use]
    pub fn is_dirty(&self, address: u64) -> bool {
        self.pages.get(&(address / PAGE as u64)).is_some_and(|page| page.dirty & bit(address) != 0)
    }

    /// What memory has of a line, if the caches have something newer.
    #[must_use]
    pub fn memory_under_dirty(&self, line: u64) -> Option<Line> {
        let page = self.pages.get(&(line / PAGE as u64)).filter(|page| page.dirty & bit(line) != 0)?;
        page.memory[place_of(line)].try_into().ok()
    }

    /// Writes a word past the caches. A cache that holds the line keeps what it has.
    pub fn write_memory(&mut self, ram: &mut Ram, address: u64, value: u64, held: Held) {
        let differs = self.pages.get(&(address / PAGE as u64)).is_some_and(|page| page.differs(address));
        if held == Held::No && !differs {
            ram.set_word(address, value);
            return;
        }
        let (line, offset) = (address & !(LINE - 1), address as usize % PAGE);
        let page = self.page(line);
        if !differs {
            ram.read(line, &mut page.memory[place_of(line)]);
            page.behind |= bit(line);
        }
        page.memory[offset..offset + 8].copy_from_slice(&value.to_le_bytes());
    }

    /// Maintenance of lines takes effect.
    pub fn maintain(&mut self, ram: &mut Ram, start: u64, bytes: u64, operation: CacheOperation) {
        for line in lines(start, bytes) {
            self.maintain_line(ram, line, operation);
        }
    }

    fn maintain_line(&mut self, ram: &mut Ram, line: u64, operation: CacheOperation) {
        let Some(page) = self.pages.get_mut(&(line / PAGE as u64)) else { return };
        let place = place_of(line);
        if page.above_unified & bit(line) != 0 {
            ram.read(line, &mut page.unified[place.clone()]);
            page.above_unified &= !bit(line);
        }
        if operation != CacheOperation::CleanToUnification && page.dirty & bit(line) != 0 {
            ram.read(line, &mut page.memory[place]);
            page.dirty &= !bit(line);
        }
        if operation == CacheOperation::CleanAndInvalidate && page.behind & bit(line) != 0 {
            for word in 0..LINE as usize / 8 {
                ram.set_word(line + 8 * word as u64, word_of(&page.memory, line + 8 * word as u64));
            }
            page.behind &= !bit(line);
        }
        if page.above_unified | page.dirty | page.behind == 0 {
            self.pages.remove(&(line / PAGE as u64));
        }
    }

    /// The caches drop a line, which is written back if it is dirty.
    pub fn evict(&mut self, ram: &mut Ram, address: u64) {
        self.maintain_line(ram, address & !(LINE - 1), CacheOperation::CleanAndInvalidate);
    }

    fn page(&mut self, address: u64) -> &mut Page {
        self.pages.entry(address / PAGE as u64).or_insert_with(|| Page {
            unified: Box::new([0; PAGE]),
            memory: Box::new([0; PAGE]),
            above_unified: 0,
            dirty: 0,
            behind: 0,
        })
    }
}

impl Page {
    /// Whether memory has another state of a line than the caches.
    const fn differs(&self, address: u64) -> bool {
        (self.dirty | self.behind) & bit(address) != 0
    }
}

const fn place_of(line: u64) -> Range<usize> {
    let offset = line as usize % PAGE;
    offset..offset + LINE as usize
}

/// Whether a cache holds a line that is written past it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Held {
    /// It does.
    Yes,
    /// None does.
    No,
}

/// The line that an address is in.
#[must_use]
pub const fn line_of(address: u64) -> u64 {
    address & !(LINE - 1)
}

/// A word of a line.
#[must_use]
pub fn word_in(line: &Line, address: u64) -> u64 {
    let offset = (address % LINE) as usize;
    u64::from_le_bytes(core::array::from_fn(|index| line[offset + index]))
}

/// The lines that bytes lie in.
pub fn lines(start: u64, bytes: u64) -> impl Iterator<Item = u64> {
    let first = line_of(start);
    (first..start + bytes).step_by(LINE as usize)
}

fn word_of(page: &[u8; PAGE], address: u64) -> u64 {
    let offset = address as usize % PAGE;
    u64::from_le_bytes(core::array::from_fn(|index| page[offset + index]))
}

#[cfg(test)]
mod tests {
    use super::super::ram::RAM_START;
    use super::*;

    const WORD: u64 = RAM_START + 0x1040;

    fn written(value: u64) -> (Ram, DataCache) {
        let (mut ram, mut data) = (Ram::new(1 << 21), DataCache::EMPTY);
        data.will_write(&ram, WORD, 8);
        ram.set_word(WORD, value);
        (ram, data)
    }

    fn views(ram: &Ram, data: &DataCache) -> [u64; 3] {
        [View::Cached, View::Unified, View::Memory].map(|view| data.word(ram, view, WORD))
    }

    #[test]
    fn a_store_gets_as_far_as_it_is_cleaned() {
        let (mut ram, mut data) = written(7);
        assert_eq!(views(&ram, &data), [7, 0, 0]);
        data.maintain(&mut ram, WORD, 8, CacheOperation::CleanToUnification);
        assert_eq!(views(&ram, &data), [7, 7, 0]);
        data.maintain(&mut ram, WORD, 8, CacheOperation::Clean);
        assert_eq!(views(&ram, &data), [7, 7, 7]);
    }

    #[test]
    fn maintenance_of_other_lines_does_nothing() {
        let (mut ram, mut data) = written(7);
        data.maintain(&mut ram, WORD - 64, 64, CacheOperation::CleanAndInvalidate);
        data.maintain(&mut ram, WORD + 64, 64, CacheOperation::CleanAndInvalidate);
        assert_eq!(views(&ram, &data), [7, 0, 0]);
    }

    #[test]
    fn a_line_that_a_cache_holds_lags_behind_memory_until_it_is_invalidated() {
        let (mut ram, mut data) = (Ram::new(1 << 21), DataCache::EMPTY);
        data.write_memory(&mut ram, WORD, 9, Held::Yes);
        assert_eq!(views(&ram, &data), [0, 0, 9]);
        data.maintain(&mut ram, WORD, 8, CacheOperation::Clean);
        assert_eq!(views(&ram, &data), [0, 0, 9], "a clean line is not written back");
        data.maintain(&mut ram, WORD, 8, CacheOperation::CleanAndInvalidate);
        assert_eq!(views(&ram, &data), [9, 9, 9]);
    }

    #[test]
    fn a_dirty_line_that_is_evicted_wins_over_memory() {
        let (mut ram, mut data) = written(7);
        data.write_memory(&mut ram, WORD, 9, Held::No);
        assert_eq!(views(&ram, &data), [7, 0, 9]);
        data.evict(&mut ram, WORD);
        assert_eq!(views(&ram, &data), [7, 7, 7]);
    }
}
