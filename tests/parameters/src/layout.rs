//! Which bytes a block has. May call nothing of this crate.
//!
//! | offset | bytes | what |
//! |---|---|---|
//! | 0 | 16 | [`MAGIC`] |
//! | 16 | 2 | [`VERSION`], little-endian |
//! | 18 | 2 | length of the text, little-endian |
//! | 20 | [`CAPACITY`] | the text, in UTF-8; what is behind its end is zero |

/// How a block begins. Nothing else in an image may hold these bytes, so only a block and the host name them.
pub const MAGIC: [u8; 16] = *b"\x7fl4k-parameters\x04";

/// The version of this layout. A host fills no block of another version.
pub const VERSION: u16 = 1;

/// How many bytes of text there is room for.
pub const CAPACITY: usize = 492;

/// Where the version is.
pub const VERSION_AT: usize = MAGIC.len();

/// Where the length of the text is.
pub const LENGTH_AT: usize = VERSION_AT + 2;

/// Where the text begins.
pub const TEXT_AT: usize = LENGTH_AT + 2;

/// Bytes of a whole block.
pub const SIZE: usize = TEXT_AT + CAPACITY;
