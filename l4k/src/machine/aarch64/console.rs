//! The kernel's console: a PL011, written by polling (DDI 0183G 3.3). Mapped by the first instructions of boot.

use super::image_layout::CONSOLE_VIRTUAL;
use super::instructions::{read_device, write_device};
use core::fmt;

/// Data register.
const DATA: u64 = 0x00;
/// Flag register.
const FLAGS: u64 = 0x18;
/// Flag: the transmit queue is full.
const TRANSMIT_FULL: u32 = 1 << 5;

/// Looks at the flag register before a byte is given up: a broken device must not stop the kernel for ever.
const PATIENCE: u32 = 10_000_000;

/// Writes bytes; a line feed becomes carriage return and line feed.
pub fn write(bytes: &[u8]) {
    for byte in bytes {
        if *byte == b'\n' {
            put(b'\r');
        }
        put(*byte);
    }
}

fn put(byte: u8) {
    for _ in 0..PATIENCE {
        if read_device(CONSOLE_VIRTUAL + FLAGS) & TRANSMIT_FULL == 0 {
            write_device(CONSOLE_VIRTUAL + DATA, u32::from(byte));
            return;
        }
    }
}

/// The console as a formatter's target.
#[derive(Debug)]
pub struct EarlyConsole;

impl fmt::Write for EarlyConsole {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        write(text.as_bytes());
        Ok(())
    }
}

/// Prints a line with the kernel's name in front.
macro_rules! say {
    ($($argument:tt)*) => {{
        use core::fmt::Write;
        let _ = writeln!($crate::machine::aarch64::console::EarlyConsole, "l4k: {}", format_args!($($argument)*));
    }};
}
pub(super) use say;
