//! The program's side: the block in its data. May call `layout` and `text`.

use core::array;
use core::hint::black_box;
use core::sync::atomic::{AtomicU8, Ordering::Relaxed};

use crate::layout::{CAPACITY, LENGTH_AT, MAGIC, SIZE, TEXT_AT, VERSION, VERSION_AT};
use crate::text::Text;

/// A block. A program has one, as a static that the linker keeps:
///
/// ```
/// #[used]
/// static PARAMETERS: l4k_parameters::Block = l4k_parameters::Block::new();
/// assert_eq!(PARAMETERS.read().value("filter"), None);
/// ```
///
/// Its bytes are atomic because somebody else writes them, though before the program runs: the compiler then may not take them for what they
/// are in the source.
#[repr(transparent)]
pub struct Block([AtomicU8; SIZE]);

impl Block {
    /// A block without parameters.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "a block is a static, and `default` is not constant")]
    pub const fn new() -> Block {
        let mut bytes = [const { AtomicU8::new(0) }; SIZE];
        let mut index = 0;
        while index < MAGIC.len() {
            bytes[index] = AtomicU8::new(MAGIC[index]);
            index += 1;
        }
        let [low, high] = VERSION.to_le_bytes();
        bytes[VERSION_AT] = AtomicU8::new(low);
        bytes[VERSION_AT + 1] = AtomicU8::new(high);
        Block(bytes)
    }

    /// The parameters.
    #[must_use]
    pub fn read(&self) -> Text {
        // Hides from the compiler which block this is, so that it looks into memory.
        let Block(bytes) = black_box(self);
        let byte = |at: usize| bytes.get(at).map_or(0, |byte| byte.load(Relaxed));
        let text: [u8; CAPACITY] = array::from_fn(|index| byte(TEXT_AT + index));
        Text::new(text, u16::from_le_bytes([byte(LENGTH_AT), byte(LENGTH_AT + 1)]))
    }
}

#[cfg(test)]
mod tests {
    use super::Block;
    use crate::layout::{MAGIC, SIZE};

    #[test]
    fn a_new_block_has_no_parameters() {
        assert_eq!(core::mem::size_of::<Block>(), SIZE);
        let Block(bytes) = Block::new();
        assert!(bytes.iter().zip(MAGIC).all(|(byte, magic)| byte.load(super::Relaxed) == magic));
        assert_eq!(Block::new().read().value("filter"), None);
    }
}
