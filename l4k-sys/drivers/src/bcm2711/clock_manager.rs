//! The clock manager of the BCM2711: the dividers of the clocks that go to PWM, PCM and the pins.
//!
//! BCM2711 ARM Peripherals, section 5.4, describes the registers for the clocks of the pins. Those of PCM and PWM are of the same form
//! ("BCM2835 Audio & PWM clocks", G.J. van Loo, 2013; the places are those that Linux has in `clk-bcm2835.c`). The block lies at
//! 0xfe10_1000 and takes 0xa8 bytes as used here. The firmware changes other clocks of the block: give it to no other program.

use crate::registers::{Offset, Registers};
use crate::wait::{TimedOut, Wait, until};

/// In bits 31 to 24 of everything that is written.
const PASSWORD: u32 = 0x5a << 24;
/// SRC, bits 3 to 0 of a control register.
const SOURCE: u32 = 0xf;
/// ENAB.
const ENABLE: u32 = 1 << 4;
/// KILL: stops at once, with a glitch.
const KILL: u32 = 1 << 5;
/// BUSY: it runs, perhaps to the end of its period only.
const BUSY: u32 = 1 << 7;
/// The place of MASH, two bits.
const FILTER_SHIFT: u32 = 9;
/// The bits of a control register that keep what is written.
const KEPT: u32 = SOURCE | ENABLE | KILL | 0b11 << FILTER_SHIFT;

/// How long a clock may take to start or stop. The slowest divided clock has a period of 76 microseconds (54 MHz by 4095).
const SWITCH_MICROSECONDS: u32 = 1000;

/// A clock with a divider of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Clock {
    /// GPCLK0, for pins.
    GeneralPurpose0,
    /// GPCLK1, for pins. The data sheet keeps it for the board's own use: leave it alone if its function is not known.
    GeneralPurpose1,
    /// GPCLK2, for pins.
    GeneralPurpose2,
    /// PCM.
    Pcm,
    /// Both PWM blocks.
    Pwm,
}

impl Clock {
    /// CM_xxxCTL. CM_xxxDIV comes next.
    const fn control(self) -> Offset {
        match self {
            Clock::GeneralPurpose0 => Offset::new(0x70),
            Clock::GeneralPurpose1 => Offset::new(0x78),
            Clock::GeneralPurpose2 => Offset::new(0x80),
            Clock::Pcm => Offset::new(0x98),
            Clock::Pwm => Offset::new(0xa0),
        }
    }

    /// CM_xxxDIV.
    const fn divider(self) -> Offset {
        self.control().plus(1)
    }
}

/// What is divided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Source {
    /// The crystal: [`OSCILLATOR_HERTZ`], always.
    Oscillator,
    /// PLLA per. Its rate is the firmware's matter.
    PllA,
    /// PLLC per. Its rate changes with the core clock.
    PllC,
    /// PLLD per: 750 MHz as the firmware of the Raspberry Pi 4 sets it up, though not by promise.
    PllD,
}

/// The rate of [`Source::Oscillator`] on the Raspberry Pi 4, in hertz.
pub const OSCILLATOR_HERTZ: u32 = 54_000_000;

impl Source {
    /// SRC (section 5.4).
    const fn code(self) -> u32 {
        match self {
            Source::Oscillator => 1,
            Source::PllA => 4,
            Source::PllC => 5,
            Source::PllD => 6,
        }
    }
}

/// How a fraction is made of whole periods (MASH). More stages move the jitter to higher frequencies, and spread the rate more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Filter {
    /// One stage; the whole part is 2 at least.
    OneStage,
    /// Two stages; the whole part is 3 at least.
    TwoStages,
    /// Three stages; the whole part is 5 at least.
    ThreeStages,
}

/// What a source is divided by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Divider {
    /// DIVI, 12 bits.
    whole: u32,
    /// DIVF, 12 bits.
    fraction: u32,
    /// MASH, two bits.
    filter: u32,
}

/// No divider can do that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DividerOutOfRange;

impl core::fmt::Display for DividerOutOfRange {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.write_str("no divider makes this rate")
    }
}

impl core::error::Error for DividerOutOfRange {}

impl Divider {
    /// By a whole number, 1 to 4095: no jitter.
    ///
    /// # Errors
    /// [`DividerOutOfRange`].
    pub const fn whole(whole: u16) -> Result<Divider, DividerOutOfRange> {
        if whole < 1 || whole > 0xfff {
            return Err(DividerOutOfRange);
        }
        Ok(Divider { whole: whole as u32, fraction: 0, filter: 0 })
    }

    /// By a whole number, up to 4095 and at least what the filter asks for, and `fraction` 4096ths, at most 4095.
    ///
    /// # Errors
    /// [`DividerOutOfRange`].
    pub const fn fractional(whole: u16, fraction: u16, filter: Filter) -> Result<Divider, DividerOutOfRange> {
        let (code, least) = match filter {
            Filter::OneStage => (1, 2),
            Filter::TwoStages => (2, 3),
            Filter::ThreeStages => (3, 5),
        };
        if whole < least || whole > 0xfff || fraction > 0xfff {
            return Err(DividerOutOfRange);
        }
        Ok(Divider { whole: whole as u32, fraction: fraction as u32, filter: code })
    }

    /// The whole number that makes of `source_hertz` what is closest to `hertz`.
    ///
    /// # Errors
    /// [`DividerOutOfRange`] if that is not 1 to 4095, or if `hertz` is 0.
    pub fn nearest(source_hertz: u32, hertz: u32) -> Result<Divider, DividerOutOfRange> {
        let low = source_hertz.checked_div(hertz).ok_or(DividerOutOfRange)?.max(1);
        // Of the two numbers around the exact one that whose rate is closer; the rates are compared, not the numbers.
        let off = |number: u32| {
            let exact = u64::from(hertz) * u64::from(number);
            exact.abs_diff(u64::from(source_hertz))
        };
        let high = low.saturating_add(1);
        let is_high = off(high).saturating_mul(u64::from(low)) < off(low).saturating_mul(u64::from(high));
        let whole = if is_high { high } else { low };
        Divider::whole(u16::try_from(whole).map_err(|_| DividerOutOfRange)?)
    }

    /// What `source_hertz` becomes on average, in hertz, rounded down.
    #[must_use]
    pub const fn rate(self, source_hertz: u32) -> u32 {
        // The divider is 1 at least, so that the result fits.
        (((source_hertz as u64) << 12) / ((self.whole << 12 | self.fraction) as u64)) as u32
    }
}

/// What went wrong with a clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClockError {
    /// It did not start: its source stands still.
    NotStarted,
    /// It did not stop, even though it was killed.
    NotStopped,
}

impl core::fmt::Display for ClockError {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::NotStarted => formatter.write_str("the clock did not start: its source stands still"),
            Self::NotStopped => formatter.write_str("the clock did not stop, even though it was killed"),
        }
    }
}

impl core::error::Error for ClockError {}

/// The block.
#[derive(Debug)]
pub struct ClockManager<R> {
    registers: R,
}

impl<R: Registers> ClockManager<R> {
    /// Takes over the block, with every clock as it is.
    pub const fn new(registers: R) -> Self {
        Self { registers }
    }

    /// Runs the clock from `source` by `divider`. A clock that runs is stopped first, since it must not be changed while BUSY.
    ///
    /// # Errors
    /// [`ClockError`]. After [`ClockError::NotStarted`] the clock stands, after [`ClockError::NotStopped`] it runs as before.
    pub fn start(
        &mut self,
        clock: Clock,
        source: Source,
        divider: Divider,
        wait: &mut impl Wait,
    ) -> Result<(), ClockError> {
        self.stop(clock, wait)?;
        self.registers.write(clock.divider(), PASSWORD | divider.whole << 12 | divider.fraction);
        // Source and filter must not change in the same write that enables (section 5.4).
        let control = PASSWORD | divider.filter << FILTER_SHIFT | source.code();
        self.registers.write(clock.control(), control);
        self.registers.write(clock.control(), control | ENABLE);
        let started = until(wait, SWITCH_MICROSECONDS, || self.is_running(clock).then_some(()));
        started.map_err(|TimedOut| {
            self.registers.write(clock.control(), control);
            ClockError::NotStarted
        })
    }

    /// Stops the clock at the end of a period. If that does not come, since the source stands still, the clock is killed.
    ///
    /// # Errors
    /// [`ClockError::NotStopped`].
    pub fn stop(&mut self, clock: Clock, wait: &mut impl Wait) -> Result<(), ClockError> {
        let control = self.registers.read(clock.control()) & KEPT & !(ENABLE | KILL);
        self.registers.write(clock.control(), PASSWORD | control);
        if self.has_stopped(clock, wait).is_ok() {
            return Ok(());
        }
        self.registers.write(clock.control(), PASSWORD | control | KILL);
        let stopped = self.has_stopped(clock, wait);
        self.registers.write(clock.control(), PASSWORD | control);
        stopped.map_err(|TimedOut| ClockError::NotStopped)
    }

    /// Whether the clock runs (BUSY).
    pub fn is_running(&mut self, clock: Clock) -> bool {
        self.registers.read(clock.control()) & BUSY != 0
    }

    fn has_stopped(&mut self, clock: Clock, wait: &mut impl Wait) -> Result<(), TimedOut> {
        until(wait, SWITCH_MICROSECONDS, || (!self.is_running(clock)).then_some(()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The registers of one clock. It takes `lag` looks to start and to stop.
    struct Model {
        clock: Clock,
        control: u32,
        divider: u32,
        busy: u32,
        lag: u32,
        looks: u32,
        source: Behaviour,
    }

    #[derive(Clone, Copy, PartialEq)]
    enum Behaviour {
        Runs,
        StandsStill,
        CannotBeStopped,
    }

    impl Registers for Model {
        fn read(&mut self, register: Offset) -> u32 {
            if register == self.clock.divider() {
                return self.divider;
            }
            assert_eq!(register, self.clock.control());
            self.looks += 1;
            if self.looks > self.lag && self.source == Behaviour::Runs {
                self.busy = if self.control & ENABLE != 0 { BUSY } else { 0 };
            }
            if self.control & KILL != 0 && self.source != Behaviour::CannotBeStopped {
                self.busy = 0;
            }
            self.control | self.busy
        }

        fn write(&mut self, register: Offset, value: u32) {
            if value & 0xff00_0000 != PASSWORD {
                return;
            }
            self.looks = 0;
            if register == self.clock.divider() {
                assert_eq!(self.busy, 0, "changed while busy");
                self.divider = value & 0xff_ffff;
                return;
            }
            assert_eq!(register, self.clock.control());
            let changed = (self.control ^ value) & 0xffff;
            let setting = SOURCE | 0b11 << FILTER_SHIFT;
            assert!(self.busy == 0 || changed & setting == 0, "changed while busy");
            assert!(changed & setting == 0 || value & ENABLE == 0, "changed and enabled at once");
            self.control = value & KEPT;
        }
    }

    fn manager(control: u32, source: Behaviour) -> ClockManager<Model> {
        let busy = if control & ENABLE != 0 { BUSY } else { 0 };
        let clock = Clock::Pwm;
        ClockManager::new(Model { clock, control, divider: 0, busy, lag: 3, looks: 0, source })
    }

    /// Gives up after some looks.
    struct Looks(u32);

    impl Wait for Looks {
        fn begin(&mut self, _microseconds: u32) {
            self.0 = 10;
        }

        fn again(&mut self) -> Result<(), TimedOut> {
            self.0 = self.0.checked_sub(1).ok_or(TimedOut)?;
            Ok(())
        }
    }

    fn start(manager: &mut ClockManager<Model>, divider: Divider) -> Result<(), ClockError> {
        manager.start(Clock::Pwm, Source::Oscillator, divider, &mut Looks(0))
    }

    #[test]
    fn a_clock_that_stands_is_started() {
        let mut manager = manager(0, Behaviour::Runs);
        assert_eq!(start(&mut manager, Divider::whole(54).unwrap()), Ok(()));
        assert!(manager.is_running(Clock::Pwm));
        assert_eq!(manager.registers.divider, 54 << 12);
        assert_eq!(manager.registers.control, ENABLE | 1);
    }

    #[test]
    fn a_clock_that_runs_is_stopped_before_it_is_changed() {
        let mut manager = manager(ENABLE | 6 | 3 << FILTER_SHIFT, Behaviour::Runs);
        assert_eq!(start(&mut manager, Divider::fractional(35, 492, Filter::OneStage).unwrap()), Ok(()));
        assert_eq!(manager.registers.divider, 35 << 12 | 492);
        assert_eq!(manager.registers.control, ENABLE | 1 | 1 << FILTER_SHIFT);
    }

    #[test]
    fn a_clock_that_does_not_stop_is_killed() {
        let mut other = manager(ENABLE | 6, Behaviour::StandsStill);
        assert_eq!(other.stop(Clock::Pwm, &mut Looks(0)), Ok(()));
        assert_eq!(other.registers.control, 6);
        let mut manager = manager(ENABLE | 6, Behaviour::CannotBeStopped);
        assert_eq!(start(&mut manager, Divider::whole(2).unwrap()), Err(ClockError::NotStopped));
        assert_eq!(manager.registers.control, 6);
    }

    #[test]
    fn a_clock_whose_source_stands_still_does_not_start() {
        let mut manager = manager(0, Behaviour::StandsStill);
        assert_eq!(start(&mut manager, Divider::whole(2).unwrap()), Err(ClockError::NotStarted));
        assert_eq!(manager.registers.control & ENABLE, 0);
    }

    #[test]
    fn dividers_out_of_range_are_refused() {
        use Filter::*;
        assert_eq!(Divider::whole(0), Err(DividerOutOfRange));
        assert_eq!(Divider::whole(4096), Err(DividerOutOfRange));
        assert!(Divider::whole(1).is_ok() && Divider::whole(4095).is_ok());
        for (filter, least) in [(OneStage, 2), (TwoStages, 3), (ThreeStages, 5)] {
            assert_eq!(Divider::fractional(least - 1, 0, filter), Err(DividerOutOfRange));
            assert!(Divider::fractional(least, 4095, filter).is_ok());
            assert_eq!(Divider::fractional(least, 4096, filter), Err(DividerOutOfRange));
            assert_eq!(Divider::fractional(4096, 0, filter), Err(DividerOutOfRange));
        }
    }

    #[test]
    fn the_nearest_divider_is_found_and_its_rate_told() {
        let nearest = |hertz| Divider::nearest(OSCILLATOR_HERTZ, hertz).map(|divider| divider.rate(OSCILLATOR_HERTZ));
        assert_eq!(nearest(1_000_000), Ok(1_000_000));
        assert_eq!(nearest(54_000_000), Ok(54_000_000));
        // 27 MHz is 13 away, 54 MHz is 14 away: 40 lies between them.
        assert_eq!(nearest(40_000_000), Ok(27_000_000));
        assert_eq!(nearest(41_000_000), Ok(54_000_000));
        assert_eq!(nearest(u32::MAX), Ok(54_000_000));
        assert_eq!(nearest(13_187), Ok(13_186));
        assert_eq!(nearest(13_000), Err(DividerOutOfRange));
        assert_eq!(nearest(0), Err(DividerOutOfRange));
        assert_eq!(Divider::nearest(0, 5).map(|divider| divider.rate(0)), Ok(0));
        assert_eq!(Divider::fractional(2, 2048, Filter::OneStage).unwrap().rate(250), 100);
    }
}
