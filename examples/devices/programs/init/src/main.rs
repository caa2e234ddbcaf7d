//! The first program: gives four devices to `tour`, and ends the machine with its status if that has not turned the board off.
#![no_std]
#![no_main]

use l4k_init::solo::{self, Problem};
use l4k_sys::abi::boot::BootInformation;
use l4k_sys::exit::Status;

l4k_sys::first_program!(main);
l4k_sys::panic_handler!(report);

fn main(information: BootInformation<'static>) -> Result<Status, Problem> {
    solo::run(&information, "tour", &["spi", "gpio", "timer", "watchdog"])
}
