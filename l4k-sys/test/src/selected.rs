//! Which test is to run: words that the runner writes into its copy of the program. May call nothing of this crate.
#![allow(unsafe_code)]

use core::sync::atomic::{AtomicU32, Ordering};

/// As the compiler leaves it: every test, in their order.
const ALL: u32 = u32::MAX;

/// The words: the number of the test, and the lower and the upper half of the mark. The compiler must take into account that others may write them,
/// since they are `used` and have inner mutability. So it cannot put the initial values where the words are read.
// SAFETY: the section holds nothing else, and the linker script puts it where the program can read and write.
#[used]
#[unsafe(link_section = ".l4k.selected")]
static SELECTED: [AtomicU32; 3] = [AtomicU32::new(ALL), AtomicU32::new(0), AtomicU32::new(0)];

/// What is to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Selected {
    /// Every test: nobody has chosen.
    All,
    /// One test.
    One {
        /// Its place in the list.
        index: usize,
        /// The number that the runner wants to see around what it prints.
        mark: u64,
    },
}

/// What the runner has chosen.
#[must_use]
pub fn selected() -> Selected {
    let [test, low, high] = SELECTED.each_ref().map(|word| word.load(Ordering::Relaxed));
    match test {
        ALL => Selected::All,
        index => Selected::One { index: index as usize, mark: u64::from(high) << 32 | u64::from(low) },
    }
}

#[cfg(test)]
mod tests {
    use super::{Selected, selected};

    #[test]
    fn without_a_runner_every_test_runs() {
        assert_eq!(selected(), Selected::All);
    }
}
