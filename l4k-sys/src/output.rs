//! Printing to the debug console: `print!`, `println!` and the levels `error!`, `warn!`, `info!`, `debug!`.
//!
//! For early messages and for reports of what went wrong; a program that talks to a person does it through a console
//! driver. Without a debug console nothing is printed and nothing fails.

use core::fmt::{self, Write};

use crate::handle::DebugConsole;
use crate::startup;

const WRITE_BYTES: usize = DebugConsole::WRITE_BYTES;

/// Collects text and hands it to the debug console in pieces that fit a system call.
#[derive(Debug)]
pub struct DebugOutput {
    bytes: [u8; WRITE_BYTES],
    length: usize,
}

impl DebugOutput {
    /// An output with nothing in it.
    #[must_use]
    pub const fn new() -> DebugOutput {
        DebugOutput { bytes: [0; WRITE_BYTES], length: 0 }
    }

    /// Hands over what is left.
    pub fn flush(&mut self) {
        if let Some(bytes) = self.bytes.get(..self.length) {
            let _ = startup::debug_console().write(bytes);
        }
        self.length = 0;
    }
}

impl Default for DebugOutput {
    fn default() -> Self {
        Self::new()
    }
}

impl Write for DebugOutput {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            if self.length == WRITE_BYTES {
                self.flush();
            }
            if let Some(place) = self.bytes.get_mut(self.length) {
                *place = byte;
                self.length += 1;
            }
        }
        Ok(())
    }
}

/// Prints formatted text. For the macros.
pub fn print(arguments: fmt::Arguments<'_>) {
    let mut output = DebugOutput::new();
    let _ = output.write_fmt(arguments);
    output.flush();
}

/// Prints to the debug console.
#[macro_export]
macro_rules! print {
    ($($argument:tt)*) => { $crate::output::print(core::format_args!($($argument)*)) };
}

/// Prints a line to the debug console.
#[macro_export]
macro_rules! println {
    () => { $crate::output::print(core::format_args!("\n")) };
    ($format:literal $($argument:tt)*) => {
        $crate::output::print(core::format_args!("{}\n", core::format_args!($format $($argument)*)))
    };
}

/// Prints a line that tells of an error.
#[macro_export]
macro_rules! error {
    ($($argument:tt)*) => { $crate::println!("error: {}", core::format_args!($($argument)*)) };
}

/// Prints a line that tells of something doubtful.
#[macro_export]
macro_rules! warn {
    ($($argument:tt)*) => { $crate::println!("warning: {}", core::format_args!($($argument)*)) };
}

/// Prints a line of information.
#[macro_export]
macro_rules! info {
    ($($argument:tt)*) => { $crate::println!("info: {}", core::format_args!($($argument)*)) };
}

/// Prints a line for whoever looks for a mistake.
#[macro_export]
macro_rules! debug {
    ($($argument:tt)*) => { $crate::println!("debug: {}", core::format_args!($($argument)*)) };
}

#[cfg(test)]
mod tests {
    extern crate std;
    use crate::abi::SystemCall;
    use crate::registers::Registers;
    use crate::stub;
    use core::cell::RefCell;
    use std::string::String;

    std::thread_local! {
        static PRINTED: RefCell<String> = const { RefCell::new(String::new()) };
    }

    fn kernel(number: u64, registers: Registers) -> Registers {
        assert_eq!(number, SystemCall::DebugWrite as u64);
        let bytes: std::vec::Vec<u8> = registers.x[2..].iter().flat_map(|word| word.to_le_bytes()).collect();
        let text = std::str::from_utf8(&bytes[..registers.x[1] as usize]).unwrap();
        PRINTED.with_borrow_mut(|printed| printed.push_str(text));
        Registers::default()
    }

    #[test]
    fn text_longer_than_a_system_call_comes_out_whole() {
        stub::install(kernel);
        println!("{} {:>60}|", "eight six", "x");
        warn!("careful");
        let printed = PRINTED.take();
        assert_eq!(printed.lines().next().map(str::len), Some(71));
        assert!(printed.ends_with("x|\nwarning: careful\n"));
    }
}
