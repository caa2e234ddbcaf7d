//! Time in ticks of the architected counter, and its conversion to nanoseconds without overflow.

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

/// How many ticks a second has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TicksPerSecond(u64);

const NANOSECONDS: u128 = 1_000_000_000;

impl TicksPerSecond {
    /// Checks that it is not 0.
    #[must_use]
    pub const fn new(rate: u64) -> Option<Self> {
        if rate == 0 { None } else { Some(Self(rate)) }
    }

    /// As a number.
    #[must_use]
    pub const fn value(self) -> u64 {
        self.0
    }

    /// Nanoseconds to ticks, rounded down; `None` if the result does not fit in 64 bits.
    #[must_use]
    pub const fn ticks(self, nanoseconds: u64) -> Option<Ticks> {
        let ticks = nanoseconds as u128 * self.0 as u128 / NANOSECONDS;
        if ticks > u64::MAX as u128 { None } else { Some(Ticks(ticks as u64)) }
    }

    /// Ticks to nanoseconds, rounded down and saturated.
    #[must_use]
    pub const fn nanoseconds(self, ticks: Ticks) -> u64 {
        let nanoseconds = ticks.0 as u128 * NANOSECONDS / self.0 as u128;
        if nanoseconds > u64::MAX as u128 { u64::MAX } else { nanoseconds as u64 }
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
        let fast = TicksPerSecond::new(u64::MAX).unwrap();
        assert_eq!(fast.ticks(u64::MAX), None);
    }

    #[test]
    fn time_saturates_at_both_ends() {
        assert_eq!(Instant(5).since(Instant(9)), Ticks(0));
        assert_eq!(Instant(u64::MAX - 1).after(Ticks(7)), Instant(u64::MAX));
    }
}
