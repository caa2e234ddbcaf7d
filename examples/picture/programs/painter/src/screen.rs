//! The framebuffer as what `embedded-graphics` draws on.

use core::convert::Infallible;

use embedded_graphics::Pixel;
use embedded_graphics::pixelcolor::Rgb888;
use embedded_graphics::prelude::*;
use l4k_sys::startup::Arguments;

use crate::pixels::Pixels;

/// A screen of 32 bits a pixel, 0x00rrggbb.
pub struct Screen {
    pixels: Pixels,
    size: Size,
    /// Pixels from a row to the next.
    stride: u32,
}

impl Screen {
    /// The screen that init has passed: address; width and, from bit 32 on, height; bytes from a row to the next. `None` from the second call on.
    pub fn new(arguments: Arguments) -> Option<Screen> {
        let [address, shape, pitch] = arguments.words();
        let size = Size::new(shape as u32, (shape >> 32) as u32);
        let stride = u32::try_from(pitch / 4).ok()?;
        let pixels = Pixels::at(address, stride as usize * size.height as usize)?;
        Some(Screen { pixels, size, stride })
    }
}

impl OriginDimensions for Screen {
    fn size(&self) -> Size {
        self.size
    }
}

impl DrawTarget for Screen {
    type Color = Rgb888;
    type Error = Infallible;

    fn draw_iter<I: IntoIterator<Item = Pixel<Rgb888>>>(&mut self, pixels: I) -> Result<(), Infallible> {
        for Pixel(place, color) in pixels {
            if self.bounding_box().contains(place) {
                let index = place.y as u32 * self.stride + place.x as u32;
                self.pixels.set(index as usize, color.into_storage());
            }
        }
        Ok(())
    }
}
