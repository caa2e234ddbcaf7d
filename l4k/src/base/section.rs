//! A critical section that several cores share and that one core may enter again while it is inside.
//!
//! It is for code that runs in the kernel, where no interrupt comes: what a core finds of itself here it has left here itself.

use super::arch::CoreNumber;
use super::sync::{AtomicU32, Ordering};
use super::turns::Turns;

/// Whether a core was inside already.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// It came from outside, and leaves to there.
    Outermost,
    /// It was inside, and stays there.
    Nested,
}

/// The section.
#[derive(Debug)]
pub struct Section {
    turns: Turns,
    /// The number of the core inside, plus one; 0: nobody.
    inside: AtomicU32,
}

const NOBODY: u32 = 0;

impl Section {
    /// One with nobody inside.
    pub const fn new() -> Self {
        Self { turns: Turns::new(), inside: AtomicU32::new(NOBODY) }
    }

    /// Waits until no other core is inside, and enters.
    ///
    /// A core finds its own number only if it has written it and not left since; the numbers of others come and go while it looks, and are
    /// all the same to it. That needs no order among memory accesses; exclusion comes from the turns.
    #[inline]
    pub fn enter(&self, core: CoreNumber) -> Depth {
        let own = u32::from(core.0) + 1;
        if self.inside.load(Ordering::Relaxed) == own {
            return Depth::Nested;
        }
        self.turns.wait_for(self.turns.join());
        self.inside.store(own, Ordering::Relaxed);
        Depth::Outermost
    }

    /// Leaves what was entered with that depth. The core must be inside.
    #[inline]
    pub fn leave(&self, depth: Depth) {
        if depth == Depth::Outermost {
            self.inside.store(NOBODY, Ordering::Relaxed);
            self.turns.pass_on();
        }
    }
}

impl Default for Section {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::{CoreNumber, Depth, Section};
    use core::sync::atomic::{AtomicU64, Ordering};

    #[test]
    fn core_enters_again_while_it_is_inside() {
        let section = Section::default();
        for _ in 0..2 {
            let outer = section.enter(CoreNumber(0));
            assert_eq!(outer, Depth::Outermost);
            let inner = section.enter(CoreNumber(0));
            assert_eq!(inner, Depth::Nested);
            section.leave(inner);
            section.leave(outer);
        }
    }

    #[test]
    fn increments_of_many_cores_are_all_seen() {
        const CORES: u8 = 4;
        const ROUNDS: u64 = 1000;
        let (section, sum) = (&Section::new(), &AtomicU64::new(0));
        let add = |core| {
            let depth = section.enter(core);
            sum.store(sum.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
            section.leave(depth);
        };
        std::thread::scope(|scope| {
            for core in 0..CORES {
                scope.spawn(move || (0..ROUNDS).for_each(|_| add(CoreNumber(core))));
            }
        });
        assert_eq!(sum.load(Ordering::Relaxed), u64::from(CORES) * ROUNDS);
    }
}
