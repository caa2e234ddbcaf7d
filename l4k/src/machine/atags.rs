//! ATAGS: the list by which the Raspberry Pi's loader, and QEMU's for it, tell of memory when there is no device tree.
//!
//! The format is that of the 32-bit Arm Linux boot protocol: words in little endian, each tag begun by its length in
//! words and its kind, the list by ATAG_CORE and ended by a tag of length 0.

use super::memory_map::{Extent, Range, place};

const CORE: u32 = 0x5441_0001;
const MEMORY: u32 = 0x5441_0002;

/// Words of a list that are looked at: one page.
const WORDS_MAX: usize = 1024;

/// Bytes from which a list can be read.
pub const BYTES_MAX: u64 = WORDS_MAX as u64 * 4;

/// A list of tags.
#[derive(Clone, Copy, Debug)]
pub struct Atags<'a> {
    bytes: &'a [u8],
}

impl<'a> Atags<'a> {
    /// The list in these bytes, if there is one: its first tag is ATAG_CORE.
    pub fn new(bytes: &'a [u8]) -> Option<Atags<'a>> {
        let list = Atags { bytes };
        let first = list.word(0)?;
        (list.word(1)? == CORE && matches!(first, 2 | 5)).then_some(list)
    }

    /// Its addresses.
    pub fn place(&self) -> Range {
        place(self.bytes)
    }

    /// The pieces of RAM.
    pub const fn memory(&self) -> Memory<'a> {
        Memory { list: *self, index: 0 }
    }

    fn word(&self, index: usize) -> Option<u32> {
        if index >= WORDS_MAX {
            return None;
        }
        let bytes = self.bytes.get(index * 4..index * 4 + 4)?;
        Some(u32::from_le_bytes(bytes.try_into().ok()?))
    }
}

/// The pieces of RAM that a list tells of.
#[derive(Clone, Debug)]
pub struct Memory<'a> {
    list: Atags<'a>,
    index: usize,
}

impl Iterator for Memory<'_> {
    type Item = Extent;

    fn next(&mut self) -> Option<Extent> {
        loop {
            let index = self.index;
            let (length @ 2.., kind) = (self.list.word(index)?, self.list.word(index + 1)?) else { return None };
            self.index = index.saturating_add(length as usize);
            if let (MEMORY, Some(bytes), Some(start)) = (kind, self.list.word(index + 2), self.list.word(index + 3)) {
                return Some(Extent { start: u64::from(start), bytes: u64::from(bytes) });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::*;
    use std::vec::Vec;

    fn list(words: &[u32]) -> Vec<u8> {
        words.iter().flat_map(|word| word.to_le_bytes()).collect()
    }

    fn memory(words: &[u32]) -> Option<Vec<Range>> {
        let bytes = list(words);
        Some(Atags::new(&bytes)?.memory().map(|extent| extent.checked().unwrap()).collect())
    }

    #[test]
    fn memory_is_read_and_other_tags_are_passed_over() {
        let words =
            [5, CORE, 0, 4096, 0, 3, 0x5441_0009, 7, 4, MEMORY, 0x3b40_0000, 0, 4, MEMORY, 1 << 30, 1 << 30, 0, 0];
        assert_eq!(memory(&words), Some([(0, 0x3b40_0000), (1 << 30, 2 << 30)].to_vec()));
        assert_eq!(memory(&[2, CORE, 0, 0]), Some(Vec::new()));
    }

    #[test]
    fn something_else_is_no_list() {
        assert_eq!(memory(&[]), None);
        assert_eq!(memory(&[5]), None);
        assert_eq!(memory(&[0xedfe_0dd0, 0x1000]), None);
        assert_eq!(memory(&[9, CORE]), None);
    }

    #[test]
    fn a_damaged_list_ends_early() {
        assert_eq!(memory(&[2, CORE, 1, MEMORY, 5, 5]), Some(Vec::new()));
        assert_eq!(memory(&[2, CORE, u32::MAX, MEMORY, 4096, 0]), Some([(0, 4096)].to_vec()));
        assert_eq!(memory(&[2, CORE, 4, MEMORY, 4096]), Some(Vec::new()));
        let endless: Vec<u32> = core::iter::repeat_n([2, CORE], 4096).flatten().collect();
        assert_eq!(memory(&endless), Some(Vec::new()));
    }
}
