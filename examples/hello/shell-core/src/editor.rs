//! The line editor: keys in, a line and what the terminal has to show out. Output goes to a `fmt::Write`; that of one key fits
//! [`OUTPUT_BYTES`].

use core::fmt::{self, Write};

use crate::history::{History, LINE_BYTES, Line};
use crate::keys::{Key, KeyDecoder};

/// More than one key can make the terminal show: the line twice, and the control sequences.
pub const OUTPUT_BYTES: usize = 2 * LINE_BYTES + 56;

/// What a byte has brought about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// The line is being written.
    Editing,
    /// The line is complete: see [`Editor::line`]. The next byte begins a new one.
    Entered,
    /// The line was given up.
    Interrupted,
}

/// A line editor with a history.
#[derive(Clone, Debug, Default)]
pub struct Editor {
    keys: KeyDecoder,
    history: History,
    line: Line,
    /// Position of the cursor in the line.
    cursor: usize,
    /// Whether the line is complete or given up, and the next key begins a new one.
    ended: Ended,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Ended {
    #[default]
    No,
    Yes,
}

impl Editor {
    /// An editor with an empty line.
    #[must_use]
    pub const fn new() -> Editor {
        Editor { keys: KeyDecoder::new(), history: History::new(), line: Line::new(), cursor: 0, ended: Ended::No }
    }

    /// The line as it is now.
    #[must_use]
    pub fn line(&self) -> &str {
        core::str::from_utf8(&self.line).unwrap_or("")
    }

    /// Takes a byte from the terminal, and shows what it does.
    ///
    /// # Errors
    /// Those of the output.
    pub fn byte(&mut self, byte: u8, output: &mut impl Write) -> Result<Event, fmt::Error> {
        let Some(key) = self.keys.byte(byte) else { return Ok(Event::Editing) };
        if self.ended == Ended::Yes {
            self.line.clear();
            self.cursor = 0;
            self.ended = Ended::No;
        }
        match key {
            Key::Character(character) => self.insert(character, output)?,
            Key::Enter => return self.end(Event::Entered, "\r\n", output),
            Key::Interrupt => return self.end(Event::Interrupted, "^C\r\n", output),
            Key::Backspace => self.delete_before(output)?,
            Key::Delete => self.delete_under(output)?,
            Key::Clear => self.replace(Line::new(), output)?,
            Key::Left => self.move_to(self.cursor.saturating_sub(1), output)?,
            Key::Right => self.move_to((self.cursor + 1).min(self.line.len()), output)?,
            Key::Home => self.move_to(0, output)?,
            Key::End => self.move_to(self.line.len(), output)?,
            Key::Up => self.show_earlier(output)?,
            Key::Down => self.show_later(output)?,
            Key::Unknown => bell(output)?,
        }
        Ok(Event::Editing)
    }

    fn end(&mut self, event: Event, shown: &str, output: &mut impl Write) -> Result<Event, fmt::Error> {
        match event {
            Event::Entered => self.history.remember(&self.line),
            _ => self.history.leave(),
        }
        self.ended = Ended::Yes;
        output.write_str(shown)?;
        Ok(event)
    }

    fn insert(&mut self, character: u8, output: &mut impl Write) -> fmt::Result {
        if self.line.insert(self.cursor, character).is_err() {
            return bell(output);
        }
        self.show_from(self.cursor, output)?;
        self.cursor += 1;
        left(self.line.len() - self.cursor, output)
    }

    fn delete_before(&mut self, output: &mut impl Write) -> fmt::Result {
        if self.cursor == 0 {
            return bell(output);
        }
        self.move_to(self.cursor - 1, output)?;
        self.delete_under(output)
    }

    fn delete_under(&mut self, output: &mut impl Write) -> fmt::Result {
        if self.cursor == self.line.len() {
            return bell(output);
        }
        self.line.remove(self.cursor);
        self.show_from(self.cursor, output)?;
        erase_rest(output)?;
        left(self.line.len() - self.cursor, output)
    }

    fn show_earlier(&mut self, output: &mut impl Write) -> fmt::Result {
        match self.history.earlier(&self.line).cloned() {
            Some(line) => self.replace(line, output),
            None => bell(output),
        }
    }

    fn show_later(&mut self, output: &mut impl Write) -> fmt::Result {
        match self.history.later().cloned() {
            Some(line) => self.replace(line, output),
            None => bell(output),
        }
    }

    /// Shows another line; the cursor goes to its end.
    fn replace(&mut self, line: Line, output: &mut impl Write) -> fmt::Result {
        self.move_to(0, output)?;
        self.line = line;
        self.show_from(0, output)?;
        self.cursor = self.line.len();
        erase_rest(output)
    }

    fn move_to(&mut self, position: usize, output: &mut impl Write) -> fmt::Result {
        if position < self.cursor {
            left(self.cursor - position, output)?;
        } else {
            right(position - self.cursor, output)?;
        }
        self.cursor = position;
        Ok(())
    }

    fn show_from(&self, position: usize, output: &mut impl Write) -> fmt::Result {
        output.write_str(self.line().get(position..).unwrap_or(""))
    }
}

fn bell(output: &mut impl Write) -> fmt::Result {
    output.write_str("\x07")
}

fn erase_rest(output: &mut impl Write) -> fmt::Result {
    output.write_str("\x1b[K")
}

fn left(columns: usize, output: &mut impl Write) -> fmt::Result {
    if columns == 0 { Ok(()) } else { write!(output, "\x1b[{columns}D") }
}

fn right(columns: usize, output: &mut impl Write) -> fmt::Result {
    if columns == 0 { Ok(()) } else { write!(output, "\x1b[{columns}C") }
}

#[cfg(test)]
#[path = "editor_tests.rs"]
mod tests;
