//! Burns all the time that it gets.
#![no_std]
#![no_main]

use core::convert::Infallible;

use l4k_sys::Error;

l4k_sys::entry!(main);
l4k_sys::panic_handler!(report);

fn main() -> Result<Infallible, Error> {
    loop {
        core::hint::spin_loop();
    }
}
