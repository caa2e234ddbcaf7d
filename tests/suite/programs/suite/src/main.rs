//! The conformance suite: the first program, which tests the kernel under it through system calls and nothing else.
#![no_std]
#![no_main]
#![allow(clippy::result_large_err, reason = "a failure carries its reason with it: there is no heap to leave it on")]

mod areas;
mod harness;

use l4k_init::Resources;
use l4k_sys::abi::boot::BootInformation;
use l4k_sys::entry::package_bytes;
use l4k_sys::package::Package;

use crate::harness::failure::{Failure, Outcome};
use crate::harness::parameters::parameters;
use crate::harness::system::System;
use crate::harness::{hang, runner, watchdog};

l4k_sys::first_program!(main);
l4k_sys::panic_handler!(report);

fn main(information: BootInformation<'static>) -> Outcome {
    let package = Package::parse(package_bytes()).map_err(|error| Failure::new(format_args!("{error}")))?;
    let mut system = System::new(information, &package)?;
    hang::hang_if_asked(&mut system, &parameters())?;
    watchdog::start(&mut system.resources)?;
    let failed = runner::run_all(&mut system, areas::ALL);
    Resources::DEBUG_CONSOLE.exit(u8::from(failed != 0))?;
    Ok(())
}
