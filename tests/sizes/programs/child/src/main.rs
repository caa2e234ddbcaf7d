//! A program with 18 MiB of constants and 300 MiB of zeros: says whether it finds them as they should be.
#![no_std]
#![no_main]

use core::sync::atomic::{AtomicU64, Ordering};
use l4k_sys::exit::Status;
use l4k_sys::println;

l4k_sys::entry!(main);
l4k_sys::panic_handler!(report);

/// Constants, of which the first and the last tell that no part is missing.
static CONSTANTS: [u8; 18 << 20] = {
    let mut bytes = [7; 18 << 20];
    bytes[0] = 1;
    bytes[(18 << 20) - 1] = 2;
    bytes
};

/// Zeros, and writable.
static ZEROS: [AtomicU64; 300 << 17] = [const { AtomicU64::new(0) }; 300 << 17];

fn main() -> Status {
    let constants = core::hint::black_box(&CONSTANTS);
    let ends = (constants[0], constants[constants.len() - 1]);
    let middle = constants.iter().skip(4095).step_by(4096).filter(|byte| **byte == 7).count();
    let zeros = ZEROS.iter().step_by(512).filter(|word| word.fetch_add(1, Ordering::Relaxed) == 0).count();
    println!("child: ends {ends:?}, {middle} pages of constants, {zeros} pages of zeros");
    Status::new(5)
}
