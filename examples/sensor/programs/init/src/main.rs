//! The first program: gives the I2C controller and the pins to `sensor`, and ends the machine with its status.
#![no_std]
#![no_main]

use l4k_init::solo::{self, Problem};
use l4k_sys::abi::boot::BootInformation;
use l4k_sys::exit::Status;

l4k_sys::first_program!(main);
l4k_sys::panic_handler!(report);

fn main(information: BootInformation<'static>) -> Result<Status, Problem> {
    solo::run(&information, "sensor", &["i2c", "gpio"])
}
