//! Time in ticks of the architected counter, and its conversion to nanoseconds without overflow.

use core::num::NonZeroU64;

/// A point in time: the counter's value (CNTVCT_EL0 on AArch64).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(pub u64);

/// A length of time in ticks of the counter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticks(pub u64);

impl Instant {
    /// The end of time, which does not come.
    pub const NEVER: Instant = Instant(u64::MAX);

    /// Ticks since `earlier`, 0 if that is later.
    #[must_use]
    pub const fn since(self, earlier: Instant) -> Ticks {
        Ticks(self.0.saturating_sub(earlier.0))
    }

    /// The instant `ticks` later; the end of time if that is beyond it.
    #[must_use]
    pub const fn after(self, ticks: Ticks) -> Instant {
        Instant(self.0.saturating_add(ticks.0))
    }
}

/// How many ticks a second has: a number of 32 bits, as in CNTFRQ_EL0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TicksPerSecond(NonZeroU64);

const NANOSECONDS: u64 = 1_000_000_000;

impl TicksPerSecond {
    /// Checks that it is not 0, and has 32 bits.
    #[must_use]
    pub const fn new(rate: u64) -> Option<Self> {
        match NonZeroU64::new(rate) {
            Some(number) if rate <= u32::MAX as u64 => Some(Self(number)),
            _ => None,
        }
    }

    /// As a number.
    #[must_use]
    pub const fn value(self) -> u64 {
        self.0.get()
    }

    /// Nanoseconds to ticks, rounded down; `None` if the result does not fit in 64 bits.
    #[must_use]
    pub const fn ticks(self, nanoseconds: u64) -> Option<Ticks> {
        let (seconds, rest) = (nanoseconds / NANOSECONDS, nanoseconds % NANOSECONDS);
        match seconds.checked_mul(self.value()) {
            Some(ticks) => match ticks.checked_add(rest * self.value() / NANOSECONDS) {
                Some(ticks) => Some(Ticks(ticks)),
                None => None,
            },
            None => None,
        }
    }

    /// Ticks to nanoseconds, rounded down and saturated.
    #[must_use]
    pub fn nanoseconds(self, ticks: Ticks) -> u64 {
        let (seconds, rest) = (ticks.0 / self.0, ticks.0 % self.0);
        seconds.saturating_mul(NANOSECONDS).saturating_add(rest * NANOSECONDS / self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conversions_do_not_overflow() {
        let rate = TicksPerSecond::new(62_500_000).unwrap();
        assert_eq!(rate.ticks(16), Some(Ticks(1)));
        assert_eq!(rate.nanoseconds(Ticks(1)), 16);
        assert_eq!(rate.nanoseconds(Ticks(u64::MAX)), u64::MAX);
        let fast = TicksPerSecond::new(u32::MAX.into()).unwrap();
        assert_eq!(fast.ticks(u64::MAX), None);
        assert_eq!(TicksPerSecond::new(1 << 32), None);
    }

    #[test]
    fn conversions_round_down_as_a_division_of_the_whole_does() {
        for rate in [1, 19_200_000, 54_000_000, 62_500_000, 1_000_000_000, u32::MAX.into()] {
            let whole =
                |value: u64, factor: u64, divisor: u64| u128::from(value) * u128::from(factor) / u128::from(divisor);
            let rate = TicksPerSecond::new(rate).unwrap();
            for value in [0, 1, 999_999_999, 1_000_000_001, 123_456_789_012_345, u64::MAX] {
                let ticks = u64::try_from(whole(value, rate.value(), NANOSECONDS)).ok();
                assert_eq!(rate.ticks(value), ticks.map(Ticks));
                let nanoseconds = u64::try_from(whole(value, NANOSECONDS, rate.value())).unwrap_or(u64::MAX);
                assert_eq!(rate.nanoseconds(Ticks(value)), nanoseconds);
            }
        }
    }

    #[test]
    fn time_saturates_at_both_ends() {
        assert_eq!(Instant(5).since(Instant(9)), Ticks(0));
        assert_eq!(Instant(u64::MAX - 1).after(Ticks(7)), Instant(u64::MAX));
    }
}
