//! The server: answers four calls, and overflows its stack at the fifth.
#![no_std]
#![no_main]

use core::convert::Infallible;
use core::hint::black_box;

use l4k_sys::startup::{FIRST_FREE_SLOT, REPLY};
use l4k_sys::{Endpoint, Error};

l4k_sys::entry!(main);
l4k_sys::panic_handler!(report);

/// Calls that it survives.
const CALLS: u32 = 4;

fn main() -> Result<Infallible, Error> {
    let mut answered = 0;
    Endpoint::from_slot(FIRST_FREE_SLOT).serve(REPLY, |message, _| {
        if answered == CALLS {
            black_box(deeper(0));
        }
        answered += 1;
        *message
    })
}

/// Goes on until the stack ends; below it nothing is mapped.
fn deeper(depth: u64) -> u64 {
    let mut used = [depth; 64];
    black_box(&mut used);
    if depth == u64::MAX { used[0] } else { deeper(depth + 1) + used[1] }
}
