//! Cells: where the threads of a test leave what they found, and the order in which they came.

use core::sync::atomic::{AtomicU64, Ordering::SeqCst};

use l4k_sys::abi::Tag;
use l4k_sys::{Error, Message};

const CELLS: usize = 16;
const SUCCESS: u64 = 1 << 32;

/// Words of a cell: outcome, badge, tag, six words.
const WORDS: usize = 9;

static CELL_WORDS: [[AtomicU64; WORDS]; CELLS] = [const { [const { AtomicU64::new(0) }; WORDS] }; CELLS];
static ORDER: AtomicU64 = AtomicU64::new(0);

/// A cell, by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cell(pub u64);

/// Empties all cells, and the order.
pub fn clear() {
    CELL_WORDS.iter().flatten().for_each(|word| word.store(0, SeqCst));
    ORDER.store(0, SeqCst);
}

/// Appends a digit from 1 to 9 to the order.
pub fn come(digit: u64) {
    ORDER.store(ORDER.load(SeqCst) * 10 + digit, SeqCst);
}

/// The digits in the order of their coming, as a decimal number.
pub fn order() -> u64 {
    ORDER.load(SeqCst)
}

impl Cell {
    fn word(self, index: usize) -> &'static AtomicU64 {
        &CELL_WORDS[self.0 as usize % CELLS][index]
    }

    /// Takes the outcome away.
    pub fn clear(self) {
        self.word(0).store(0, SeqCst);
    }

    /// Leaves an outcome.
    pub fn put_outcome(self, outcome: Result<(), Error>) {
        self.word(0).store(outcome.map_or_else(Error::code, |()| SUCCESS), SeqCst);
    }

    /// The outcome; `None` if there is none yet.
    pub fn outcome(self) -> Option<Result<(), Error>> {
        match self.word(0).load(SeqCst) {
            0 => None,
            SUCCESS => Some(Ok(())),
            code => Some(Err(Error::from_code(code).unwrap_or(Error::NotSupported))),
        }
    }

    /// Leaves a message and a badge.
    pub fn put_message(self, message: Message, badge: u64) {
        self.word(1).store(badge, SeqCst);
        self.word(2).store(message.tag.bits(), SeqCst);
        for (index, word) in message.words.into_iter().enumerate() {
            self.word(3 + index).store(word, SeqCst);
        }
    }

    /// The message.
    pub fn message(self) -> Message {
        let words = core::array::from_fn(|index| self.word(3 + index).load(SeqCst));
        Message { tag: Tag::from_kernel(self.word(2).load(SeqCst)), words }
    }

    /// The badge.
    pub fn badge(self) -> u64 {
        self.word(1).load(SeqCst)
    }

    /// Leaves a value.
    pub fn put_value(self, value: u64) {
        self.word(1).store(value, SeqCst);
    }

    /// The value: shares its place with the badge.
    pub fn value(self) -> u64 {
        self.badge()
    }

    /// Counts the value up by one.
    pub fn count(self) {
        self.word(1).fetch_add(1, SeqCst);
    }
}
