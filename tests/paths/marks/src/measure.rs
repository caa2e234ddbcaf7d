//! A measured segment of a program. May call `mark`.

use core::ops::Add;

use l4k_sys::system;

use crate::mark::Mark;

/// What a program has measured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Measured {
    /// How often it did what it measures.
    pub rounds: u64,
    /// Ticks of the counter that this took.
    pub ticks: u64,
}

impl Measured {
    /// Nothing was measured.
    pub const NOTHING: Measured = Measured { rounds: 0, ticks: 0 };

    /// As it travels in a message.
    #[must_use]
    pub const fn words(self) -> [u64; 2] {
        [self.rounds, self.ticks]
    }

    /// As it came.
    #[must_use]
    pub const fn from_words([rounds, ticks]: [u64; 2]) -> Measured {
        Measured { rounds, ticks }
    }
}

impl Add for Measured {
    type Output = Measured;

    fn add(self, other: Measured) -> Measured {
        Measured { rounds: self.rounds + other.rounds, ticks: self.ticks + other.ticks }
    }
}

/// Does something so many times between two marks, and tells how many ticks that took. An error ends it early, without a mark at the end.
///
/// # Errors
/// Those of the operation.
#[inline(always)]
pub fn measure<E>(rounds: u64, mut operation: impl FnMut() -> Result<(), E>) -> Result<Measured, E> {
    Mark::Begin.make();
    let before = system::ticks();
    for _ in 0..rounds {
        operation()?;
    }
    let ticks = system::ticks().wrapping_sub(before);
    Mark::End { rounds, ticks }.make();
    Ok(Measured { rounds, ticks })
}

#[cfg(test)]
mod tests {
    use super::Measured;

    #[test]
    fn what_was_measured_arrives_and_is_added() {
        let measured = Measured { rounds: 256, ticks: 4711 };
        assert_eq!(Measured::from_words(measured.words()), measured);
        assert_eq!(measured + measured + Measured::NOTHING, Measured { rounds: 512, ticks: 9422 });
    }
}
