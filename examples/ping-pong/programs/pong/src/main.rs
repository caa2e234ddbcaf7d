//! The server: answers each call with what was sent.
#![no_std]
#![no_main]

use core::convert::Infallible;

use l4k_sys::startup::{FIRST_FREE_SLOT, REPLY};
use l4k_sys::{Endpoint, Error, Received};

l4k_sys::entry!(main);
l4k_sys::panic_handler!(report);

fn main() -> Result<Infallible, Error> {
    let endpoint = Endpoint::from_slot(FIRST_FREE_SLOT);
    let mut received = endpoint.receive(REPLY)?;
    loop {
        received = match received {
            Received::Message { message, .. } => endpoint.reply_receive(REPLY, message)?,
            _ => endpoint.receive(REPLY)?,
        };
    }
}
