//! The lines of a block. May call `layout`.

use crate::layout::CAPACITY;

/// The text of a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    bytes: [u8; CAPACITY],
    length: u16,
}

impl Text {
    /// The first `length` of these bytes.
    pub(crate) fn new(bytes: [u8; CAPACITY], length: u16) -> Text {
        Text { bytes, length }
    }

    /// The value of a parameter; `None` if it was not given.
    ///
    /// # Panics
    /// If the text is no UTF-8 or longer than a block: then something other than [`fill`](crate::fill()) has written it.
    #[must_use]
    pub fn value(&self, key: &str) -> Option<&str> {
        let text = self.bytes.get(..usize::from(self.length)).and_then(|bytes| core::str::from_utf8(bytes).ok());
        let text = text.expect("the parameters were written by l4k_parameters::fill");
        text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('='))
    }

    /// The value of a parameter that is a number; `None` if it was not given.
    ///
    /// # Panics
    /// If it is no number.
    #[must_use]
    pub fn number(&self, key: &str) -> Option<u64> {
        let value = self.value(key)?;
        match value.parse() {
            Ok(number) => Some(number),
            Err(_) => panic!("the parameter {key} is `{value}`, which is not a number"),
        }
    }
}
