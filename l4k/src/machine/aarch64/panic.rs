//! A kernel that found itself wrong, in a build for development or with the debug console: a message, then nothing more.

use super::console::say;
use super::stop::stop;
use core::panic::PanicInfo;

#[panic_handler]
fn panic(information: &PanicInfo<'_>) -> ! {
    say!("kernel panic: {information}");
    stop()
}
