//! The lines that were entered before.

use heapless::{Deque, Vec};

/// Longest line in bytes.
pub const LINE_BYTES: usize = 100;

/// Lines that are remembered.
const LINES: usize = 16;

/// The bytes of a line: printable ASCII.
pub type Line = Vec<u8, LINE_BYTES>;

/// Lines entered before, and a place among them.
#[derive(Clone, Debug, Default)]
pub struct History {
    /// The latest first.
    lines: Deque<Line, LINES>,
    /// How far back we are; 0 is the line being written.
    back: usize,
    /// The line being written, while another is shown.
    draft: Line,
}

impl History {
    /// No lines yet.
    #[must_use]
    pub const fn new() -> History {
        History { lines: Deque::new(), back: 0, draft: Vec::new() }
    }

    /// Remembers a line that was entered, unless it is empty or the same as the last.
    pub fn remember(&mut self, line: &Line) {
        self.back = 0;
        if line.is_empty() || self.lines.front() == Some(line) {
            return;
        }
        if self.lines.is_full() {
            self.lines.pop_back();
        }
        let _ = self.lines.push_front(line.clone());
    }

    /// The line before the one shown; `None` if there is none.
    pub fn earlier(&mut self, shown: &Line) -> Option<&Line> {
        if self.back == self.lines.len() {
            return None;
        }
        if self.back == 0 {
            self.draft = shown.clone();
        }
        self.back += 1;
        self.lines.iter().nth(self.back - 1)
    }

    /// The line after the one shown; `None` if that is the one being written.
    pub fn later(&mut self) -> Option<&Line> {
        self.back = self.back.checked_sub(1)?;
        match self.back {
            0 => Some(&self.draft),
            back => self.lines.iter().nth(back - 1),
        }
    }

    /// Back to the line being written.
    pub fn leave(&mut self) {
        self.back = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str) -> Line {
        Line::from_slice(text.as_bytes()).unwrap()
    }

    #[test]
    fn lines_come_back_in_reverse_order_and_the_draft_is_kept() {
        let mut history = History::new();
        history.remember(&line("one"));
        history.remember(&line("two"));
        assert_eq!(history.earlier(&line("dra")), Some(&line("two")));
        assert_eq!(history.earlier(&line("two")), Some(&line("one")));
        assert_eq!(history.earlier(&line("one")), None);
        assert_eq!(history.later(), Some(&line("two")));
        assert_eq!(history.later(), Some(&line("dra")));
        assert_eq!(history.later(), None);
    }

    #[test]
    fn empty_and_repeated_lines_are_not_remembered() {
        let mut history = History::new();
        for text in ["a", "a", ""] {
            history.remember(&line(text));
        }
        assert_eq!(history.earlier(&line("")), Some(&line("a")));
        assert_eq!(history.earlier(&line("a")), None);
    }

    #[test]
    fn the_oldest_line_makes_room() {
        let mut history = History::new();
        for number in 0..=LINES as u8 {
            history.remember(&Line::from_slice(&[b'a' + number]).unwrap());
        }
        let mut oldest = None;
        while let Some(line) = history.earlier(&Line::new()) {
            oldest = line.first().copied();
        }
        assert_eq!(oldest, Some(b'b'));
    }
}
