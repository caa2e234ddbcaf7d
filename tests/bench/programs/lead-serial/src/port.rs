//! The board's serial port, as what lines are written to. It is polled, so that no interrupt comes into a measurement. Calls `registers`.

use core::fmt::{self, Write};
use core::hint;

use l4k_drivers::pl011::{LineSpeed, Pl011};
use l4k_drivers::serial::{Full, SerialHardware};
use l4k_init::boot::device_for;
use l4k_init::{Problem, Resources};
use l4k_sys::Error;
use l4k_sys::abi::boot::BootInformation;

use crate::registers;

/// What the board uses it for.
const ROLE: &str = "console";

/// The model that there is a driver for.
const MODEL: &str = "arm,pl011";

/// Speed of the line, in bits per second.
const BAUD_RATE: u32 = 115_200;

/// The serial port.
pub struct Port {
    uart: Pl011<'static>,
}

impl Port {
    /// Finds it, and sets its line if the board tells the clock.
    pub fn open(resources: &mut Resources, information: &BootInformation<'_>) -> Result<Port, Problem> {
        let device = device_for(information, ROLE).filter(|device| device.compatible == MODEL);
        let device = device.ok_or(Problem::NoDevice(ROLE))?;
        let frame = resources.device_frame(device.physical_address)?;
        let mut uart = Pl011::new(registers::pl011(frame)?);
        if let Some(rate) = device.clock_hertz {
            let clock_hertz = u32::try_from(rate).map_err(|_| Error::InvalidArgument)?;
            let speed = LineSpeed { baud_rate: BAUD_RATE, clock_hertz };
            uart.set_line(speed).map_err(|_| Error::InvalidArgument)?;
        }
        Ok(Port { uart })
    }

    fn send(&mut self, byte: u8) {
        while self.uart.send(byte) == Err(Full) {
            hint::spin_loop();
        }
    }
}

impl Write for Port {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            if byte == b'\n' {
                self.send(b'\r');
            }
            self.send(byte);
        }
        Ok(())
    }
}
