//! SPI0 (BCM2711 ARM Peripherals, section 9), polled, at 0xfe20_4000: a bus of `embedded-hal`.
//!
//! A device's chip select is best a pin, with `embedded_hal_bus::spi::ExclusiveDevice` or one of its neighbours. The controller's own, if chosen,
//! is active for the length of one call each.

use core::fmt;

use embedded_hal::spi::{ErrorKind, ErrorType, MODE_0, Mode, Phase, Polarity, SpiBus};

use super::bus_clock::{BusClock, ClockOutOfRange};
use crate::registers::{Offset, Registers};
use crate::wait::{TimedOut, Wait, until};

const CONTROL: Offset = Offset::new(0x00);
const FIFO: Offset = Offset::new(0x04);
const CLOCK: Offset = Offset::new(0x08);

/// Control and status: clock phase and polarity, empty both FIFOs, transfer, all sent, a byte has come, room for a byte.
const PHASE: u32 = 1 << 2;
const POLARITY: u32 = 1 << 3;
const CLEAR: u32 = 0b11 << 4;
const ACTIVE: u32 = 1 << 7;
const DONE: u32 = 1 << 16;
const BYTE_READY: u32 = 1 << 17;
const ROOM: u32 = 1 << 18;

/// The largest divider, which is written as 0.
const LARGEST_DIVIDER: u32 = 0x1_0000;

/// Bytes that may be under way: more would overflow the receive FIFO of 64 (the data sheet names 16 words of 32 bits).
const UNDER_WAY: usize = 16;

/// Microseconds that a byte may take: at the slowest clock, 3.8 kHz out of 250 MHz, it takes 2,100.
const PATIENCE: u32 = 20_000;

/// The controller's own chip selects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChipSelect {
    /// CE0, GPIO 8.
    Zero = 0,
    /// CE1, GPIO 7.
    One = 1,
    /// Neither: devices are selected by other pins.
    None = 3,
}

/// The controller did not come to an end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SpiTimedOut;

impl fmt::Display for SpiTimedOut {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the SPI controller did not come to an end")
    }
}

impl core::error::Error for SpiTimedOut {}

impl From<TimedOut> for SpiTimedOut {
    fn from(_: TimedOut) -> SpiTimedOut {
        SpiTimedOut
    }
}

impl embedded_hal::spi::Error for SpiTimedOut {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Other
    }
}

/// A bus.
#[derive(Debug)]
pub struct Spi<R, W> {
    registers: R,
    wait: W,
    settings: u32,
}

impl<R: Registers, W: Wait> Spi<R, W> {
    /// Takes over the controller, in mode 0. The pins have to have been given to it.
    ///
    /// # Errors
    /// [`ClockOutOfRange`]; nothing was written then.
    pub fn new(mut registers: R, wait: W, clock: BusClock, select: ChipSelect) -> Result<Spi<R, W>, ClockOutOfRange> {
        let divider = clock.divider(LARGEST_DIVIDER)?;
        let settings = select as u32 | mode_bits(MODE_0);
        registers.write(CONTROL, CLEAR | settings);
        registers.write(CLOCK, divider % LARGEST_DIVIDER);
        Ok(Spi { registers, wait, settings })
    }

    /// Sets polarity and phase of the clock.
    pub fn set_mode(&mut self, mode: Mode) {
        self.settings = self.settings & !(PHASE | POLARITY) | mode_bits(mode);
        self.registers.write(CONTROL, CLEAR | self.settings);
    }

    /// Moves `length` bytes both ways.
    fn exchange(
        &mut self,
        length: usize,
        out: impl FnMut(usize) -> u8,
        into: impl FnMut(usize, u8),
    ) -> Result<(), SpiTimedOut> {
        self.registers.write(CONTROL, CLEAR | self.settings);
        self.registers.write(CONTROL, ACTIVE | self.settings);
        let result = self.run(length, out, into);
        self.registers.write(CONTROL, self.settings);
        result
    }

    fn run(
        &mut self,
        length: usize,
        mut out: impl FnMut(usize) -> u8,
        mut into: impl FnMut(usize, u8),
    ) -> Result<(), SpiTimedOut> {
        let Self { registers, wait, .. } = self;
        let (mut sent, mut received) = (0, 0);
        while received < length {
            let room = sent < length && sent - received < UNDER_WAY;
            let status = until(wait, PATIENCE, || {
                let status = registers.read(CONTROL);
                (status & BYTE_READY != 0 || room && status & ROOM != 0).then_some(status)
            })?;
            if status & BYTE_READY != 0 {
                into(received, registers.read(FIFO) as u8);
                received += 1;
            } else {
                registers.write(FIFO, u32::from(out(sent)));
                sent += 1;
            }
        }
        until(wait, PATIENCE, || (registers.read(CONTROL) & DONE != 0).then_some(()))?;
        Ok(())
    }
}

fn mode_bits(mode: Mode) -> u32 {
    let polarity = if mode.polarity == Polarity::IdleHigh { POLARITY } else { 0 };
    let phase = if mode.phase == Phase::CaptureOnSecondTransition { PHASE } else { 0 };
    polarity | phase
}

impl<R, W> ErrorType for Spi<R, W> {
    type Error = SpiTimedOut;
}

impl<R: Registers, W: Wait> SpiBus<u8> for Spi<R, W> {
    fn read(&mut self, words: &mut [u8]) -> Result<(), SpiTimedOut> {
        self.exchange(words.len(), |_| 0, |index, byte| put(words, index, byte))
    }

    fn write(&mut self, words: &[u8]) -> Result<(), SpiTimedOut> {
        self.exchange(words.len(), |index| get(words, index), |_, _| {})
    }

    /// The longer of both decides; zeros are sent where `write` has ended.
    fn transfer(&mut self, read: &mut [u8], write: &[u8]) -> Result<(), SpiTimedOut> {
        let length = read.len().max(write.len());
        self.exchange(length, |index| get(write, index), |index, byte| put(read, index, byte))
    }

    fn transfer_in_place(&mut self, words: &mut [u8]) -> Result<(), SpiTimedOut> {
        // A byte comes after the one that went: what is overwritten was sent.
        let cells = core::cell::Cell::from_mut(words).as_slice_of_cells();
        let get = |index: usize| cells.get(index).map_or(0, core::cell::Cell::get);
        let put = |index: usize, byte| {
            if let Some(cell) = cells.get(index) {
                cell.set(byte);
            }
        };
        self.exchange(cells.len(), get, put)
    }

    /// Nothing is left under way by the others.
    fn flush(&mut self) -> Result<(), SpiTimedOut> {
        Ok(())
    }
}

fn get(words: &[u8], index: usize) -> u8 {
    words.get(index).copied().unwrap_or(0)
}

fn put(words: &mut [u8], index: usize, byte: u8) {
    if let Some(place) = words.get_mut(index) {
        *place = byte;
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::*;
    use embedded_hal::spi::MODE_3;
    use std::collections::VecDeque;
    use std::vec::Vec;

    /// A controller whose device answers with the complement. A byte moves at each look at the status.
    #[derive(Default)]
    struct Controller {
        control: u32,
        clock: u32,
        sending: VecDeque<u8>,
        received: VecDeque<u8>,
        seen: Vec<u8>,
        most: usize,
        stuck: bool,
    }

    impl Registers for &mut Controller {
        fn read(&mut self, register: Offset) -> u32 {
            if register == FIFO {
                return u32::from(self.received.pop_front().expect("no byte is read that has not come"));
            }
            if self.control & ACTIVE != 0
                && !self.stuck
                && let Some(byte) = self.sending.pop_front()
            {
                self.seen.push(byte);
                self.received.push_back(!byte);
            }
            self.most = self.most.max(self.received.len());
            let ready = if self.received.is_empty() { 0 } else { BYTE_READY };
            let done = if self.sending.is_empty() { DONE } else { 0 };
            self.control | ready | done | ROOM
        }

        fn write(&mut self, register: Offset, value: u32) {
            match register {
                CONTROL => {
                    if value & CLEAR != 0 {
                        self.sending.clear();
                        self.received.clear();
                    }
                    self.control = value & !CLEAR;
                }
                CLOCK => self.clock = value,
                FIFO => {
                    assert_ne!(self.control & ACTIVE, 0);
                    self.sending.push_back(value as u8);
                }
                other => panic!("write to {other:?}"),
            }
        }
    }

    struct Patience(u32);

    impl Wait for Patience {
        fn begin(&mut self, _: u32) {
            self.0 = 5;
        }

        fn again(&mut self) -> Result<(), TimedOut> {
            self.0 = self.0.checked_sub(1).ok_or(TimedOut)?;
            Ok(())
        }
    }

    fn bus(controller: &mut Controller) -> Spi<&mut Controller, Patience> {
        let clock = BusClock { core_hertz: 250_000_000, bus_hertz: 1_000_000 };
        Spi::new(controller, Patience(0), clock, ChipSelect::None).unwrap()
    }

    #[test]
    fn bytes_go_both_ways() {
        let mut controller = Controller::default();
        let mut answer = [0; 3];
        bus(&mut controller).transfer(&mut answer, &[1, 2, 3, 4, 5]).unwrap();
        assert_eq!((answer, controller.seen.as_slice()), ([!1, !2, !3], &[1, 2, 3, 4, 5][..]));
        assert_eq!((controller.clock, controller.control), (250, ChipSelect::None as u32));
        let mut words: [u8; 200] = core::array::from_fn(|index| index as u8);
        bus(&mut controller).transfer_in_place(&mut words).unwrap();
        assert!(words.iter().enumerate().all(|(index, byte)| *byte == !(index as u8)));
        assert!(controller.most <= UNDER_WAY);
    }

    #[test]
    fn reading_sends_zeros_and_writing_forgets_what_comes() {
        let mut controller = Controller::default();
        let mut answer = [0; 2];
        bus(&mut controller).write(&[9]).unwrap();
        bus(&mut controller).read(&mut answer).unwrap();
        assert_eq!((answer, controller.seen.as_slice()), ([0xff; 2], &[9, 0, 0][..]));
        bus(&mut controller).write(&[]).unwrap();
    }

    #[test]
    fn modes_are_set() {
        let mut controller = Controller::default();
        bus(&mut controller).set_mode(MODE_3);
        assert_eq!(controller.control, POLARITY | PHASE | ChipSelect::None as u32);
    }

    #[test]
    fn the_largest_divider_is_written_as_zero_and_a_larger_one_not_at_all() {
        let mut controller = Controller { clock: 7, ..Controller::default() };
        let mut with = |core_hertz| {
            let clock = BusClock { core_hertz, bus_hertz: 1 };
            let refused = Spi::new(&mut controller, Patience(0), clock, ChipSelect::None).err();
            (refused, controller.clock)
        };
        assert_eq!(with(65_537), (Some(ClockOutOfRange), 7));
        assert_eq!(with(65_536), (None, 0));
        assert_eq!(with(65_534), (None, 65_534));
    }

    #[test]
    fn a_controller_that_is_stuck_is_told_and_let_go() {
        let mut controller = Controller { stuck: true, ..Controller::default() };
        assert_eq!(bus(&mut controller).write(&[1]), Err(SpiTimedOut));
        assert_eq!(controller.control & ACTIVE, 0);
    }
}
