//! Messages: the tag word, what arrived, and where the words are.
//!
//! The first [`REGISTER_WORDS`] words of a message travel in `x2`–`x7`. Longer ones continue at word
//! [`REGISTER_WORDS`] of the message buffer, a 4 KiB frame of the thread (word `i` lies at byte `8 * i`; the first six are not used).
//! Words past the length arrive as zero in registers; the rest of the receiver's buffer is left alone.
//!
//! The first `n` words of a message with `n` capabilities are the slots of these in the sender's CNode; the receiver finds in the same
//! words the slots of its own CNode where they have arrived.

use super::Error;

/// Words that travel in registers.
pub const REGISTER_WORDS: usize = 6;

/// The longest message, in words.
pub const MESSAGE_WORDS_MAX: usize = 120;

/// The most capabilities in one message.
pub const CAPABILITIES_MAX: usize = 4;

const LENGTH_MASK: u64 = 0x7f;
const CAPABILITIES_SHIFT: u32 = 8;
const CAPABILITIES_MASK: u64 = 0x7;
const LABEL_SHIFT: u32 = 32;
const RESERVED: u64 = 0xffff_ffff & !(LENGTH_MASK | CAPABILITIES_MASK << CAPABILITIES_SHIFT);

/// The tag: bits 0–6 length in words, bits 8–10 number of capabilities, bits 32–63 label, all others 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(transparent)]
pub struct Tag(u64);

impl Tag {
    /// Label 0, no words.
    pub const EMPTY: Tag = Tag(0);

    /// A tag for `length` words (at most [`MESSAGE_WORDS_MAX`]) without capabilities.
    ///
    /// # Errors
    /// `MessageTooLong`.
    pub const fn new(label: u32, length: usize) -> Result<Tag, Error> {
        if length > MESSAGE_WORDS_MAX {
            return Err(Error::MessageTooLong);
        }
        Ok(Tag((label as u64) << LABEL_SHIFT | length as u64))
    }

    /// The same with `count` capabilities, whose slots are the first words.
    ///
    /// # Errors
    /// `TooManyCapabilities` above [`CAPABILITIES_MAX`], `InvalidTag` above the length.
    pub const fn with_capabilities(self, count: usize) -> Result<Tag, Error> {
        if count > CAPABILITIES_MAX {
            return Err(Error::TooManyCapabilities);
        }
        if count > self.length() {
            return Err(Error::InvalidTag);
        }
        Ok(Tag(self.0 & !(CAPABILITIES_MASK << CAPABILITIES_SHIFT) | (count as u64) << CAPABILITIES_SHIFT))
    }

    /// Checks a tag that came in a register.
    ///
    /// # Errors
    /// `InvalidTag`, `MessageTooLong`, `TooManyCapabilities`.
    pub const fn from_bits(bits: u64) -> Result<Tag, Error> {
        let tag = Tag(bits);
        if bits & RESERVED != 0 {
            return Err(Error::InvalidTag);
        }
        if tag.length() > MESSAGE_WORDS_MAX {
            return Err(Error::MessageTooLong);
        }
        if tag.capabilities() > CAPABILITIES_MAX {
            return Err(Error::TooManyCapabilities);
        }
        if tag.capabilities() > tag.length() {
            return Err(Error::InvalidTag);
        }
        Ok(tag)
    }

    /// Whether it is the tag of a message that travels in registers and brings no capabilities.
    #[must_use]
    pub const fn is_plain(self) -> bool {
        // The length has the lowest bits of the lower half, so that a number there above six is a longer message or no plain one.
        self.0 as u32 <= REGISTER_WORDS as u32
    }

    /// A tag as the kernel delivers it, which has checked it before: for a receiver's registers only.
    #[must_use]
    pub const fn from_kernel(bits: u64) -> Tag {
        Tag(bits)
    }

    /// As a register's contents.
    #[must_use]
    pub const fn bits(self) -> u64 {
        self.0
    }

    /// What the message is about; its meaning is the protocol's.
    #[must_use]
    pub const fn label(self) -> u32 {
        (self.0 >> LABEL_SHIFT) as u32
    }

    /// Length in words.
    #[must_use]
    pub const fn length(self) -> usize {
        (self.0 & LENGTH_MASK) as usize
    }

    /// Number of capabilities.
    #[must_use]
    pub const fn capabilities(self) -> usize {
        (self.0 >> CAPABILITIES_SHIFT & CAPABILITIES_MASK) as usize
    }
}

/// What a receiving call returned with, in `x0`. Error codes are the values between.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u32)]
pub enum Arrival {
    /// A message from a caller (or the answer to a call). `x1` tag, `x2`–`x7` words, `x9` badge of the caller's capability.
    Message = 0,
    /// A bound or awaited notification. `x9` its word; all other results are zero.
    Notification = 0x1_0000,
    /// A fault of a thread: a [`Fault`](super::Fault) as a message. `x9` badge of its fault endpoint capability.
    Fault = 0x2_0000,
}

impl Arrival {
    /// Decodes `x0`.
    ///
    /// # Errors
    /// The error whose code it is; `NotSupported` for a value that this ABI version does not have.
    pub const fn from_status(status: u64) -> Result<Arrival, Error> {
        match status {
            0 => Ok(Self::Message),
            0x1_0000 => Ok(Self::Notification),
            0x2_0000 => Ok(Self::Fault),
            code => match Error::from_code(code) {
                Some(error) => Err(error),
                None => Err(Error::NotSupported),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_keeps_what_it_was_made_of() {
        let tag = Tag::new(u32::MAX, 120).unwrap();
        assert_eq!((tag.label(), tag.length(), tag.capabilities()), (u32::MAX, 120, 0));
        assert_eq!(Tag::from_bits(tag.bits()), Ok(tag));
    }

    #[test]
    fn capabilities_are_among_the_words() {
        let tag = Tag::new(7, 4).unwrap();
        let with = tag.with_capabilities(4).unwrap();
        assert_eq!((with.label(), with.length(), with.capabilities()), (7, 4, 4));
        assert_eq!(Tag::from_bits(with.bits()), Ok(with));
        assert_eq!(with.with_capabilities(0), Ok(tag));
        assert_eq!(tag.with_capabilities(5), Err(Error::TooManyCapabilities));
        assert_eq!(Tag::new(7, 1).unwrap().with_capabilities(2), Err(Error::InvalidTag));
    }

    #[test]
    fn bad_tags_have_errors_of_their_own() {
        assert_eq!(Tag::new(0, 121), Err(Error::MessageTooLong));
        assert_eq!(Tag::from_bits(121), Err(Error::MessageTooLong));
        assert_eq!(Tag::from_bits(5 << 8 | 6), Err(Error::TooManyCapabilities));
        assert_eq!(Tag::from_bits(4 << 8 | 3), Err(Error::InvalidTag));
        for bit in [7, 11, 12, 30, 31] {
            assert_eq!(Tag::from_bits(1 << bit), Err(Error::InvalidTag), "bit {bit}");
        }
    }
}
