//! The line editor before a terminal that knows just the sequences that it uses.

extern crate std;

use super::*;
use std::string::String;
use std::vec::Vec;

/// One row of a terminal.
#[derive(Default)]
struct Terminal {
    row: Vec<u8>,
    column: usize,
    bells: usize,
}

impl Terminal {
    fn show(&mut self, text: &str) {
        let mut bytes = text.bytes();
        while let Some(byte) = bytes.next() {
            match byte {
                0x07 => self.bells += 1,
                b'\r' => self.column = 0,
                b'\n' => self.row.clear(),
                0x1b => {
                    assert_eq!(bytes.next(), Some(b'['));
                    let digits: String = bytes.clone().take_while(u8::is_ascii_digit).map(char::from).collect();
                    let count = digits.parse().unwrap_or(0);
                    match bytes.nth(digits.len()) {
                        Some(b'K') => self.row.truncate(self.column),
                        Some(b'D') => self.column -= count,
                        Some(b'C') => self.column += count,
                        other => panic!("unknown sequence {other:?}"),
                    }
                }
                _ => {
                    self.row.resize(self.row.len().max(self.column + 1), b' ');
                    self.row[self.column] = byte;
                    self.column += 1;
                }
            }
        }
    }

    fn row(&self) -> &str {
        std::str::from_utf8(&self.row).unwrap()
    }
}

/// Types bytes, and checks after each that the terminal shows the line.
fn type_into(editor: &mut Editor, terminal: &mut Terminal, bytes: &[u8]) -> Event {
    let mut event = Event::Editing;
    for byte in bytes {
        let mut output = String::new();
        event = editor.byte(*byte, &mut output).unwrap();
        assert!(output.len() <= OUTPUT_BYTES);
        terminal.show(&output);
        if event == Event::Editing {
            assert_eq!((terminal.row(), terminal.column), (editor.line(), editor.cursor), "after {byte:#x}");
        }
    }
    event
}

fn typed(bytes: &[u8]) -> (Editor, Terminal) {
    let (mut editor, mut terminal) = (Editor::new(), Terminal::default());
    type_into(&mut editor, &mut terminal, bytes);
    (editor, terminal)
}

#[test]
fn a_line_is_entered() {
    let (mut editor, mut terminal) = (Editor::new(), Terminal::default());
    assert_eq!(type_into(&mut editor, &mut terminal, b"help\r"), Event::Entered);
    assert_eq!(editor.line(), "help");
    assert_eq!(type_into(&mut editor, &mut terminal, b"p"), Event::Editing);
    assert_eq!(editor.line(), "p");
}

#[test]
fn characters_are_inserted_and_deleted_at_the_cursor() {
    assert_eq!(typed(b"hlp\x1b[D\x1b[De").0.line(), "help");
    assert_eq!(typed(b"heelp\x1b[D\x1b[D\x7f").0.line(), "help");
    assert_eq!(typed(b"hhelp\x01\x1b[3~").0.line(), "help");
    assert_eq!(typed(b"elp\x01h\x05!").0.line(), "help!");
}

#[test]
fn the_ends_of_the_line_ring_the_bell() {
    let (editor, terminal) = typed(b"\x08\x1b[3~\x1b[A\x1b[B\x02");
    assert_eq!((editor.line(), terminal.bells), ("", 5));
}

#[test]
fn control_u_empties_and_control_c_gives_up_the_line() {
    assert_eq!(typed(b"rubbish\x1b[D\x15ok").0.line(), "ok");
    let (mut editor, mut terminal) = typed(b"rubbish");
    assert_eq!(type_into(&mut editor, &mut terminal, b"\x03"), Event::Interrupted);
    type_into(&mut editor, &mut terminal, b"ok");
    assert_eq!(editor.line(), "ok");
}

#[test]
fn history_is_walked_with_up_and_down() {
    let (mut editor, mut terminal) = typed(b"first line\rsecond\rdraft");
    type_into(&mut editor, &mut terminal, b"\x1b[A\x1b[A");
    assert_eq!(editor.line(), "first line");
    type_into(&mut editor, &mut terminal, b"\x1b[B\x1b[B");
    assert_eq!(editor.line(), "draft");
}

#[test]
fn a_line_that_is_full_takes_no_more() {
    let (editor, terminal) = typed(&[b'x'; LINE_BYTES + 3]);
    assert_eq!((editor.line().len(), terminal.bells), (LINE_BYTES, 3));
}

#[test]
fn any_bytes_leave_the_terminal_showing_the_line() {
    const ALPHABET: &[u8] = b"ab\x1b[DCAB3~\x7f\x15\x01\x05\xff";
    let mut seed = 1u32;
    for _ in 0..200 {
        let bytes: Vec<u8> = (0..120)
            .map(|_| {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                ALPHABET[(seed >> 16) as usize % ALPHABET.len()]
            })
            .collect();
        typed(&bytes);
    }
}
