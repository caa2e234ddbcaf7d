//! Names of programs as they travel in messages.

use core::fmt;

use l4k_sys::packing::{pack_bytes, unpack_bytes};

/// Longest name in bytes.
pub const NAME_BYTES: usize = 16;

/// A program's name: up to 16 bytes, in two words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Name {
    bytes: [u8; NAME_BYTES],
    length: usize,
}

impl Name {
    /// A name; `None` if it is empty, too long, or contains a zero byte.
    #[must_use]
    pub fn new(text: &str) -> Option<Name> {
        let mut bytes = [0; NAME_BYTES];
        bytes.get_mut(..text.len())?.copy_from_slice(text.as_bytes());
        let sound = !text.is_empty() && !text.bytes().any(|byte| byte == 0);
        sound.then_some(Name { bytes, length: text.len() })
    }

    /// From a message; `None` if the words are no name.
    #[must_use]
    pub fn from_words(words: [u64; 2]) -> Option<Name> {
        let mut bytes = [0; NAME_BYTES];
        for (place, byte) in bytes.iter_mut().zip(unpack_bytes(words)) {
            *place = byte;
        }
        let length = bytes.iter().position(|byte| *byte == 0).unwrap_or(NAME_BYTES);
        Name::new(core::str::from_utf8(bytes.get(..length)?).ok()?)
    }

    /// As words of a message.
    #[must_use]
    pub fn words(&self) -> [u64; 2] {
        pack_bytes(&self.bytes)
    }

    /// As text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.bytes.get(..self.length).and_then(|bytes| core::str::from_utf8(bytes).ok()).unwrap_or("")
    }
}

impl fmt::Display for Name {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_survive_their_words() {
        for text in ["a", "shell", "sixteen-bytes-ok"] {
            let name = Name::new(text).unwrap();
            assert_eq!((Name::from_words(name.words()), name.as_str()), (Some(name), text));
        }
    }

    #[test]
    fn what_is_no_name_is_refused() {
        assert_eq!(Name::new(""), None);
        assert_eq!(Name::new("seventeen-bytes-x"), None);
        assert_eq!(Name::from_words([0, 0]), None);
        assert_eq!(Name::from_words([0xff, 0]), None);
    }
}
