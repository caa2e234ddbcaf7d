//! Reads a line from the console, and shows it while it is typed. Backspace works.

use embedded_io::{Read, Write};
use heapless::String;
use l4k_drivers::console::{ConsoleClient, ConsoleError};

/// Bytes of the longest line. What is typed beyond is not taken.
pub const LINE_BYTES: usize = 80;

/// The line that is typed next.
pub fn read(console: &mut ConsoleClient) -> Result<String<LINE_BYTES>, ConsoleError> {
    let mut line = String::new();
    loop {
        let mut byte = [0];
        console.read(&mut byte)?;
        let typed = char::from(byte[0]);
        match typed {
            '\r' | '\n' => {
                console.write_all(b"\r\n")?;
                return Ok(line);
            }
            '\u{8}' | '\u{7f}' if line.pop().is_some() => console.write_all(b"\x08 \x08")?,
            ' '..='~' if line.push(typed).is_ok() => console.write_all(&byte)?,
            _ => {}
        }
    }
}
