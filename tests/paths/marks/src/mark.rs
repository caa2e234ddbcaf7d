//! A mark in registers, and the call that makes it. May call `name`.

use l4k_sys::abi::SystemCall;
use l4k_sys::registers::Registers;
use l4k_sys::stub;

use crate::name::{NAME_WORDS, Name};

/// Registers of a mark: `x1` to `x7`.
pub const MARK_WORDS: usize = 7;

/// What `x1` holds: no program has it there by accident.
const SIGN: u64 = u64::from_be_bytes(*b"l4k mark");

/// What `x2` holds.
const NAME: u64 = 1;
const BEGIN: u64 = 2;
const END: u64 = 3;

/// What a program tells whoever counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// Segments from now on have this name; those of one name are counted together.
    Name(Name),
    /// A segment begins: entries after this one belong to it.
    Begin,
    /// It ends: this entry does not belong to it any more.
    End {
        /// How often it did what it measures.
        rounds: u64,
        /// Ticks of the counter that this took, as the program sees it.
        ticks: u64,
    },
}

impl Mark {
    /// As it travels in `x1`–`x7`.
    #[must_use]
    pub fn words(self) -> [u64; MARK_WORDS] {
        let (kind, [a, b, c, d, e]) = match self {
            Mark::Name(name) => (NAME, name.words()),
            Mark::Begin => (BEGIN, [0; NAME_WORDS]),
            Mark::End { rounds, ticks } => (END, [rounds, ticks, 0, 0, 0]),
        };
        [SIGN, kind, a, b, c, d, e]
    }

    /// As it came; `None` if it is no mark.
    #[must_use]
    pub fn from_words(words: [u64; MARK_WORDS]) -> Option<Mark> {
        let [SIGN, kind, rest @ ..] = words else { return None };
        match kind {
            NAME => Some(Mark::Name(Name::from_words(rest))),
            BEGIN => Some(Mark::Begin),
            END => Some(Mark::End { rounds: rest[0], ticks: rest[1] }),
            _ => None,
        }
    }

    /// Makes it: a system call that does nothing.
    #[inline(always)]
    pub fn make(self) {
        let [a, b, c, d, e, f, g] = self.words();
        let _ = stub::system_call(SystemCall::Probe as u64, Registers::new([0, a, b, c, d, e, f, g]));
    }
}

#[cfg(test)]
mod tests {
    use super::{MARK_WORDS, Mark};
    use crate::name::Name;

    #[test]
    fn mark_arrives_as_it_was_sent() {
        for mark in [Mark::Name(Name::new("map")), Mark::Begin, Mark::End { rounds: 512, ticks: u64::MAX }] {
            assert_eq!(Mark::from_words(mark.words()), Some(mark));
        }
    }

    #[test]
    fn other_calls_are_no_marks() {
        assert_eq!(Mark::from_words([0; MARK_WORDS]), None);
        let mut words = Mark::Begin.words();
        words[1] = 9;
        assert_eq!(Mark::from_words(words), None);
    }
}
