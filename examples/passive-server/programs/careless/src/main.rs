//! A client that asks for more than it has time for, and is refused; then for something it can afford.
#![no_std]
#![no_main]

use l4k_sys::startup::FIRST_FREE_SLOT;
use l4k_sys::{Endpoint, Error, Message, println};

l4k_sys::entry!(main);
l4k_sys::panic_handler!(report);

/// The server.
const SERVER: Endpoint = Endpoint::from_slot(FIRST_FREE_SLOT);

/// Requests that are too large.
const REQUESTS: u64 = 40;

/// Far more than can be added up in the budget of this program.
const TOO_MUCH: u64 = 1 << 40;

fn main() -> Result<(), Error> {
    for _ in 0..REQUESTS {
        if SERVER.call(Message::new(1, [TOO_MUCH]))?.label() != Message::REFUSAL.label() {
            return Err(Error::InvalidTime);
        }
    }
    if SERVER.call(Message::new(1, [100]))?.words[0] != 5050 {
        return Err(Error::InvalidTime);
    }
    println!("careless: {REQUESTS} requests refused, the last one answered");
    Ok(())
}
