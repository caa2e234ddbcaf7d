//! The terminal behind the console service: collects what is shown, so that a line is one call or two.

use core::fmt::{self, Write as _};

use embedded_io::{Read, Write};
use heapless::String;
use l4k_drivers::console::{ConsoleClient, ConsoleError};
use shell_core::editor::{Editor, Event, OUTPUT_BYTES};

/// Bytes taken from the console at once.
const READ_BYTES: usize = 48;

/// The person's terminal.
pub struct Terminal {
    console: ConsoleClient,
    bytes: [u8; READ_BYTES],
    /// The part of `bytes` that was not handed out yet.
    left: core::ops::Range<usize>,
}

impl Terminal {
    /// A terminal behind this console.
    pub fn new(console: ConsoleClient) -> Terminal {
        Terminal { console, bytes: [0; READ_BYTES], left: 0..0 }
    }

    /// The next byte typed.
    pub fn read(&mut self) -> Result<u8, ConsoleError> {
        loop {
            if let Some(byte) = self.left.next().and_then(|index| self.bytes.get(index)) {
                return Ok(*byte);
            }
            self.left = 0..self.console.read(&mut self.bytes)?;
        }
    }

    /// Gives a byte to the editor and shows what it does.
    pub fn edit(&mut self, editor: &mut Editor, byte: u8) -> Result<Event, ConsoleError> {
        let mut output: String<OUTPUT_BYTES> = String::new();
        // The output of one key fits.
        let event = editor.byte(byte, &mut output).unwrap_or(Event::Editing);
        self.text(&output)?;
        Ok(event)
    }

    /// Shows text.
    pub fn text(&mut self, text: &str) -> Result<(), ConsoleError> {
        self.console.write_all(text.as_bytes())
    }

    /// Shows a line. One that is too long is cut.
    pub fn line(&mut self, line: fmt::Arguments<'_>) -> Result<(), ConsoleError> {
        let mut text: String<256> = String::new();
        let _ = text.write_fmt(line);
        self.text(&text)?;
        self.text("\r\n")
    }

    /// Waits until everything has left.
    pub fn flush(&mut self) -> Result<(), ConsoleError> {
        self.console.flush()
    }
}
