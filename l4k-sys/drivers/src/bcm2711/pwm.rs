//! A PWM block of the BCM2711 and its two channels, each in mark-space mode: high for so many ticks of each period.
//!
//! BCM2711 ARM Peripherals, chapter 8. PWM0 lies at 0xfe20_c000, PWM1 at 0xfe20_c800; each takes 0x28 bytes. A tick is a period of the
//! PWM clock, that [`clock_manager`](super::clock_manager) starts: without it, what is written here has no effect. The pins that the
//! channels go to are chosen with [`gpio`](super::gpio). Neither the FIFO nor DMA is used.

use core::cell::RefCell;

use embedded_hal::pwm::{ErrorKind, ErrorType, SetDutyCycle};

use crate::registers::{Offset, Registers};

/// CTL.
const CONTROL: Offset = Offset::new(0x00);
/// STA.
const STATUS: Offset = Offset::new(0x04);
/// RNG1. DAT1 comes next.
const RANGE_ONE: Offset = Offset::new(0x10);
/// RNG2. DAT2 comes next.
const RANGE_TWO: Offset = Offset::new(0x20);

/// PWENi: the channel runs. The bits of a channel's byte in CTL (section 8.6).
const ENABLE: u32 = 1 << 0;
/// POLAi: the output is inverted.
const INVERT: u32 = 1 << 4;
/// MSENi: mark-space mode, not the mode that spreads the high ticks over the period.
const MARK_SPACE: u32 = 1 << 7;
/// What a channel has in CTL. Bit 6 is not one of them: in the first byte it clears the FIFO.
const CHANNEL_BITS: u32 = 0b1011_1111;

/// BERR: registers were written faster than the PWM clock takes them over.
const BUS_ERROR: u32 = 1 << 8;
/// STA1. STA2 comes next.
const STATE: u32 = 1 << 9;

/// A channel of a block. Their pins are in BCM2711 ARM Peripherals, section 5.3, as PWMx_0 and PWMx_1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Channel {
    /// The first: channel 1 of the data sheet's registers, PWMx_0 of its pins.
    One,
    /// The second: channel 2 of the data sheet's registers, PWMx_1 of its pins.
    Two,
}

impl Channel {
    /// Where its byte in CTL starts.
    const fn shift(self) -> u32 {
        match self {
            Channel::One => 0,
            Channel::Two => 8,
        }
    }

    /// RNGi.
    const fn range(self) -> Offset {
        match self {
            Channel::One => RANGE_ONE,
            Channel::Two => RANGE_TWO,
        }
    }

    /// DATi.
    const fn data(self) -> Offset {
        self.range().plus(1)
    }

    const fn index(self) -> usize {
        match self {
            Channel::One => 0,
            Channel::Two => 1,
        }
    }
}

/// The length of a period, 1 to 2^32 - 1 ticks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Range(u32);

impl Range {
    /// This many ticks; `None` for 0.
    #[must_use]
    pub const fn new(ticks: u32) -> Option<Range> {
        if ticks == 0 { None } else { Some(Range(ticks)) }
    }

    /// The length in ticks.
    #[must_use]
    pub const fn ticks(self) -> u32 {
        self.0
    }
}

/// What the pin shows in the mark, the first part of a period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Polarity {
    /// High.
    HighMark,
    /// Low.
    LowMark,
}

/// Why a channel does not do what it was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PwmError {
    /// It has no range: [`Pwm::configure`] comes first.
    NotConfigured,
    /// The mark is longer than the period.
    MarkTooLong,
}

impl core::fmt::Display for PwmError {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::NotConfigured => formatter.write_str("the channel has no range yet: configure it first"),
            Self::MarkTooLong => formatter.write_str("the mark is longer than the period"),
        }
    }
}

impl core::error::Error for PwmError {}

impl embedded_hal::pwm::Error for PwmError {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Other
    }
}

/// Registers were written faster than the PWM clock takes them over: what was written last may not be what the channel does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BusError;

impl core::fmt::Display for BusError {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.write_str("the PWM registers were written faster than the PWM clock takes them over")
    }
}

impl core::error::Error for BusError {}

/// A block.
#[derive(Debug)]
pub struct Pwm<R> {
    /// In a cell, so that both channels can be lent out. No borrow outlives one method.
    state: RefCell<State<R>>,
}

#[derive(Debug)]
struct State<R> {
    registers: R,
    /// The periods of the channels, once they are configured.
    ranges: [Option<Range>; 2],
}

impl<R: Registers> State<R> {
    /// Replaces the channel's bits that are in `mask`.
    fn control(&mut self, channel: Channel, mask: u32, bits: u32) {
        let shift = channel.shift();
        self.registers.modify(CONTROL, |value| value & !(mask << shift) | bits << shift);
    }
}

impl<R: Registers> Pwm<R> {
    /// Takes over the block. Its channels do what they did until they are configured.
    pub const fn new(registers: R) -> Self {
        Self { state: RefCell::new(State { registers, ranges: [None; 2] }) }
    }

    /// Stops the channel and sets it up: mark-space mode, this period, no mark. It runs after [`PwmChannel::enable`].
    pub fn configure(&self, channel: Channel, range: Range, polarity: Polarity) -> PwmChannel<'_, R> {
        let mode = match polarity {
            Polarity::HighMark => MARK_SPACE,
            Polarity::LowMark => MARK_SPACE | INVERT,
        };
        let mut state = self.state.borrow_mut();
        state.control(channel, CHANNEL_BITS, mode);
        state.registers.write(channel.range(), range.0);
        state.registers.write(channel.data(), 0);
        state.ranges[channel.index()] = Some(range);
        PwmChannel { pwm: self, channel }
    }

    /// The channel as it is.
    pub const fn channel(&self, channel: Channel) -> PwmChannel<'_, R> {
        PwmChannel { pwm: self, channel }
    }

    /// Whether the channel transmits at the moment (STAi).
    pub fn is_transmitting(&self, channel: Channel) -> bool {
        self.state.borrow_mut().registers.read(STATUS) & STATE << channel.index() != 0
    }

    /// Whether writing went well since this was last asked (BERR, which is cleared).
    ///
    /// # Errors
    /// [`BusError`].
    pub fn check(&self) -> Result<(), BusError> {
        let registers = &mut self.state.borrow_mut().registers;
        if registers.read(STATUS) & BUS_ERROR == 0 {
            return Ok(());
        }
        registers.write(STATUS, BUS_ERROR);
        Err(BusError)
    }
}

/// A channel that is lent out.
#[derive(Debug)]
pub struct PwmChannel<'a, R> {
    pwm: &'a Pwm<R>,
    channel: Channel,
}

impl<R: Registers> PwmChannel<'_, R> {
    /// Its period; `None` before it is configured.
    #[must_use]
    pub fn range(&self) -> Option<Range> {
        self.pwm.state.borrow().ranges[self.channel.index()]
    }

    /// The mark has this many ticks from the moment on when the block takes the number over, which is after a few ticks.
    ///
    /// # Errors
    /// [`PwmError`], and the mark stays as it is.
    pub fn set_mark(&mut self, ticks: u32) -> Result<(), PwmError> {
        let range = self.range().ok_or(PwmError::NotConfigured)?;
        if ticks > range.0 {
            return Err(PwmError::MarkTooLong);
        }
        self.pwm.state.borrow_mut().registers.write(self.channel.data(), ticks);
        Ok(())
    }

    /// Lets the channel run.
    ///
    /// # Errors
    /// [`PwmError::NotConfigured`].
    pub fn enable(&mut self) -> Result<(), PwmError> {
        self.range().ok_or(PwmError::NotConfigured)?;
        self.pwm.state.borrow_mut().control(self.channel, ENABLE, ENABLE);
        Ok(())
    }

    /// Stops the channel. Its output is then that outside a mark: low, or high with [`Polarity::LowMark`] (SBIT is 0, POLA inverts
    /// the final output, section 8.4).
    pub fn disable(&mut self) {
        self.pwm.state.borrow_mut().control(self.channel, ENABLE, 0);
    }
}

impl<R> ErrorType for PwmChannel<'_, R> {
    type Error = PwmError;
}

impl<R: Registers> SetDutyCycle for PwmChannel<'_, R> {
    /// The period in ticks, or 65535 if that is less; 0 before the channel is configured.
    fn max_duty_cycle(&self) -> u16 {
        self.range().map_or(0, |range| u16::try_from(range.0).unwrap_or(u16::MAX))
    }

    /// Sets the mark to this part of the period, in ticks rounded down.
    fn set_duty_cycle(&mut self, duty: u16) -> Result<(), PwmError> {
        let range = self.range().ok_or(PwmError::NotConfigured)?;
        let ticks = u64::from(duty) * u64::from(range.0) / u64::from(self.max_duty_cycle().max(1));
        self.set_mark(u32::try_from(ticks).map_err(|_| PwmError::MarkTooLong)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The block. Periods go by with [`level`](Self::level).
    #[derive(Default)]
    struct Model {
        control: u32,
        errors: u32,
        ranges: [u32; 2],
        data: [u32; 2],
        /// The register that was written last while nothing took it over.
        pending: Option<usize>,
        /// Whether the PWM clock is too slow to take anything over.
        slow: bool,
    }

    impl Model {
        fn byte(&self, channel: usize) -> u32 {
            self.control >> (channel * 8) & 0xbf
        }

        /// What the pin shows at this tick of a period.
        fn level(&self, channel: usize, tick: u32) -> bool {
            let byte = self.byte(channel);
            if byte & 1 == 0 {
                return byte & INVERT != 0;
            }
            assert_ne!(byte & MARK_SPACE, 0, "the model has mark-space mode only");
            assert_eq!(byte & 0b10_0010, 0, "neither serialiser nor FIFO");
            (tick % self.ranges[channel] < self.data[channel]) != (byte & INVERT != 0)
        }
    }

    impl Registers for Model {
        fn read(&mut self, register: Offset) -> u32 {
            self.pending = None;
            match register.bytes() {
                0x00 => self.control,
                0x04 => 0b10 | self.errors | (self.byte(0) & 1) << 9 | (self.byte(1) & 1) << 10,
                offset => panic!("no register to read at {offset:#x}"),
            }
        }

        fn write(&mut self, register: Offset, value: u32) {
            let offset = register.bytes();
            if self.slow && self.pending == Some(offset) {
                self.errors |= BUS_ERROR;
            }
            self.pending = Some(offset);
            match offset {
                0x00 => self.control = value & 0xbfbf,
                0x04 => self.errors &= !value,
                0x10 => self.ranges[0] = value,
                0x14 => self.data[0] = value,
                0x20 => self.ranges[1] = value,
                0x24 => self.data[1] = value,
                _ => panic!("no register to write at {offset:#x}"),
            }
        }
    }

    fn pwm() -> Pwm<Model> {
        // What firmware may leave: both channels on with the FIFO.
        Pwm::new(Model { control: 0x2525, ranges: [32; 2], ..Model::default() })
    }

    fn range(ticks: u32) -> Range {
        Range::new(ticks).unwrap()
    }

    fn levels(pwm: &Pwm<Model>, channel: usize, ticks: u32) -> u32 {
        let model = &pwm.state.borrow().registers;
        (0..ticks).filter(|tick| model.level(channel, *tick)).count() as u32
    }

    #[test]
    fn a_channel_is_high_for_its_mark() {
        let pwm = pwm();
        let mut channel = pwm.configure(Channel::Two, range(100), Polarity::HighMark);
        channel.enable().unwrap();
        assert_eq!(levels(&pwm, 1, 100), 0);
        channel.set_mark(30).unwrap();
        assert_eq!(levels(&pwm, 1, 200), 60);
        assert!(pwm.is_transmitting(Channel::Two));
        channel.disable();
        assert_eq!(levels(&pwm, 1, 200), 0);
        assert!(!pwm.is_transmitting(Channel::Two));
        assert_eq!(pwm.state.borrow().registers.control, 0x8025, "the other channel stays as it was");
    }

    #[test]
    fn both_channels_are_used_together() {
        let pwm = pwm();
        let mut one = pwm.configure(Channel::One, range(10), Polarity::LowMark);
        let mut two = pwm.configure(Channel::Two, range(20), Polarity::HighMark);
        for channel in [&mut one, &mut two] {
            channel.set_duty_cycle_percent(20).unwrap();
            channel.enable().unwrap();
        }
        assert_eq!((levels(&pwm, 0, 20), levels(&pwm, 1, 20)), (16, 4));
        one.disable();
        assert_eq!((levels(&pwm, 0, 20), levels(&pwm, 1, 20)), (20, 4));
    }

    #[test]
    fn a_mark_longer_than_the_period_is_refused() {
        let pwm = pwm();
        let mut channel = pwm.configure(Channel::One, range(10), Polarity::HighMark);
        assert_eq!(channel.set_mark(10), Ok(()));
        assert_eq!(channel.set_mark(11), Err(PwmError::MarkTooLong));
        assert_eq!(channel.set_duty_cycle(11), Err(PwmError::MarkTooLong));
        assert_eq!(pwm.state.borrow().registers.data[0], 10);
        assert_eq!(Range::new(0), None);
    }

    #[test]
    fn duty_cycles_of_long_periods_are_scaled() {
        let pwm = pwm();
        let mut channel = pwm.configure(Channel::One, range(u32::MAX), Polarity::HighMark);
        assert_eq!(channel.max_duty_cycle(), u16::MAX);
        channel.set_duty_cycle_fully_on().unwrap();
        assert_eq!(pwm.state.borrow().registers.data[0], u32::MAX);
        channel.set_duty_cycle(1).unwrap();
        assert_eq!(pwm.state.borrow().registers.data[0], 0x1_0001);
        channel.set_duty_cycle_fully_off().unwrap();
        assert_eq!(pwm.state.borrow().registers.data[0], 0);
    }

    #[test]
    fn a_channel_without_a_period_does_nothing() {
        let pwm = pwm();
        let mut channel = pwm.channel(Channel::One);
        assert_eq!(channel.enable(), Err(PwmError::NotConfigured));
        assert_eq!(channel.set_duty_cycle(0), Err(PwmError::NotConfigured));
        assert_eq!((channel.max_duty_cycle(), channel.range()), (0, None));
        assert_eq!(pwm.configure(Channel::One, range(7), Polarity::HighMark).range(), Some(range(7)));
        assert_eq!(channel.max_duty_cycle(), 7);
    }

    #[test]
    fn a_bus_error_is_told_once() {
        let pwm = pwm();
        let mut channel = pwm.configure(Channel::One, range(10), Polarity::HighMark);
        assert_eq!(pwm.check(), Ok(()));
        pwm.state.borrow_mut().registers.slow = true;
        channel.set_mark(1).unwrap();
        channel.set_mark(2).unwrap();
        assert_eq!(pwm.check(), Err(BusError));
        assert_eq!(pwm.check(), Ok(()));
    }
}
