//! The server of the ping test: answers each call with what was sent.
#![no_std]
#![no_main]

use core::convert::Infallible;

use hello_interface::slots;
use l4k_sys::startup::REPLY;
use l4k_sys::{Endpoint, Error, Message, Received};

l4k_sys::entry!(main);
l4k_sys::panic_handler!(report);

fn main() -> Result<Infallible, Error> {
    let endpoint = Endpoint::from_slot(slots::ping::ENDPOINT);
    let mut received = endpoint.receive(REPLY)?;
    loop {
        received = match received {
            Received::Message { message, .. } => answer(endpoint, message)?,
            _ => endpoint.receive(REPLY)?,
        };
    }
}

/// A caller that has died, or cannot take the answer, is no reason to stop serving.
fn answer(endpoint: Endpoint, message: Message) -> Result<Received, Error> {
    match endpoint.reply_receive(REPLY, message) {
        Err(Error::NobodyWaiting) => endpoint.receive(REPLY),
        Err(Error::NoBuffer) => endpoint.reply_receive(REPLY, Message::EMPTY),
        result => result,
    }
}
