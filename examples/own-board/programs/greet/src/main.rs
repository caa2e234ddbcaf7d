//! The first and only program: says where it runs and what the board has told of itself.
#![no_std]
#![no_main]

use l4k_init::boot::{board_name, device_for};
use l4k_sys::abi::boot::BootInformation;
use l4k_sys::println;

l4k_sys::first_program!(main);
l4k_sys::panic_handler!(report);

fn main(information: BootInformation<'static>) {
    println!("greetings from the board {}", board_name(&information));
    if let Some(console) = device_for(&information, "console") {
        println!("its console is {} at {:#x}", console.compatible, console.physical_address);
    }
}
