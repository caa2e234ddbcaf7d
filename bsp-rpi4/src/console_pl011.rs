//! The console is the PL011, on GPIO 14 and 15 with `dtoverlay=disable-bt`.

use crate::board::{PL011, UART};
use l4k::Device;
use l4k::machine::aarch64::board::Console;

/// 115,200 bits per second out of 48 MHz, 8 bits, no parity, one stop bit, FIFOs on; for a loader that has left the UART alone.
/// UARTCR off, UARTICR, UARTIBRD and UARTFBRD (48,000,000 / (16 * 115,200) = 26 + 3/64), UARTLCR_H, UARTCR on (DDI 0183G, 3.3).
const SET_UP: &[(u64, u32)] = &[(0x30, 0), (0x44, 0x7ff), (0x24, 26), (0x28, 3), (0x2c, 0x70), (0x30, 0x301)];

/// For the kernel.
pub const CONSOLE: Console = Console { set_up: SET_UP, ..Console::PL011 };

/// For programs.
pub const DEVICE: Device<'static> = Device { role: "console", ..PL011 };

/// The other UART.
pub const OTHER: Device<'static> = UART;
