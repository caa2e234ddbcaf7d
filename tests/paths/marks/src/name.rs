//! The name of a segment, as it travels in registers. May call nothing of this crate.

use l4k_sys::packing::{pack_bytes, unpack_bytes};

/// Words that a name travels in.
pub const NAME_WORDS: usize = 5;

/// Bytes that a name has at most.
pub const NAME_BYTES: usize = NAME_WORDS * 8;

/// A name of up to 40 bytes; what is longer is cut off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Name {
    bytes: [u8; NAME_BYTES],
    length: usize,
}

impl Name {
    /// A name.
    #[must_use]
    pub fn new(text: &str) -> Name {
        Name::from_words(pack_bytes(text.as_bytes()))
    }

    /// As it travels.
    #[must_use]
    pub fn words(&self) -> [u64; NAME_WORDS] {
        pack_bytes(&self.bytes)
    }

    /// As it came.
    #[must_use]
    pub fn from_words(words: [u64; NAME_WORDS]) -> Name {
        let mut bytes = [0; NAME_BYTES];
        let mut length = 0;
        for (place, byte) in bytes.iter_mut().zip(unpack_bytes(words)).take_while(|(_, byte)| *byte != 0) {
            *place = byte;
            length += 1;
        }
        Name { bytes, length }
    }

    /// As text; empty if it is none.
    #[must_use]
    pub fn text(&self) -> &str {
        self.bytes.get(..self.length).and_then(|bytes| str::from_utf8(bytes).ok()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::Name;

    #[test]
    fn name_arrives_as_it_was_sent() {
        let longest = "a name with forty letters is the longest";
        for text in ["", "call", "with eight", longest] {
            assert_eq!(Name::from_words(Name::new(text).words()).text(), text);
        }
        assert_eq!(Name::new("a name with forty letters is the longest there is").text(), longest);
    }
}
