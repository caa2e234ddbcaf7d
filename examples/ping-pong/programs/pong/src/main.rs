//! The server: answers each call with what was sent.
#![no_std]
#![no_main]

use core::convert::Infallible;

use l4k_sys::startup::{FIRST_FREE_SLOT, REPLY};
use l4k_sys::{Endpoint, Error};

l4k_sys::entry!(main);
l4k_sys::panic_handler!(report);

fn main() -> Result<Infallible, Error> {
    Endpoint::from_slot(FIRST_FREE_SLOT).serve(REPLY, |message, _| *message)
}
