//! Draws a picture with `embedded-graphics`. All that this program can reach is the framebuffer's memory.
//!
// The files of this program that may contain `unsafe`:
// trusted-files-begin
// src/pixels.rs
// trusted-files-end
#![no_std]
#![no_main]

mod pixels;
mod screen;

use core::convert::Infallible;

use embedded_graphics::mono_font::MonoTextStyle;
use embedded_graphics::mono_font::ascii::FONT_10X20;
use embedded_graphics::pixelcolor::Rgb888;
use embedded_graphics::prelude::*;
use embedded_graphics::primitives::{Circle, PrimitiveStyle, Rectangle};
use embedded_graphics::text::{Alignment, Text};
use l4k_sys::startup::{Arguments, THREAD};
use l4k_sys::{Error, println};

use screen::Screen;

l4k_sys::entry!(main);
l4k_sys::panic_handler!(report);

const NIGHT: Rgb888 = Rgb888::new(16, 24, 64);
const SUN: Rgb888 = Rgb888::new(250, 200, 40);
const GROUND: Rgb888 = Rgb888::new(30, 110, 50);

fn main(arguments: Arguments) -> Result<(), Error> {
    let mut screen = Screen::new(arguments).ok_or(Error::InvalidArgument)?;
    let Ok(()) = paint(&mut screen);
    println!("the picture is drawn, and stays until the machine is ended");
    THREAD.suspend()
}

fn paint(screen: &mut Screen) -> Result<(), Infallible> {
    let size = screen.bounding_box().size;
    let (width, height) = (size.width as i32, size.height as i32);
    screen.clear(NIGHT)?;
    let ground = Rectangle::new(Point::new(0, height * 3 / 4), Size::new(size.width, size.height / 4));
    ground.into_styled(PrimitiveStyle::with_fill(GROUND)).draw(screen)?;
    let sun = Circle::with_center(Point::new(width / 2, height * 3 / 8), size.height / 3);
    sun.into_styled(PrimitiveStyle::with_fill(SUN)).draw(screen)?;
    let style = MonoTextStyle::new(&FONT_10X20, Rgb888::WHITE);
    let place = Point::new(width / 2, height * 7 / 8);
    Text::with_alignment("drawn on l4k", place, style, Alignment::Center).draw(screen)?;
    Ok(())
}
