//! Which test is to run: a word that the runner writes into its copy of the program. May call nothing of this crate.
#![allow(unsafe_code)]

use core::sync::atomic::{AtomicU32, Ordering};

/// As the compiler leaves it: every test, in their order.
const ALL: u32 = u32::MAX;

/// The word. The compiler must take into account that others may write it, since it is `used` and has inner mutability. So it cannot put the
/// initial value where the word is read.
// SAFETY: the section holds nothing else, and the linker script puts it where the program can read and write.
#[used]
#[unsafe(link_section = ".l4k.selected")]
static SELECTED: AtomicU32 = AtomicU32::new(ALL);

/// What is to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Selected {
    /// Every test: nobody has chosen.
    All,
    /// The test at this place in the list.
    One(usize),
}

/// What the runner has chosen.
#[must_use]
pub fn selected() -> Selected {
    match SELECTED.load(Ordering::Relaxed) {
        ALL => Selected::All,
        index => Selected::One(index as usize),
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
