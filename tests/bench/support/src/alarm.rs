//! A device that interrupts when the benchmark wants it: the clock of QEMU's `virt`, the mini-UART of the Raspberry Pi 4.
//! Each strike is an edge of its line. May call `machine`.

use crate::machine::{read_register, write_register};

/// Registers of the PL031 (Arm DDI 0224, 3.2): it interrupts when its data are equal to its match register.
mod pl031 {
    pub const DATA: u64 = 0x00;
    pub const MATCH: u64 = 0x04;
    pub const MASK: u64 = 0x10;
    pub const RAW_STATUS: u64 = 0x14;
    pub const CLEAR: u64 = 0x1c;
}

/// Registers of the mini-UART (BCM2711 ARM Peripherals, 2.2): it interrupts while its transmitter is empty and the
/// interrupt wanted. They begin at the start of a page.
mod mini_uart {
    pub const ENABLES: u64 = 0x04;
    pub const INTERRUPTS: u64 = 0x44;
    pub const TRANSMIT: u32 = 1 << 1;
}

/// Which device. Its registers lie in the page at [`DEVICE`](crate::machine::DEVICE).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
pub enum Alarm {
    /// Arm's real-time clock.
    Pl031 = 1,
    /// The small serial port, without a console on it.
    MiniUart = 2,
}

impl Alarm {
    /// Every device: what boards use it for, and what it is called there.
    pub const ALL: [(&'static str, &'static str, Alarm); 2] =
        [("clock", "arm,pl031", Alarm::Pl031), ("mini-uart", "brcm,bcm2835-aux-uart", Alarm::MiniUart)];

    /// The device with this number.
    #[must_use]
    pub fn from_number(number: u64) -> Option<Alarm> {
        Alarm::ALL.into_iter().map(|(_, _, alarm)| alarm).find(|alarm| *alarm as u64 == number)
    }

    /// Takes the last interrupt back, if there was one, and makes the next.
    pub fn strike(self) {
        self.silence();
        match self {
            Alarm::Pl031 => {
                write_register(pl031::MASK, 1);
                // The match is the present second. It may end in between, hence the loop.
                while read_register(pl031::RAW_STATUS) == 0 {
                    write_register(pl031::MATCH, read_register(pl031::DATA));
                }
            }
            Alarm::MiniUart => {
                write_register(mini_uart::ENABLES, 1);
                write_register(mini_uart::INTERRUPTS, mini_uart::TRANSMIT);
            }
        }
    }

    /// Takes its interrupt back.
    pub fn silence(self) {
        match self {
            Alarm::Pl031 => {
                write_register(pl031::MASK, 0);
                write_register(pl031::CLEAR, 1);
            }
            Alarm::MiniUart => write_register(mini_uart::INTERRUPTS, 0),
        }
    }
}
