//! Bytes from a terminal as keys (ECMA-48 control sequences).

/// A key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// A printable ASCII character.
    Character(u8),
    /// The end of a line.
    Enter,
    /// Deletes before the cursor.
    Backspace,
    /// Deletes under the cursor.
    Delete,
    /// Empties the line (ctrl-u).
    Clear,
    /// Gives the line up (ctrl-c).
    Interrupt,
    /// Moves the cursor.
    Left,
    /// Moves the cursor.
    Right,
    /// To the beginning.
    Home,
    /// To the end.
    End,
    /// An earlier line.
    Up,
    /// A later line.
    Down,
    /// Nothing that has a meaning here.
    Unknown,
}

/// A control sequence without parameter up to now.
const NO_PARAMETER: u8 = 0;
/// A control sequence with more than one digit: none that has a meaning here.
const LONG_PARAMETER: u8 = b';';

/// Where in a sequence of bytes we are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Ground,
    AfterReturn,
    Escape,
    Sequence(u8),
}

/// Turns bytes into keys.
#[derive(Clone, Copy, Debug)]
pub struct KeyDecoder {
    state: State,
}

impl Default for KeyDecoder {
    fn default() -> Self {
        Self::new()
    }
}

impl KeyDecoder {
    /// A decoder before the first byte.
    #[must_use]
    pub const fn new() -> KeyDecoder {
        KeyDecoder { state: State::Ground }
    }

    /// The key that this byte completes, if it does.
    pub fn byte(&mut self, byte: u8) -> Option<Key> {
        let state = core::mem::replace(&mut self.state, State::Ground);
        match (state, byte) {
            // A line may end with CR, LF, or both.
            (State::AfterReturn, b'\n') => None,
            (State::Ground | State::AfterReturn, 0x1b) => self.go_on(State::Escape),
            (State::Ground | State::AfterReturn, b'\r') => {
                self.state = State::AfterReturn;
                Some(Key::Enter)
            }
            (State::Ground | State::AfterReturn, byte) => Some(plain(byte)),
            (State::Escape, b'[' | b'O') => self.go_on(State::Sequence(NO_PARAMETER)),
            (State::Escape, _) => Some(Key::Unknown),
            (State::Sequence(NO_PARAMETER), b'0'..=b'9') => self.go_on(State::Sequence(byte)),
            (State::Sequence(_), b'0'..=b'9' | b';') => self.go_on(State::Sequence(LONG_PARAMETER)),
            (State::Sequence(parameter), last) => Some(sequence(parameter, last)),
        }
    }

    fn go_on(&mut self, state: State) -> Option<Key> {
        self.state = state;
        None
    }
}

fn plain(byte: u8) -> Key {
    match byte {
        b' '..=b'~' => Key::Character(byte),
        b'\n' => Key::Enter,
        0x08 | 0x7f => Key::Backspace,
        0x01 => Key::Home,
        0x03 => Key::Interrupt,
        0x05 => Key::End,
        0x15 => Key::Clear,
        _ => Key::Unknown,
    }
}

fn sequence(parameter: u8, last: u8) -> Key {
    match (parameter, last) {
        (_, b'A') => Key::Up,
        (_, b'B') => Key::Down,
        (_, b'C') => Key::Right,
        (_, b'D') => Key::Left,
        (_, b'H') | (b'1' | b'7', b'~') => Key::Home,
        (_, b'F') | (b'4' | b'8', b'~') => Key::End,
        (b'3', b'~') => Key::Delete,
        _ => Key::Unknown,
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use std::vec::Vec;

    fn keys(bytes: &[u8]) -> Vec<Key> {
        let mut decoder = KeyDecoder::new();
        bytes.iter().filter_map(|byte| decoder.byte(*byte)).collect()
    }

    #[test]
    fn a_line_ends_once_however_it_is_written() {
        assert_eq!(keys(b"\r\n\r\r\n\n"), [Key::Enter; 4]);
    }

    #[test]
    fn arrows_come_in_two_dialects() {
        assert_eq!(keys(b"\x1b[A\x1b[B\x1bOC\x1bOD"), [Key::Up, Key::Down, Key::Right, Key::Left]);
        assert_eq!(keys(b"\x1b[3~\x1b[1~\x1b[F"), [Key::Delete, Key::Home, Key::End]);
    }

    #[test]
    fn an_unknown_sequence_is_one_key_and_leaves_no_rest() {
        assert_eq!(keys(b"\x1b[11~x\x1bz"), [Key::Unknown, Key::Character(b'x'), Key::Unknown]);
        assert_eq!(keys(b"\xc3\xa9"), [Key::Unknown; 2]);
    }
}
