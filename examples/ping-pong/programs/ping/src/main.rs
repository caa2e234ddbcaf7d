//! The client: calls the server and tells what a call costs.
#![no_std]
#![no_main]

use l4k_sys::startup::FIRST_FREE_SLOT;
use l4k_sys::{Endpoint, Error, Message, println, system};

l4k_sys::entry!(main);
l4k_sys::panic_handler!(report);

const CALLS: u64 = 10_000;

/// Calls before the measurement, so that both programs have run once.
const WARM_UP: u64 = 10;

fn main() -> Result<(), Error> {
    let server = Endpoint::from_slot(FIRST_FREE_SLOT);
    call(server, WARM_UP)?;
    let before = system::ticks();
    call(server, CALLS)?;
    let time = system::elapsed(before, system::ticks());
    println!("ping: {CALLS} calls, {} ns each (under --icount, a nanosecond is an instruction)", time.count() / CALLS);
    Ok(())
}

fn call(server: Endpoint, calls: u64) -> Result<(), Error> {
    for number in 0..calls {
        let answer = server.call(Message::new(1, [number]))?;
        if answer.words[0] != number {
            return Err(Error::InvalidArgument);
        }
    }
    Ok(())
}
