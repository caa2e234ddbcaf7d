//! Quantities that are more than a number: badges and times.

use core::fmt;

/// The mark on an endpoint or notification capability. A server tells its clients apart by it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(transparent)]
pub struct Badge(u64);

impl Badge {
    /// No badge was minted into the capability.
    pub const NONE: Badge = Badge(0);

    /// A badge with this value. 0 is [`Badge::NONE`], which cannot be minted.
    #[must_use]
    pub const fn new(value: u64) -> Badge {
        Badge(value)
    }

    /// Its value.
    #[must_use]
    pub const fn value(self) -> u64 {
        self.0
    }
}

/// A length of time in nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(transparent)]
pub struct Nanoseconds(u64);

impl Nanoseconds {
    /// So many nanoseconds.
    #[must_use]
    pub const fn new(count: u64) -> Nanoseconds {
        Nanoseconds(count)
    }

    /// So many milliseconds; the longest time there is if they are too many.
    #[must_use]
    pub const fn from_milliseconds(count: u64) -> Nanoseconds {
        Nanoseconds(count.saturating_mul(1_000_000))
    }

    /// The time that `ticks` of a counter take that ticks so often per second.
    #[must_use]
    pub const fn from_ticks(ticks: u64, ticks_per_second: u64) -> Nanoseconds {
        if ticks_per_second == 0 {
            return Nanoseconds(0);
        }
        let nanoseconds = ticks as u128 * 1_000_000_000 / ticks_per_second as u128;
        if nanoseconds > u64::MAX as u128 { Nanoseconds(u64::MAX) } else { Nanoseconds(nanoseconds as u64) }
    }

    /// How many nanoseconds.
    #[must_use]
    pub const fn count(self) -> u64 {
        self.0
    }
}

impl fmt::Display for Nanoseconds {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            0..10_000 => write!(formatter, "{} ns", self.0),
            10_000..10_000_000 => write!(formatter, "{} us", self.0 / 1_000),
            _ => write!(formatter, "{} ms", self.0 / 1_000_000),
        }
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use std::format;

    #[test]
    fn ticks_become_nanoseconds_without_overflow() {
        assert_eq!(Nanoseconds::from_ticks(62_500_000, 62_500_000).count(), 1_000_000_000);
        assert_eq!(Nanoseconds::from_ticks(u64::MAX, 1).count(), u64::MAX);
        assert_eq!(Nanoseconds::from_ticks(1, 0).count(), 0);
    }

    #[test]
    fn times_are_shown_in_a_unit_that_suits_them() {
        let shown = [9_999, 10_000, 9_999_999, 10_000_000].map(|count| format!("{}", Nanoseconds::new(count)));
        assert_eq!(shown, ["9999 ns", "10 us", "9999 us", "10 ms"]);
    }
}
