//! The client of the ping test: calls a server in another address space and tells what a call costs.
#![no_std]
#![no_main]

use core::fmt::Write;

use hello_interface::slots;
use l4k_drivers::console::ConsoleClient;
use l4k_sys::{Endpoint, Error, Message, system};

l4k_sys::entry!(main);
l4k_sys::panic_handler!(report);

const CALLS: u64 = 10_000;

/// Calls before the measurement, so that both programs have run once.
const WARM_UP: u64 = 10;

fn main() -> Result<(), Error> {
    let server = Endpoint::from_slot(slots::ping::ENDPOINT);
    call(server, WARM_UP)?;
    let before = system::ticks();
    call(server, CALLS)?;
    let after = system::ticks();
    report(after.wrapping_sub(before), system::elapsed(before, after).count());
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

fn report(ticks: u64, nanoseconds: u64) {
    let mut console = ConsoleClient::new(Endpoint::from_slot(slots::CONSOLE));
    let tenths = ticks * 10 / CALLS;
    let _ = write!(
        console,
        "ping: {CALLS} calls, {ticks} ticks, {}.{} ticks per round trip, {} ns per round trip (= instructions under icount)\r\n",
        tenths / 10,
        tenths % 10,
        nanoseconds / CALLS,
    );
}
