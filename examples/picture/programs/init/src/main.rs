//! The first program: asks the VideoCore for a framebuffer and gives its memory to `painter`, which has nothing else.
//!
// The files of this program that may contain `unsafe`:
// trusted-files-begin
// src/mailbox.rs
// trusted-files-end
#![no_std]
#![no_main]

mod mailbox;
mod problem;

use heapless::Vec;
use l4k_drivers::bcm2711::framebuffer::{Framebuffer, PixelOrder, Size};
use l4k_drivers::bcm2711::property::FirmwareClock;
use l4k_init::{DeviceMapping, Resources, solo};
use l4k_sys::abi::FrameSize;
use l4k_sys::abi::boot::BootInformation;
use l4k_sys::abi::memory::PAGE_SIZE;
use l4k_sys::exit::Status;
use l4k_sys::println;

use problem::Problem;

l4k_sys::first_program!(main);
l4k_sys::panic_handler!(report);

/// Pixels in a row, and rows.
const WIDTH: u32 = 320;
const HEIGHT: u32 = 240;

/// Most pages of the framebuffer.
const PAGES_MAX: usize = 128;

fn main(information: BootInformation<'static>) -> Result<Status, Problem> {
    let mut resources = Resources::new(&information).map_err(Problem::Resources)?;
    let mut firmware = mailbox::firmware(&mut resources, &information)?;
    println!("firmware of {} seconds since 1970", firmware.revision()?);
    println!("UART clock: {} Hz", firmware.clock_rate(FirmwareClock::Uart)?);
    println!("temperature: {} thousandths of a degree Celsius", firmware.temperature()?);

    let size = Size::new(WIDTH, HEIGHT).ok_or(Problem::TooLarge)?;
    let screen = Framebuffer::allocate(&mut firmware, size, PixelOrder::BlueFirst)?;
    println!("framebuffer: {WIDTH} x {HEIGHT} at {:#x}", screen.address);
    let frames = frames_of(&mut resources, &screen)?;
    let shape = u64::from(WIDTH) | u64::from(HEIGHT) << 32;
    let arguments = [solo::DEVICE_ADDRESS, shape, u64::from(screen.pitch)];
    solo::supervise(&mut resources, "painter", &frames, arguments).map_err(Problem::Painter)
}

/// The framebuffer's memory, page by page.
fn frames_of(resources: &mut Resources, screen: &Framebuffer) -> Result<Vec<DeviceMapping, PAGES_MAX>, Problem> {
    let mut mappings = Vec::new();
    for page in 0..u64::from(screen.bytes).div_ceil(PAGE_SIZE) {
        let frame = resources.device_frame(u64::from(screen.address) + page * PAGE_SIZE)?;
        let address = solo::DEVICE_ADDRESS + page * PAGE_SIZE;
        let mapping = DeviceMapping { frame, size: FrameSize::Small, address };
        mappings.push(mapping).map_err(|_| Problem::TooLarge)?;
    }
    Ok(mappings)
}
