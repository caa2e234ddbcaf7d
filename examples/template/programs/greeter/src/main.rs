//! The greeter: a server that answers each name with a greeting.
#![no_std]
#![no_main]

use core::convert::Infallible;

use greeter::{SERVER_SLOT, greeting, message_of, text_of};
use l4k_sys::startup::REPLY;
use l4k_sys::{Endpoint, Error, Message};

l4k_sys::entry!(main);
l4k_sys::panic_handler!(report);

fn main() -> Result<Infallible, Error> {
    Endpoint::from_slot(SERVER_SLOT).serve(REPLY, |message, _| {
        let answer = text_of(message).and_then(|name| greeting(&name));
        answer.map_or(Message::EMPTY, |text| message_of(&text))
    })
}
