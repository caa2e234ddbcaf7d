//! The worker: an address space with code that threads of the benchmark run. Its own thread only says where they begin.
#![no_std]
#![no_main]

mod roles;

use bench_support::role::label;
use l4k_sys::startup::SUPERVISOR;
use l4k_sys::{Error, Message};

l4k_sys::entry!(main);
l4k_sys::panic_handler!(report);

/// Never answered.
fn main() -> Result<(), Error> {
    let begin: extern "C" fn(u64, u64, u64) -> ! = roles::begin;
    SUPERVISOR.call(Message::new(label::HERE, [begin as usize as u64])).map(drop)
}
