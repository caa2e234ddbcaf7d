//! The clock of the card: what it is divided from, how fast it may be, and the divider's two forms (SD Host Controller
//! Simplified Specification 3.00, section 2.2.14).

/// The rate that the controller divides its card's clock from, in hertz: from [`LOWEST`](Self::LOWEST) to
/// [`HIGHEST`](Self::HIGHEST).
///
/// The controllers of the BCM2711 do not say it reliably themselves (their capabilities may read as zero); the
/// firmware's mailbox does. EMMC2 has 100 MHz as the firmware leaves it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BaseClock(u32);

/// The base clock is too slow or too fast to make the clocks of a card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockOutOfRange;

impl core::fmt::Display for ClockOutOfRange {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.write_str("the base clock is too slow or too fast to make the clocks of a card")
    }
}

impl core::error::Error for ClockOutOfRange {}

impl BaseClock {
    /// What identification asks for undivided.
    pub const LOWEST: u32 = 400_000;
    /// What the largest divider, 2046, brings down to 400 kHz.
    pub const HIGHEST: u32 = 818_400_000;

    /// This many hertz.
    ///
    /// # Errors
    /// [`ClockOutOfRange`].
    pub const fn new(hertz: u32) -> Result<BaseClock, ClockOutOfRange> {
        if hertz < BaseClock::LOWEST || hertz > BaseClock::HIGHEST {
            return Err(ClockOutOfRange);
        }
        Ok(BaseClock(hertz))
    }

    /// The rate in hertz.
    #[must_use]
    pub const fn hertz(self) -> u32 {
        self.0
    }
}

/// The form of the divider, by the version of the specification that the controller follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DividerForm {
    /// Versions 1 and 2: powers of two up to 256.
    PowersOfTwo,
    /// From version 3 on: one, and even numbers up to 2046.
    EvenNumbers,
}

impl DividerForm {
    /// From the version register's specification field: 0 is version 1.00, 1 is 2.00, 2 is 3.00 (section 2.2.36).
    pub(super) const fn of_version(field: u32) -> DividerForm {
        if field >= 2 { DividerForm::EvenNumbers } else { DividerForm::PowersOfTwo }
    }
}

/// How fast the card's clock may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CardClock {
    /// 400 kHz, for identification (SD Physical Layer Simplified Specification 6.00, section 4.2).
    Identification,
    /// 25 MHz, default speed (section 4.3.10 there).
    DefaultSpeed,
}

impl CardClock {
    const fn hertz(self) -> u32 {
        match self {
            CardClock::Identification => 400_000,
            CardClock::DefaultSpeed => 25_000_000,
        }
    }
}

/// A setting of the divider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Divider {
    /// The field SDCLK Frequency Select as it lies in the clock register.
    pub(super) bits: u32,
    /// The card's clock in hertz.
    pub(super) hertz: u32,
}

impl Divider {
    /// The setting for the fastest clock that is not faster than `clock`.
    ///
    /// # Errors
    /// [`ClockOutOfRange`] if the form has no divider large enough.
    pub(super) fn new(base: BaseClock, form: DividerForm, clock: CardClock) -> Result<Divider, ClockOutOfRange> {
        let least = base.hertz().div_ceil(clock.hertz());
        if least <= 1 {
            return Ok(Divider { bits: 0, hertz: base.hertz() });
        }
        // The field has half of the divisor.
        let (half, largest) = match form {
            DividerForm::PowersOfTwo => (least.next_power_of_two() / 2, 128),
            DividerForm::EvenNumbers => (least.div_ceil(2), 1023),
        };
        if half > largest {
            return Err(ClockOutOfRange);
        }
        // The upper two bits of the field lie below the lower eight.
        let bits = (half & 0xff) << 8 | (half >> 8 & 3) << 6;
        Ok(Divider { bits, hertz: base.hertz() / (2 * half) })
    }
}

#[cfg(test)]
#[path = "clock_tests.rs"]
mod tests;
