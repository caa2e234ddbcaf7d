//! Adds numbers up for whoever calls it, on the caller's time: it has none of its own.
#![no_std]
#![no_main]

use core::convert::Infallible;
use core::hint::black_box;

use l4k_sys::startup::FIRST_FREE_SLOT;
use l4k_sys::{Badge, Endpoint, Error, Message, Reply};

l4k_sys::entry!(main);
l4k_sys::panic_handler!(report);

/// Where callers arrive.
const SERVICE: Endpoint = Endpoint::from_slot(FIRST_FREE_SLOT);

/// Who is being answered: `init` has a capability for it too, and answers when this program cannot.
const CALLER: Reply = Reply::from_slot(FIRST_FREE_SLOT + 1);

fn main() -> Result<Infallible, Error> {
    SERVICE.serve(CALLER, answer)
}

/// Word 0 of a request is a number n; that of the answer is the sum of 0 to n, which takes as long as n is large.
fn answer(request: &Message, _: Badge) -> Message {
    let sum = (0..=request.words[0]).fold(0, |sum: u64, number| black_box(sum.wrapping_add(number)));
    Message::new(request.label(), [sum])
}
