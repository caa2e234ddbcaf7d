//! A client that matters: a small request in each period, which has to be answered in time.
#![no_std]
#![no_main]

use l4k_sys::startup::FIRST_FREE_SLOT;
use l4k_sys::{Endpoint, Error, Message, Nanoseconds, println, system};

l4k_sys::entry!(main);
l4k_sys::panic_handler!(report);

/// The server.
const SERVER: Endpoint = Endpoint::from_slot(FIRST_FREE_SLOT);

/// Requests, one a period.
const REQUESTS: u64 = 100;

/// What it asks for, each time.
const NUMBER: u64 = 1_000;

/// The period that `init` gave to its scheduling context.
const PERIOD: Nanoseconds = Nanoseconds::from_milliseconds(10);

/// How much later an answer may come: a budget of the careless client, and a start of the server.
const TOLERANCE: Nanoseconds = Nanoseconds::new(1_500_000);

fn main() -> Result<(), Error> {
    let (mut kept, mut longest) = (0, 0);
    request()?;
    let mut last = system::ticks();
    for _ in 0..REQUESTS {
        let right = request()?;
        let now = system::ticks();
        let passed = system::elapsed(last, now).count();
        last = now;
        longest = passed.max(longest);
        kept += u64::from(right && passed <= PERIOD.count() + TOLERANCE.count());
    }
    println!("sensible: {kept} of {REQUESTS} answers in time; the longest from one to the next was {longest} ns");
    if kept == REQUESTS { Ok(()) } else { Err(Error::InvalidTime) }
}

/// Waits for the next refill of the budget, which comes with the next period, and asks. Whether the answer is right.
fn request() -> Result<bool, Error> {
    system::yield_now();
    let answer = SERVER.call(Message::new(1, [NUMBER]))?;
    Ok(answer.words[0] == NUMBER * (NUMBER + 1) / 2)
}
