//! The kernel's console: the board's, written by polling. Mapped by the first instructions of boot.

use super::board::Console;
use super::trap::{board, console_registers};
use core::fmt;

/// Looks at the status register before a byte is given up: a broken device must not stop the kernel for ever.
const PATIENCE: u32 = 10_000_000;

/// Makes the console ready.
pub fn set_up_console(console: &Console) {
    for (register, value) in console.set_up {
        console_registers().write(*register, *value);
    }
}

/// Writes bytes; a line feed becomes carriage return and line feed.
#[inline(never)]
pub fn write(bytes: &[u8]) {
    let console = &board().console;
    for byte in bytes {
        if *byte == b'\n' {
            put(console, b'\r');
        }
        put(console, *byte);
    }
}

fn put(console: &Console, byte: u8) {
    for _ in 0..PATIENCE {
        if console_registers().read(console.status) & console.mask == console.ready {
            console_registers().write(console.data, u32::from(byte));
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

/// Prints a line with the kernel's name in front. Start-up says much: what is done for each line is there once.
#[inline(never)]
pub fn say_line(message: fmt::Arguments<'_>) {
    // The console takes all that it is given.
    let _ = fmt::write(&mut EarlyConsole, format_args!("l4k: {message}\n"));
}

/// The same, for a message that is still in parts.
macro_rules! say {
    ($($argument:tt)*) => {
        $crate::machine::aarch64::console::say_line(format_args!($($argument)*))
    };
}
pub(super) use say;
