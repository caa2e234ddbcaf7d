//! A ring of words in the shared page, with one who puts and one who takes; either waits for the other at a notification. Calls `machine`.

use l4k_sys::{Error, Notification};

use crate::machine::{load, store};

/// Words of the ring.
pub const WORDS: u64 = 256;

/// Places in the shared page, each in a line of its own: how many were put, how many were taken, the words.
const PUT: u64 = 0;
const TAKEN: u64 = 8;
const FIRST: u64 = 256;

/// Who is woken when there is something new, and where one waits for it.
#[derive(Clone, Copy, Debug)]
pub struct Bells {
    /// The other's.
    pub other: Notification,
    /// One's own.
    pub own: Notification,
}

impl Bells {
    /// Puts a word; waits while the ring is full. The other is woken when the ring has become full: it waits while it is empty.
    ///
    /// # Errors
    /// Those of signalling and waiting.
    #[inline(always)]
    pub fn put(&self, word: u64) -> Result<(), Error> {
        let put = load(PUT);
        if put - load(TAKEN) == WORDS {
            self.other.signal()?;
            while put - load(TAKEN) == WORDS {
                self.own.wait()?;
            }
        }
        store(FIRST + put % WORDS, word);
        store(PUT, put + 1);
        Ok(())
    }

    /// Takes a word; waits while the ring is empty, and wakes the other then.
    ///
    /// # Errors
    /// Those of signalling and waiting.
    #[inline(always)]
    pub fn take(&self) -> Result<u64, Error> {
        let taken = load(TAKEN);
        if load(PUT) == taken {
            self.other.signal()?;
            while load(PUT) == taken {
                self.own.wait()?;
            }
        }
        let word = load(FIRST + taken % WORDS);
        store(TAKEN, taken + 1);
        Ok(word)
    }
}
