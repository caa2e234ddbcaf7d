//! What a guest prints, with lines of ours below those that tell of a fault. Every byte of the guest passes as it is, and at once. May call
//! `report` and `symbols`.

use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use super::report::{Mention, Reader};
use super::symbols::Symbols;

/// What a line of ours begins with.
pub const MARK: &str = "  = ";

/// The longest line that is looked at: a guest may print without an end of line.
const LONGEST: usize = 4096;

/// Puts lines below lines.
pub struct Annotator {
    symbols: Symbols,
    root: PathBuf,
    reader: Reader,
    line: Vec<u8>,
}

impl Annotator {
    /// With these symbols; files below `root` are named without it.
    #[must_use]
    pub fn new(symbols: Symbols, root: &Path) -> Annotator {
        Annotator { symbols, root: root.to_owned(), reader: Reader::default(), line: Vec::new() }
    }

    /// Copies everything, up to the end.
    ///
    /// # Errors
    /// One of the two cannot be read or written.
    pub fn copy(&mut self, from: &mut impl Read, to: &mut impl Write) -> io::Result<()> {
        let mut buffer = [0; LONGEST];
        loop {
            let length = match from.read(&mut buffer) {
                Ok(0) => return Ok(()),
                Ok(length) => length,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            self.pass(&buffer[..length], to)?;
            to.flush()?;
        }
    }

    fn pass(&mut self, bytes: &[u8], to: &mut impl Write) -> io::Result<()> {
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            to.write_all(piece)?;
            let room = LONGEST - self.line.len().min(LONGEST);
            self.line.extend_from_slice(&piece[..piece.len().min(room)]);
            if piece.ends_with(b"\n") {
                let line = String::from_utf8_lossy(&std::mem::take(&mut self.line)).into_owned();
                for ours in self.below(&line) {
                    write!(to, "{MARK}{ours}\r\n")?;
                }
            }
        }
        Ok(())
    }

    /// What belongs below a line.
    pub fn below(&mut self, line: &str) -> Vec<String> {
        let mentions = self.mentions(line);
        mentions.iter().flat_map(|mention| self.lines(mention)).collect()
    }

    /// The addresses that a line has.
    pub fn mentions(&mut self, line: &str) -> Vec<Mention> {
        self.reader.read(line.trim_end(), &self.symbols.programs())
    }

    /// What is told of one.
    #[must_use]
    pub fn lines(&self, mention: &Mention) -> Vec<String> {
        let places = self.symbols.places(mention.address, mention.kind, mention.program.as_deref());
        // Where the text names no program, every program that has something there may be meant: a line for each is enough.
        let most = if places.len() > 1 { 1 } else { usize::MAX };
        places.iter().flat_map(|place| place.lines(&self.root).into_iter().take(most)).collect()
    }

    /// The symbols.
    #[must_use]
    pub fn symbols(&self) -> &Symbols {
        &self.symbols
    }
}
