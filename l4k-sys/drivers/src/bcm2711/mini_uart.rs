//! The mini UART of the BCM2711 (UART1) as the console service's UART.
//!
//! BCM2711 ARM Peripherals, section 2.2, with the corrections of the "BCM2835 datasheet errata" (elinux.org): in AUX_MU_IER bit 0 is the
//! receive and bit 1 the transmit interrupt (found so on the BCM2711 too: raspberrypi/documentation issue 2385), bits 3 to 2 are said to
//! be needed as well, and AUX_MU_LCR needs 3 for 8 bits. Of those two bits 2 is set here, as Linux does for its 16550s; bit 3, there the
//! modem's interrupt, is not.
//!
//! It is in the block AUX, at 0xfe21_5000, of which 0x6c bytes are used here. SPI1 and SPI2 are in the same page, and share AUX_ENABLES
//! with it. The speed of the line is divided from the core clock, which the firmware may change: `enable_uart=1` or `core_freq` in
//! `config.txt` fixes it.

use crate::pl011::{LineSpeed, SpeedOutOfRange};
use crate::registers::{Offset, Registers};
use crate::serial::{Full, LineError, Listen, SerialHardware};

/// AUX_ENABLES.
const ENABLES: Offset = Offset::new(0x04);
/// AUX_MU_IO.
const DATA: Offset = Offset::new(0x40);
/// AUX_MU_IER.
const INTERRUPT_ENABLE: Offset = Offset::new(0x44);
/// AUX_MU_IIR. Written, it clears the FIFOs.
const INTERRUPT_IDENTITY: Offset = Offset::new(0x48);
/// AUX_MU_LCR.
const LINE_CONTROL: Offset = Offset::new(0x4c);
/// AUX_MU_MCR.
const MODEM_CONTROL: Offset = Offset::new(0x50);
/// AUX_MU_LSR. Reading it forgets an overrun.
const LINE_STATUS: Offset = Offset::new(0x54);
/// AUX_MU_CNTL.
const CONTROL: Offset = Offset::new(0x60);
/// AUX_MU_STAT. Reading it has no effect.
const STATUS: Offset = Offset::new(0x64);
/// AUX_MU_BAUD.
const DIVIDER: Offset = Offset::new(0x68);

/// The mini UART's bit in AUX_ENABLES.
const MINI_UART: u32 = 1 << 0;
/// AUX_MU_IER: a byte has come; and the bit of an overrun, that may be needed for it.
const RECEIVE_INTERRUPT: u32 = 1 << 0 | 1 << 2;
/// AUX_MU_IER: the transmit FIFO is empty.
const TRANSMIT_INTERRUPT: u32 = 1 << 1;
/// AUX_MU_IIR: empty both FIFOs.
const CLEAR_FIFOS: u32 = 0b11 << 1;
/// AUX_MU_LCR: 8 bits.
const EIGHT_BITS: u32 = 0b11;
/// AUX_MU_LCR: DLAB, other registers at 0x40 and 0x44.
const DIVIDER_ACCESS: u32 = 1 << 7;
/// AUX_MU_LSR: a byte came and the FIFO was full.
const OVERRUN: u32 = 1 << 1;
/// AUX_MU_CNTL: receiver and transmitter on, no flow control.
const BOTH_ON: u32 = 0b11;
/// AUX_MU_STAT: the receive FIFO has a byte.
const BYTE_READY: u32 = 1 << 0;
/// AUX_MU_STAT: the transmit FIFO has room.
const ROOM: u32 = 1 << 1;
/// AUX_MU_STAT: as [`OVERRUN`].
const STATUS_OVERRUN: u32 = 1 << 4;

/// Bytes that each of the two FIFOs holds.
pub const FIFO_BYTES: usize = 8;

/// Who turns the mini UART on in AUX_ENABLES. Without it, none of its registers can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Enabling {
    /// [`MiniUart::new`]. Only for the one program that changes AUX_ENABLES.
    Here,
    /// Somebody else, who has done it already: the firmware does with `enable_uart=1`, or the program that serves SPI1 and SPI2.
    Elsewhere,
}

/// A mini UART.
#[derive(Debug)]
pub struct MiniUart<R> {
    registers: R,
    /// Interrupts that are enabled, so as not to write them when they stay the same.
    enabled: u32,
    /// A byte was lost, and nobody was told.
    is_overrun: bool,
}

impl<R: Registers> MiniUart<R> {
    /// Takes over the device with all its interrupts off. The line stays as it was set before; bytes that are in its FIFOs stay there.
    /// `registers` are those of the block AUX.
    pub fn new(mut registers: R, enabling: Enabling) -> Self {
        if enabling == Enabling::Here {
            registers.modify(ENABLES, |enables| enables | MINI_UART);
        }
        registers.modify(LINE_CONTROL, |line| line & !DIVIDER_ACCESS);
        registers.write(INTERRUPT_ENABLE, 0);
        Self { registers, enabled: 0, is_overrun: false }
    }

    /// Sets the line: 8 bits, one stop bit; the device knows no parity. `speed.clock_hertz` is the core clock, of which the speed is an
    /// eighth, divided by 1 to 65536. Bytes that are in the FIFOs are lost.
    ///
    /// # Errors
    /// [`SpeedOutOfRange`] if the divider is not in that range, or the closest one is more than one part in 40 off: a receiver would
    /// miss the stop bit. The line is not changed then.
    pub fn set_line(&mut self, speed: LineSpeed) -> Result<(), SpeedOutOfRange> {
        let divider = divider(speed)?;
        self.registers.write(CONTROL, 0);
        self.registers.write(LINE_CONTROL, EIGHT_BITS);
        self.registers.write(MODEM_CONTROL, 0);
        self.registers.write(INTERRUPT_IDENTITY, CLEAR_FIFOS);
        self.registers.write(DIVIDER, divider);
        self.registers.write(CONTROL, BOTH_ON);
        Ok(())
    }
}

/// What AUX_MU_BAUD is to be: one less than what an eighth of the clock is divided by.
fn divider(speed: LineSpeed) -> Result<u32, SpeedOutOfRange> {
    let eightfold = u64::from(speed.baud_rate) * 8;
    let clock = u64::from(speed.clock_hertz);
    // Rounded to the nearest.
    let divisor = (clock + eightfold / 2).checked_div(eightfold).ok_or(SpeedOutOfRange)?;
    let off = (eightfold * divisor).abs_diff(clock);
    if off * 40 > clock {
        return Err(SpeedOutOfRange);
    }
    divisor.checked_sub(1).and_then(|value| u16::try_from(value).ok()).map(u32::from).ok_or(SpeedOutOfRange)
}

impl<R: Registers> SerialHardware for MiniUart<R> {
    /// An overrun is told before the bytes that came ahead of it.
    fn receive(&mut self) -> Result<Option<u8>, LineError> {
        let status = self.registers.read(STATUS);
        if status & STATUS_OVERRUN != 0 {
            self.clear_interrupts();
        }
        if core::mem::take(&mut self.is_overrun) {
            return Err(LineError);
        }
        if status & BYTE_READY == 0 {
            return Ok(None);
        }
        Ok(Some((self.registers.read(DATA) & 0xff) as u8))
    }

    fn send(&mut self, byte: u8) -> Result<(), Full> {
        if self.registers.read(STATUS) & ROOM == 0 {
            return Err(Full);
        }
        self.registers.write(DATA, u32::from(byte));
        Ok(())
    }

    /// The transmit interrupt comes when the FIFO is empty, not as soon as it has room.
    fn listen(&mut self, receive: Listen, transmit: Listen) {
        let mut wanted = 0;
        if receive == Listen::On {
            wanted |= RECEIVE_INTERRUPT;
        }
        if transmit == Listen::On {
            wanted |= TRANSMIT_INTERRUPT;
        }
        if wanted != self.enabled {
            self.registers.write(INTERRUPT_ENABLE, wanted);
            self.enabled = wanted;
        }
    }

    /// The interrupts of both FIFOs are levels, which end when the FIFOs are served. Only an overrun is to be cleared; the next
    /// [`receive`](SerialHardware::receive) tells of it.
    fn clear_interrupts(&mut self) {
        if self.registers.read(LINE_STATUS) & OVERRUN != 0 {
            self.is_overrun = true;
        }
    }
}

#[cfg(test)]
#[path = "mini_uart_tests.rs"]
mod tests;
