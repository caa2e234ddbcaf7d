//! The monitor of a running machine, over a socket in the file system. May call nothing of this crate.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};

use crate::boot::in_option;

const PROMPT: &str = "(qemu) ";

/// A picture of the machine's screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Screen {
    /// Pixels in a row.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// Red, green and blue of each pixel, row by row.
    pixels: Vec<u8>,
}

impl Screen {
    /// Reads a PPM file of three bytes a pixel.
    ///
    /// # Errors
    /// The file is none.
    pub fn read(file: &[u8]) -> Result<Screen> {
        let mut parts = file.splitn(4, |byte| byte.is_ascii_whitespace());
        let mut number = |what| {
            let text = std::str::from_utf8(parts.next().context("no PPM file")?)?;
            text.trim_start_matches("P6").parse::<usize>().with_context(|| format!("{what} {text:?}"))
        };
        ensure!(file.starts_with(b"P6"), "no PPM file");
        // After the first white space.
        let _ = number("the kind");
        let (width, height) = (number("the width")?, number("the height")?);
        let rest = parts.next().context("a PPM file without pixels")?;
        let pixels = rest.strip_prefix(b"255\n").context("a PPM file with other pixels")?.to_vec();
        ensure!(pixels.len() == width * height * 3, "a PPM file of another length");
        Ok(Screen { width, height, pixels })
    }

    /// Red, green and blue of a pixel; `None` if it is not on the screen.
    #[must_use]
    pub fn pixel(&self, x: usize, y: usize) -> Option<[u8; 3]> {
        let start = (y * self.width + x) * 3;
        let pixel = self.pixels.get(start..start + 3).filter(|_| x < self.width)?;
        pixel.try_into().ok()
    }
}

/// A monitor.
#[derive(Debug)]
pub struct Monitor {
    socket: PathBuf,
}

impl Monitor {
    /// A monitor at a place in the file system where nothing is yet.
    #[must_use]
    pub fn at(socket: &Path) -> Monitor {
        Monitor { socket: socket.to_owned() }
    }

    /// QEMU's arguments for it.
    #[must_use]
    pub fn arguments(&self) -> Vec<String> {
        let chardev = format!("socket,id=monitor,path={},server=on,wait=off", in_option(&self.socket));
        ["-chardev", &chardev, "-mon", "chardev=monitor"].map(str::to_owned).to_vec()
    }

    /// Sends a command and returns what is answered. The machine has to run, and the command to be done within `limit`.
    ///
    /// # Errors
    /// The machine has ended, or does not answer.
    pub fn command(&self, command: &str, limit: Duration) -> Result<String> {
        let mut stream = UnixStream::connect(&self.socket).context("connecting to QEMU's monitor")?;
        stream.set_read_timeout(Some(limit))?;
        until_prompt(&mut stream)?;
        writeln!(stream, "{command}")?;
        until_prompt(&mut stream)
    }

    /// The machine's screen as it is now. `scratch` is a file that is written and removed.
    ///
    /// # Errors
    /// As [`command`](Self::command); there is no screen.
    pub fn screen(&self, scratch: &Path, limit: Duration) -> Result<Screen> {
        let answer = self.command(&format!("screendump {}", scratch.display()), limit)?;
        let file = std::fs::read(scratch).with_context(|| format!("no picture of the screen: {answer}"))?;
        std::fs::remove_file(scratch).context("removing the picture of the screen")?;
        Screen::read(&file)
    }
}

fn until_prompt(stream: &mut UnixStream) -> Result<String> {
    let mut text = String::new();
    let mut buffer = [0; 512];
    while !text.ends_with(PROMPT) {
        let count = stream.read(&mut buffer).context("QEMU's monitor does not answer")?;
        if count == 0 {
            bail!("QEMU's monitor has ended: {text}");
        }
        text.push_str(&String::from_utf8_lossy(&buffer[..count]));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::Screen;

    #[test]
    fn a_picture_is_read_pixel_by_pixel() {
        let screen = Screen::read(b"P6\n2 1\n255\n\x01\x02\x03\x0a\x20\x0d").expect("a picture");
        assert_eq!((screen.width, screen.height), (2, 1));
        assert_eq!((screen.pixel(0, 0), screen.pixel(1, 0)), (Some([1, 2, 3]), Some([10, 32, 13])));
        assert_eq!((screen.pixel(2, 0), screen.pixel(0, 1)), (None, None));
    }

    #[test]
    fn something_else_is_no_picture() {
        for wrong in
            [&b""[..], b"P6", b"P5\n1 1\n255\nx", b"P6\n1 1\n255\nxx", b"P6\n1 1\n65535\nxxxxxx", b"P6\nx 1\n255\n"]
        {
            assert!(Screen::read(wrong).is_err(), "{wrong:?}");
        }
    }
}
