//! A framebuffer out of the VideoCore's memory, by its properties: 32 bits a pixel.

use super::property::{Firmware, PropertyError, Tag};
use crate::registers::Registers;
use crate::wait::Wait;

const SET_PHYSICAL_SIZE: u32 = 0x4_8003;
const SET_VIRTUAL_SIZE: u32 = 0x4_8004;
const SET_DEPTH: u32 = 0x4_8005;
const SET_PIXEL_ORDER: u32 = 0x4_8006;
const ALLOCATE: u32 = 0x4_0001;
const GET_PITCH: u32 = 0x4_0008;

const BITS_OF_A_PIXEL: u32 = 32;

/// Its memory begins at a page.
const ALIGNMENT: u32 = 4096;

/// Bits of the VideoCore's address that tell how it is cached there.
const ALIAS: u32 = 0xc000_0000;

/// Which of a pixel's colours lies at the lowest address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PixelOrder {
    /// Blue, green, red, unused: 0x00rrggbb as a number.
    BlueFirst = 0,
    /// Red, green, blue, unused: 0x00bbggrr as a number.
    RedFirst = 1,
}

/// A size in pixels: 1 to 4096 each way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    width: u32,
    height: u32,
}

impl Size {
    /// Most pixels in a row or in a column.
    pub const LONGEST: u32 = 4096;

    /// This size; `None` if it is empty or too large.
    #[must_use]
    pub const fn new(width: u32, height: u32) -> Option<Size> {
        match (width, height) {
            (1..=Self::LONGEST, 1..=Self::LONGEST) => Some(Size { width, height }),
            _ => None,
        }
    }

    /// Pixels in a row.
    #[must_use]
    pub const fn width(self) -> u32 {
        self.width
    }

    /// Rows.
    #[must_use]
    pub const fn height(self) -> u32 {
        self.height
    }
}

/// A framebuffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Framebuffer {
    /// Physical address of the first pixel; a multiple of 4096.
    pub address: u32,
    /// Bytes of its memory.
    pub bytes: u32,
    /// Bytes from a row to the next.
    pub pitch: u32,
    /// Its size.
    pub size: Size,
}

impl Framebuffer {
    /// Asks the firmware for a framebuffer, which it shows from now on.
    ///
    /// # Errors
    /// [`PropertyError`], also if what the firmware gives does not fit together.
    pub fn allocate<R: Registers, W: Wait, B: Registers>(
        firmware: &mut Firmware<R, W, B>,
        size: Size,
        order: PixelOrder,
    ) -> Result<Framebuffer, PropertyError> {
        let Size { width, height } = size;
        let mut tags = [
            Tag::new(SET_PHYSICAL_SIZE, [width, height, 0, 0], 2),
            Tag::new(SET_VIRTUAL_SIZE, [width, height, 0, 0], 2),
            Tag::new(SET_DEPTH, [BITS_OF_A_PIXEL, 0, 0, 0], 1),
            Tag::new(SET_PIXEL_ORDER, [order as u32, 0, 0, 0], 1),
            Tag::new(ALLOCATE, [ALIGNMENT, 0, 0, 0], 2),
            Tag::new(GET_PITCH, [0; 4], 1),
        ];
        firmware.exchange(&mut tags)?;
        let [physical, virtual_size, depth, given_order, memory, pitch] = tags.map(|tag| tag.values());
        if physical[..2] != [width, height] || virtual_size[..2] != [width, height] {
            return Err(PropertyError::Nonsense("a framebuffer of another size"));
        }
        if depth[0] != BITS_OF_A_PIXEL || given_order[0] != order as u32 {
            return Err(PropertyError::Nonsense("a framebuffer with other pixels"));
        }
        let (address, bytes, pitch) = (memory[0] & !ALIAS, memory[1], pitch[0]);
        if address == 0 || !address.is_multiple_of(ALIGNMENT) {
            return Err(PropertyError::Nonsense("a framebuffer at an impossible address"));
        }
        let rows = u64::from(pitch) * u64::from(height);
        if pitch < width * (BITS_OF_A_PIXEL / 8) || rows > u64::from(bytes) || !pitch.is_multiple_of(4) {
            return Err(PropertyError::Nonsense("a framebuffer whose rows do not fit its memory"));
        }
        Ok(Framebuffer { address, bytes, pitch, size })
    }
}
