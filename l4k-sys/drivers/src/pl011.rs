//! The Arm PL011 (DDI 0183) as the console service's UART, on top of the `arm-pl011-uart` crate.

use arm_pl011_uart::{DataBits, FifoLevel, Interrupts, LineConfig, Parity, StopBits, Uart};
pub use arm_pl011_uart::{PL011Registers, UniqueMmioPointer};

use crate::serial::{Full, LineError, Listen, SerialHardware};

/// A PL011.
pub struct Pl011<'a> {
    uart: Uart<'a>,
    /// Interrupts that are unmasked, so as not to write the mask when it stays the same.
    unmasked: Interrupts,
}

/// Speed of the line, and of the clock that it is divided from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineSpeed {
    /// Bits per second.
    pub baud_rate: u32,
    /// UARTCLK in hertz.
    pub clock_hertz: u32,
}

/// The speed cannot be divided from the clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SpeedOutOfRange;

impl core::fmt::Display for SpeedOutOfRange {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.write_str("the speed cannot be divided from the UART's clock")
    }
}

impl core::error::Error for SpeedOutOfRange {}

impl<'a> Pl011<'a> {
    /// Takes over the device with all its interrupts masked. The line stays as it was set before.
    #[must_use]
    pub fn new(registers: UniqueMmioPointer<'a, PL011Registers>) -> Pl011<'a> {
        let mut uart = Uart::new(registers);
        uart.set_interrupt_masks(Interrupts::empty());
        uart.set_interrupt_fifo_levels(FifoLevel::Bytes4, FifoLevel::Bytes8);
        Pl011 { uart, unmasked: Interrupts::empty() }
    }

    /// Sets the line: 8 bits, no parity, one stop bit, FIFOs on.
    ///
    /// # Errors
    /// [`SpeedOutOfRange`].
    pub fn set_line(&mut self, speed: LineSpeed) -> Result<(), SpeedOutOfRange> {
        let line = LineConfig { data_bits: DataBits::Bits8, parity: Parity::None, stop_bits: StopBits::One };
        self.uart.enable(line, speed.baud_rate, speed.clock_hertz).map_err(|_| SpeedOutOfRange)
    }
}

impl core::fmt::Debug for Pl011<'_> {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.debug_struct("Pl011").field("unmasked", &self.unmasked).finish_non_exhaustive()
    }
}

impl SerialHardware for Pl011<'_> {
    fn receive(&mut self) -> Result<Option<u8>, LineError> {
        self.uart.read_word().map_err(|_| LineError)
    }

    fn send(&mut self, byte: u8) -> Result<(), Full> {
        if self.uart.is_tx_fifo_full() {
            return Err(Full);
        }
        self.uart.write_word(byte);
        Ok(())
    }

    fn listen(&mut self, receive: Listen, transmit: Listen) {
        let mut wanted = Interrupts::empty();
        if receive == Listen::On {
            // RTI tells of bytes that are fewer than the FIFO level (DDI 0183 section 2.8.6).
            wanted |= Interrupts::RXI | Interrupts::RTI;
        }
        if transmit == Listen::On {
            wanted |= Interrupts::TXI;
        }
        if wanted != self.unmasked {
            self.uart.set_interrupt_masks(wanted);
            self.unmasked = wanted;
        }
    }

    fn clear_interrupts(&mut self) {
        self.uart.clear_interrupts(Interrupts::all());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use zerocopy::{FromZeros, IntoBytes};

    const DATA: usize = 0;
    const FLAGS: usize = 0x18 / 4;
    const MASK: usize = 0x38 / 4;
    const CLEAR: usize = 0x44 / 4;

    /// Registers as plain memory: the flags say what the test writes into them.
    fn with_flags(flags: u32) -> PL011Registers {
        let mut words = [0u32; 1024];
        words[FLAGS] = flags;
        let mut registers = PL011Registers::new_zeroed();
        registers.as_mut_bytes().copy_from_slice(words.as_bytes());
        registers
    }

    fn word(registers: &PL011Registers, index: usize) -> u32 {
        let bytes = registers.as_bytes()[index * 4..index * 4 + 4].try_into().unwrap();
        u32::from_le_bytes(bytes)
    }

    #[test]
    fn interrupts_are_masked_until_somebody_listens() {
        let mut registers = with_flags(0);
        Pl011::new((&mut registers).into()).listen(Listen::On, Listen::Off);
        assert_eq!(word(&registers, MASK), 0b101_0000);
        let mut uart = Pl011::new((&mut registers).into());
        uart.listen(Listen::On, Listen::On);
        uart.listen(Listen::Off, Listen::On);
        assert_eq!(word(&registers, MASK), 0b010_0000);
    }

    #[test]
    fn a_full_fifo_takes_no_byte() {
        let mut registers = with_flags(1 << 5);
        assert_eq!(Pl011::new((&mut registers).into()).send(b'x'), Err(Full));
        assert_eq!(word(&registers, DATA), 0);
        let mut registers = with_flags(0);
        assert_eq!(Pl011::new((&mut registers).into()).send(b'x'), Ok(()));
        assert_eq!(word(&registers, DATA), u32::from(b'x'));
    }

    #[test]
    fn an_empty_fifo_gives_nothing_and_all_interrupts_are_cleared() {
        let mut registers = with_flags(1 << 4);
        let mut uart = Pl011::new((&mut registers).into());
        assert_eq!(uart.receive(), Ok(None));
        uart.clear_interrupts();
        assert_eq!(word(&registers, CLEAR), 0x7ff);
    }

    #[test]
    fn a_speed_that_cannot_be_made_is_refused() {
        let mut registers = with_flags(0);
        let mut uart = Pl011::new((&mut registers).into());
        assert_eq!(uart.set_line(LineSpeed { baud_rate: 0, clock_hertz: 24_000_000 }), Err(SpeedOutOfRange));
        assert_eq!(uart.set_line(LineSpeed { baud_rate: 115_200, clock_hertz: 24_000_000 }), Ok(()));
    }
}
