//! The mark between what the kernel prints and what a test prints. May call nothing of this crate.
//!
//! The harness prints it before the test and behind it. Its number is chosen anew for each boot, and the runner writes it into its copy of the program.
//! So nothing that a test prints can pass for it, and a test that ends the program early cannot look like one that came to its end.

use std::hash::{BuildHasher, RandomState};
use std::ops::Range;

/// Stands before and behind the number: `l4k_test::harness::SEPARATOR`.
const SEPARATOR: u8 = 0x1e;

/// Bytes of a mark: two separators, and sixteen digits.
pub const LENGTH: usize = 18;

/// A mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark(u64);

impl Mark {
    /// One that nobody can guess.
    #[must_use]
    pub fn choose() -> Mark {
        // The standard library seeds it from the system's source of random numbers.
        Mark(RandomState::new().hash_one(0))
    }

    /// One with a known number.
    #[must_use]
    pub fn with_number(number: u64) -> Mark {
        Mark(number)
    }

    /// As the program finds it: `l4k_test::selected` reads the lower half first.
    #[must_use]
    pub fn bytes(self) -> [u8; 8] {
        self.0.to_le_bytes()
    }

    /// As the harness prints it.
    #[must_use]
    pub fn text(self) -> String {
        let separator = char::from(SEPARATOR);
        format!("{separator}{:016x}{separator}", self.0)
    }

    /// Where it stands first in a guest's output, from a place on.
    #[must_use]
    pub fn find(self, output: &[u8], from: usize) -> Option<Range<usize>> {
        let text = self.text();
        let behind = output.get(from..)?;
        let start = from + behind.windows(text.len()).position(|window| window == text.as_bytes())?;
        Some(start..start + text.len())
    }
}

/// How much of an output may be shown while more is to come: the beginning of a mark at its end is held back.
#[must_use]
pub fn showable(output: &[u8]) -> usize {
    let tail = output.len().saturating_sub(LENGTH - 1);
    let held = output[tail..].iter().position(|byte| *byte == SEPARATOR);
    held.map_or(output.len(), |place| tail + place)
}

#[cfg(test)]
mod tests {
    use super::{LENGTH, Mark, showable};

    #[test]
    fn no_two_are_the_same() {
        assert_ne!(Mark::choose(), Mark::choose());
    }

    #[test]
    fn only_the_whole_mark_is_found() {
        let mark = Mark::with_number(0xabc);
        assert_eq!(mark.text(), "\x1e0000000000000abc\x1e");
        assert_eq!(mark.text().len(), LENGTH);
        let output = format!("boot\x1e\x1e{}", mark.text());
        assert_eq!(mark.find(output.as_bytes(), 0), Some(6..24));
        assert_eq!(mark.find(output.as_bytes(), 7), None);
        assert_eq!(Mark::with_number(1).find(output.as_bytes(), 0), None);
    }

    #[test]
    fn what_may_become_a_mark_is_held_back() {
        assert_eq!(showable(b"said"), 4);
        assert_eq!(showable(b"said\x1e0000"), 4);
        assert_eq!(showable(b"\x1ea separator of the test's own"), 30);
    }
}
