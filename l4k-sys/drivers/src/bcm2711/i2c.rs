//! The Broadcom serial controller: I2C with 7-bit addresses (BCM2711 ARM Peripherals, section 3). BSC1 at 0xfe80_4000 is the one on the header, GPIO 2 and 3.
//!
//! Polled: the waits are bounded by the [`Wait`] that is given.

use core::fmt;

use embedded_hal::i2c::{ErrorKind, ErrorType, I2c as I2cBus, NoAcknowledgeSource, Operation, SevenBitAddress};

use super::bus_clock::{BusClock, ClockOutOfRange};
use crate::registers::{Offset, Registers};
use crate::wait::{TimedOut, Wait, until};

const CONTROL: Offset = Offset::new(0x00);
const STATUS: Offset = Offset::new(0x04);
const LENGTH: Offset = Offset::new(0x08);
const ADDRESS: Offset = Offset::new(0x0c);
const FIFO: Offset = Offset::new(0x10);
const DIVIDER: Offset = Offset::new(0x14);

/// Control: on, start a transfer, empty the FIFO before, read.
const ENABLE: u32 = 1 << 15;
const START: u32 = 1 << 7;
const CLEAR: u32 = 1 << 4;
const READ: u32 = 1 << 0;

/// Status: the clock was held down too long, no acknowledgement, a byte has come, room for a byte, transfer over.
const STRETCHED: u32 = 1 << 9;
const REFUSED: u32 = 1 << 8;
const BYTE_READY: u32 = 1 << 5;
const ROOM: u32 = 1 << 4;
const DONE: u32 = 1 << 1;

/// A divider has 16 bits. 0 stands for 32768.
const LARGEST_DIVIDER: u32 = 0xfffe;

/// Microseconds that a transfer may take besides its bytes, and for each byte: at 100 kHz a byte takes 90, and devices may stretch the clock.
const PATIENCE: u32 = 20_000;
const PATIENCE_FOR_A_BYTE: u32 = 1_000;

/// Most bytes of one direction in a row.
pub const LONGEST: usize = 0xffff;

/// Why a transfer failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum I2cError {
    /// No device has acknowledged the address or a byte.
    NotAcknowledged,
    /// A device held the clock down for too long.
    ClockStretched,
    /// The controller did not come to an end.
    TimedOut,
    /// It ended before all bytes had come.
    TooShort,
    /// More than [`LONGEST`] bytes of one direction.
    TooLong,
    /// A write that follows a read: the controller cannot start again without a stop between.
    WriteAfterRead,
}

impl fmt::Display for I2cError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::NotAcknowledged => "no device has acknowledged",
            Self::ClockStretched => "a device held the clock down for too long",
            Self::TimedOut => "the controller did not come to an end",
            Self::TooShort => "the transfer ended before all bytes had come",
            Self::TooLong => "too many bytes in one direction",
            Self::WriteAfterRead => "the controller cannot write after a read without a stop",
        })
    }
}

impl core::error::Error for I2cError {}

impl From<TimedOut> for I2cError {
    fn from(_: TimedOut) -> I2cError {
        I2cError::TimedOut
    }
}

impl embedded_hal::i2c::Error for I2cError {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::NotAcknowledged => ErrorKind::NoAcknowledge(NoAcknowledgeSource::Unknown),
            Self::ClockStretched | Self::TimedOut => ErrorKind::Bus,
            Self::TooShort | Self::TooLong | Self::WriteAfterRead => ErrorKind::Other,
        }
    }
}

/// A controller.
#[derive(Debug)]
pub struct I2c<R, W> {
    registers: R,
    wait: W,
}

impl<R: Registers, W: Wait> I2c<R, W> {
    /// Takes over a controller and sets its clock. The pins have to have been given to it.
    ///
    /// # Errors
    /// [`ClockOutOfRange`]; nothing was written then.
    pub fn new(mut registers: R, wait: W, clock: BusClock) -> Result<I2c<R, W>, ClockOutOfRange> {
        let divider = clock.divider(LARGEST_DIVIDER)?;
        registers.write(CONTROL, 0);
        registers.write(DIVIDER, divider);
        registers.write(STATUS, STRETCHED | REFUSED | DONE);
        Ok(I2c { registers, wait })
    }

    /// Starts writing or reading so many bytes. If a write is still under way, the controller starts again without a stop.
    fn start(&mut self, length: usize, direction: u32) -> Result<(), I2cError> {
        self.registers.write(STATUS, STRETCHED | DONE);
        self.registers.write(LENGTH, length as u32);
        self.registers.write(CONTROL, ENABLE | START | direction);
        check(self.registers.read(STATUS))
    }

    /// Hands over bytes as there is room for them. The last of them are still under way when this returns.
    fn put(&mut self, bytes: impl Iterator<Item = u8>) -> Result<(), I2cError> {
        for byte in bytes {
            let Self { registers, wait } = self;
            until(wait, PATIENCE, || ready(registers.read(STATUS), ROOM))??;
            registers.write(FIFO, u32::from(byte));
        }
        Ok(())
    }

    /// Takes bytes as they come.
    fn take<'b>(&mut self, places: impl Iterator<Item = &'b mut u8>) -> Result<(), I2cError> {
        for place in places {
            let Self { registers, wait } = self;
            until(wait, PATIENCE, || match registers.read(STATUS) {
                // The FIFO may hold bytes after the end.
                status if status & BYTE_READY != 0 => Some(Ok(())),
                status if status & DONE != 0 => Some(check(status).and(Err(I2cError::TooShort))),
                status => check(status).err().map(Err),
            })??;
            *place = registers.read(FIFO) as u8;
        }
        Ok(())
    }

    fn finish(&mut self, length: usize) -> Result<(), I2cError> {
        let Self { registers, wait } = self;
        let patience = PATIENCE + length as u32 * PATIENCE_FOR_A_BYTE;
        until(wait, patience, || ready(registers.read(STATUS), DONE))??;
        Ok(())
    }

    /// The controller off, its FIFO empty, its errors forgotten.
    fn rest(&mut self) {
        self.registers.write(CONTROL, CLEAR);
        self.registers.write(STATUS, STRETCHED | REFUSED | DONE);
    }

    fn perform(&mut self, address: u8, operations: &mut [Operation<'_>]) -> Result<(), I2cError> {
        let (written, read) = lengths(operations)?;
        self.rest();
        self.registers.write(ADDRESS, u32::from(address & 0x7f));
        let writes = operations.iter().any(|operation| matches!(operation, Operation::Write(_)));
        let reads = operations.iter().any(|operation| matches!(operation, Operation::Read(_)));
        if writes {
            self.start(written, 0)?;
            let bytes = operations.iter().filter_map(written_bytes).flatten().copied();
            self.put(bytes)?;
        }
        if writes && (!reads || written == 0) {
            self.finish(written)?;
        }
        if reads {
            self.start(read, READ)?;
            let places = operations.iter_mut().filter_map(places_to_read).flatten();
            self.take(places)?;
            self.finish(read)?;
        }
        Ok(())
    }
}

/// Bytes to write and to read in all.
fn lengths(operations: &[Operation<'_>]) -> Result<(usize, usize), I2cError> {
    let (mut written, mut read, mut has_read) = (0usize, 0usize, false);
    for operation in operations {
        match operation {
            Operation::Write(_) if has_read => return Err(I2cError::WriteAfterRead),
            Operation::Write(bytes) => written = written.saturating_add(bytes.len()),
            Operation::Read(places) => {
                has_read = true;
                read = read.saturating_add(places.len());
            }
        }
    }
    if written > LONGEST || read > LONGEST { Err(I2cError::TooLong) } else { Ok((written, read)) }
}

fn written_bytes<'b>(operation: &'b Operation<'_>) -> Option<&'b [u8]> {
    match operation {
        Operation::Write(bytes) => Some(bytes),
        Operation::Read(_) => None,
    }
}

fn places_to_read<'b>(operation: &'b mut Operation<'_>) -> Option<&'b mut [u8]> {
    match operation {
        Operation::Read(places) => Some(places),
        Operation::Write(_) => None,
    }
}

/// Whether what is awaited has come, or an error.
fn ready(status: u32, awaited: u32) -> Option<Result<(), I2cError>> {
    match check(status) {
        Ok(()) if status & awaited != 0 => Some(Ok(())),
        Ok(()) => None,
        error => Some(error),
    }
}

const fn check(status: u32) -> Result<(), I2cError> {
    if status & REFUSED != 0 {
        Err(I2cError::NotAcknowledged)
    } else if status & STRETCHED != 0 {
        Err(I2cError::ClockStretched)
    } else {
        Ok(())
    }
}

impl<R, W> ErrorType for I2c<R, W> {
    type Error = I2cError;
}

impl<R: Registers, W: Wait> I2cBus<SevenBitAddress> for I2c<R, W> {
    /// Writes, then reads. The read is asked for while the write's last bytes are under way, which makes the controller start again without a stop; a
    /// program that is interrupted between both for longer than these bytes take gets a stop and a start. A write that follows a read is refused.
    fn transaction(&mut self, address: u8, operations: &mut [Operation<'_>]) -> Result<(), I2cError> {
        let result = self.perform(address, operations);
        self.rest();
        result
    }
}

#[cfg(test)]
#[path = "i2c_tests.rs"]
mod tests;
