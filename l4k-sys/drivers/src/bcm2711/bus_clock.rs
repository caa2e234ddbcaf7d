//! The clock of a serial bus that the chip derives from its core clock: what the I2C and the SPI controller have in common. Calls nothing.

/// The bus's clock cannot be divided from the core's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockOutOfRange;

impl core::fmt::Display for ClockOutOfRange {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.write_str("the bus's clock cannot be divided from the core's")
    }
}

impl core::error::Error for ClockOutOfRange {}

/// Clocks of the bus.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BusClock {
    /// The chip's core clock in hertz.
    pub core_hertz: u32,
    /// The bus's clock in hertz, at most.
    pub bus_hertz: u32,
}

impl BusClock {
    /// The divider: even, from 2 to `largest`, rounded up so that the bus is not faster than asked for.
    pub(super) const fn divider(self, largest: u32) -> Result<u32, ClockOutOfRange> {
        if self.bus_hertz == 0 {
            return Err(ClockOutOfRange);
        }
        match self.core_hertz.div_ceil(self.bus_hertz).checked_next_multiple_of(2) {
            Some(divider) if divider >= 2 && divider <= largest => Ok(divider),
            _ => Err(ClockOutOfRange),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LARGEST: u32 = 0xfffe;

    fn divider(core_hertz: u32, bus_hertz: u32) -> Result<u32, ClockOutOfRange> {
        BusClock { core_hertz, bus_hertz }.divider(LARGEST)
    }

    #[test]
    fn dividers_are_even_and_never_too_small() {
        assert_eq!(divider(500_000_000, 400_000), Ok(1250));
        assert_eq!(divider(250_000_000, 99_999), Ok(2502));
        assert_eq!(divider(250_000_000, 3_815), Ok(65_532));
        assert_eq!(divider(250_000_000, 300_000_000), Ok(2));
    }

    #[test]
    fn clocks_that_cannot_be_made_are_refused() {
        assert_eq!(divider(500_000_000, 0), Err(ClockOutOfRange));
        assert_eq!(divider(500_000_000, 7_000), Err(ClockOutOfRange));
        assert_eq!(divider(0, 100_000), Err(ClockOutOfRange));
        assert_eq!(divider(u32::MAX, 1), Err(ClockOutOfRange));
    }

    #[test]
    fn the_largest_divider_is_the_controllers() {
        assert_eq!(divider(LARGEST, 1), Ok(LARGEST));
        assert_eq!(divider(LARGEST + 1, 1), Err(ClockOutOfRange));
        assert_eq!(BusClock { core_hertz: LARGEST + 1, bus_hertz: 1 }.divider(LARGEST + 2), Ok(LARGEST + 2));
    }
}
