//! The server of the ping test: answers each call with what was sent.
#![no_std]
#![no_main]

use core::convert::Infallible;

use hello_interface::slots;
use l4k_sys::startup::REPLY;
use l4k_sys::{Endpoint, Error};

l4k_sys::entry!(main);
l4k_sys::panic_handler!(report);

fn main() -> Result<Infallible, Error> {
    Endpoint::from_slot(slots::ping::ENDPOINT).serve(REPLY, |message, _| *message)
}
