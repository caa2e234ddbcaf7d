//! The program that crashes: in the way that its first argument says, or not at all.
//!
// The files of this program that may contain `unsafe`:
// trusted-files-begin
// src/misdeed.rs
// trusted-files-end
#![no_std]
#![no_main]

mod misdeed;

use core::fmt::Write;

use hello_interface::{CrashKind, slots};
use l4k_drivers::console::ConsoleClient;
use l4k_sys::startup::{Arguments, REPLY};
use l4k_sys::{Endpoint, Error, Message};

l4k_sys::entry!(main);
l4k_sys::panic_handler!(report);

fn main(arguments: Arguments) -> Result<(), Error> {
    match CrashKind::from_number(arguments.words()[0]) {
        Some(kind) => {
            misdeed::commit(kind);
            // Only if the machine has let us get away with it.
            Ok(())
        }
        None => behave(),
    }
}

/// Lives as any other server does: waits for calls, and answers them.
fn behave() -> Result<(), Error> {
    let mut console = ConsoleClient::new(Endpoint::from_slot(slots::CONSOLE));
    let _ = console.write_str("crash: I am well and wait for calls\r\n");
    Endpoint::from_slot(slots::crash::ENDPOINT).serve(REPLY, |_, _| Message::EMPTY).map(|_| ())
}
