//! The controller: reset, power, clock, and commands without data.

use super::clock::{BaseClock, CardClock, Divider, DividerForm};
use super::command::{Command, Purpose, ResponseKind};
use super::error::{Awaited, HostError, StartError};
use super::layout;
use crate::registers::{Offset, Registers};
use crate::wait::{self, TimedOut, Wait};

/// Microseconds that a reset may last; the specification says nothing.
const RESET_LIMIT: u32 = 100_000;
/// Microseconds until the clock is stable: 150 ms (SD Host Controller Simplified Specification 3.00, section 3.2.1).
const CLOCK_LIMIT: u32 = 150_000;
/// Microseconds that a command may last. It is over after some two hundred clocks, the limit is for a controller that
/// is stuck.
const COMMAND_LIMIT: u32 = 100_000;
/// Microseconds that a card may let wait for a block, or be busy: the longest that the specification names, for writing
/// to SDXC cards, is 500 ms (SD Physical Layer Simplified Specification 6.00, section 4.6.2).
pub(super) const DATA_LIMIT: u32 = 1_000_000;
/// Microseconds that power and clock are given to the card before its first command: 1 ms or 74 clocks (section 6.4.1
/// there).
const POWER_UP_TIME: u32 = 1_000;

/// An SD host controller, as the BCM2711 has two: EMMC at 0xfe30_0000, which is also what QEMU connects its card to,
/// and EMMC2 at 0xfe34_0000, where the card of the Raspberry Pi 4 is.
///
/// Registers are accessed 32 bits at a time, data by the processor, and interrupts are not used: `wait` must keep its
/// limits by itself, as [`Polling`](crate::wait::Polling) does and [`Interrupted`](crate::wait::Interrupted) does not.
#[derive(Debug)]
pub struct Host<R, W> {
    registers: R,
    wait: W,
    base: BaseClock,
    /// Microseconds to leave between two writes.
    settle: u32,
}

/// Response of 48 bits without its CRC and its index, or, for a command without response, nothing of meaning.
pub(super) type ShortResponse = u32;

impl<R: Registers, W: Wait> Host<R, W> {
    /// Takes over the controller with these registers, which divides its clock from `base`. Touches nothing yet.
    #[must_use]
    pub const fn new(registers: R, wait: W, base: BaseClock) -> Host<R, W> {
        Host { registers, wait, base, settle: microseconds_of_clocks(CardClockRate::Unknown) }
    }

    /// Registers and wait, for another use.
    #[must_use]
    pub fn into_parts(self) -> (R, W) {
        (self.registers, self.wait)
    }

    /// Resets the controller and gives the card power and the clock of identification (section 3.2 and 3.3 of the
    /// host's specification).
    pub(super) fn start(&mut self) -> Result<(), StartError> {
        self.settle = microseconds_of_clocks(CardClockRate::Unknown);
        self.reset(layout::RESET_ALL, 0)?;
        // The reset has left all registers at zero: one data line, no power, no interrupts.
        self.write(layout::CONTROL, layout::POWER_ON);
        self.write(layout::SIGNAL_ENABLE, 0);
        self.write(layout::STATUS_ENABLE, layout::SHOWN);
        self.set_clock(CardClock::Identification)?;
        self.pause(POWER_UP_TIME);
        Ok(())
    }

    /// Changes the card's clock. It stands still meanwhile (section 3.2.3).
    pub(super) fn set_clock(&mut self, clock: CardClock) -> Result<(), StartError> {
        let version = self.registers.read(layout::VERSION) >> 16 & 0xff;
        let divider = Divider::new(self.base, DividerForm::of_version(version), clock)?;
        let stopped = layout::LONGEST_WAIT | divider.bits;
        self.registers.modify(layout::CLOCK, |value| value & !layout::CLOCK_CARD);
        self.pause(self.settle);
        self.write(layout::CLOCK, stopped);
        self.write(layout::CLOCK, stopped | layout::CLOCK_INTERNAL);
        self.until(CLOCK_LIMIT, Awaited::Clock, layout::CLOCK, |value| value & layout::CLOCK_STABLE != 0)?;
        self.write(layout::CLOCK, stopped | layout::CLOCK_INTERNAL | layout::CLOCK_CARD);
        self.settle = microseconds_of_clocks(CardClockRate::Hertz(divider.hertz));
        Ok(())
    }

    /// Four data lines instead of the one that a reset leaves.
    pub(super) fn use_four_lines(&mut self) {
        self.write(layout::CONTROL, layout::POWER_ON | layout::FOUR_LINES);
    }

    /// Sends a command that has no response or one of 48 bits.
    pub(super) fn command(&mut self, command: Command) -> Result<ShortResponse, HostError> {
        self.send(command)?;
        Ok(self.registers.read(layout::RESPONSE))
    }

    /// Sends a command whose response has 136 bits: CID or CSD, with bit 0 in bit 0. Bits 7:0, the CRC, are left zero,
    /// since the controller does not keep them (section 2.2.7).
    pub(super) fn command_long(&mut self, command: Command) -> Result<u128, HostError> {
        self.send(command)?;
        let words = [3, 2, 1, 0].map(|place| self.registers.read(layout::RESPONSE.plus(place)));
        let response = words.into_iter().fold(0, |response: u128, word| response << 32 | u128::from(word));
        Ok(response << 8)
    }

    fn send(&mut self, command: Command) -> Result<(), HostError> {
        let uses_data_lines = command.response == ResponseKind::ShortBusy;
        let inhibit = match command.purpose {
            Purpose::Ordinary if uses_data_lines => layout::COMMAND_INHIBIT | layout::DATA_INHIBIT,
            _ => layout::COMMAND_INHIBIT,
        };
        let mut result = self.issue(inhibit, command.argument, command.bits());
        if result.is_ok() && uses_data_lines {
            result = self.event(layout::TRANSFER_COMPLETE, DATA_LIMIT, Awaited::Transfer);
        }
        if result.is_err() {
            // What the first error was counts, not whether the reset failed too: the next command will find out.
            let _ = self.reset_lines();
        }
        result
    }

    /// Waits for the lines, sends a command and waits until it is over.
    pub(super) fn issue(&mut self, inhibit: u32, argument: u32, bits: u32) -> Result<(), HostError> {
        self.until(DATA_LIMIT, Awaited::Lines, layout::PRESENT, |present| present & inhibit == 0)?;
        let old = self.registers.read(layout::STATUS);
        self.write(layout::STATUS, old);
        self.write(layout::ARGUMENT, argument);
        self.write(layout::COMMAND, bits);
        self.event(layout::COMMAND_COMPLETE, COMMAND_LIMIT, Awaited::Command)
    }

    /// Waits until the status shows this bit, and clears it. An error counts first: QEMU's controller shows both, the
    /// end of the command and its timeout.
    pub(super) fn event(&mut self, bit: u32, microseconds: u32, awaited: Awaited) -> Result<(), HostError> {
        let shown = bit | layout::ERRORS;
        let status = self.until(microseconds, awaited, layout::STATUS, |status| status & shown != 0)?;
        // A transfer that has ended has not timed out, whatever else is shown (section 2.2.17).
        let excused = if status & bit & layout::TRANSFER_COMPLETE != 0 { layout::DATA_TIMEOUT } else { 0 };
        if status & layout::ERRORS & !excused != 0 {
            let automatic = self.registers.read(layout::AUTOMATIC_ERROR);
            self.write(layout::STATUS, status & layout::ERRORS);
            return Err(HostError::decode((status >> 16) as u16, automatic));
        }
        self.write(layout::STATUS, bit | excused);
        Ok(())
    }

    /// Brings command and data lines to rest after an error (section 3.10.1). One after the other: QEMU's controller
    /// does nothing when asked for both at once.
    pub(super) fn reset_lines(&mut self) -> Result<(), HostError> {
        let clock = self.registers.read(layout::CLOCK);
        self.reset(layout::RESET_COMMAND, clock)?;
        self.reset(layout::RESET_DATA, clock)?;
        let old = self.registers.read(layout::STATUS);
        self.write(layout::STATUS, old);
        Ok(())
    }

    fn reset(&mut self, part: u32, clock: u32) -> Result<(), HostError> {
        self.write(layout::CLOCK, clock | part);
        self.until(RESET_LIMIT, Awaited::Reset, layout::CLOCK, |value| value & part == 0)?;
        Ok(())
    }

    /// Reads a register.
    pub(super) fn read(&mut self, register: Offset) -> u32 {
        self.registers.read(register)
    }

    /// Writes a register, and waits a little: the controllers may lose a write that comes within a few clocks of the
    /// card after another (found out by those who wrote Linux's driver `sdhci-iproc`).
    pub(super) fn write(&mut self, register: Offset, value: u32) {
        self.registers.write(register, value);
        self.pause(self.settle);
    }

    /// Writes four bytes of data. The buffer needs no pause.
    pub(super) fn write_data(&mut self, value: u32) {
        self.registers.write(layout::BUFFER, value);
    }

    /// Lets time pass.
    pub(super) fn pause(&mut self, microseconds: u32) {
        self.wait.begin(microseconds);
        while self.wait.again().is_ok() {}
    }

    /// Reads the register until it is as wanted.
    fn until(
        &mut self,
        microseconds: u32,
        awaited: Awaited,
        register: Offset,
        is_wanted: impl Fn(u32) -> bool,
    ) -> Result<u32, HostError> {
        let registers = &mut self.registers;
        wait::until(&mut self.wait, microseconds, || Some(registers.read(register)).filter(|value| is_wanted(*value)))
            .map_err(|TimedOut| HostError::Silent(awaited))
    }
}

/// What is known of the card's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum CardClockRate {
    /// Nothing, it may stand still.
    Unknown,
    /// Its rate.
    Hertz(u32),
}

/// Microseconds of four clocks of the card, rounded up; ten if the clock is not known.
const fn microseconds_of_clocks(rate: CardClockRate) -> u32 {
    match rate {
        CardClockRate::Unknown | CardClockRate::Hertz(0) => 10,
        CardClockRate::Hertz(hertz) => 4_000_000_u32.div_ceil(hertz),
    }
}
