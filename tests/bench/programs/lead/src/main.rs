//! The benchmark: the first program. It sets up what is measured, case by case; threads of two workers, and it itself, do it between marks.
#![no_std]
#![no_main]

mod cases;
mod harness;

use bench_support::machine;
use l4k_sys::abi::boot::BootInformation;

use crate::harness::{runner, words};

l4k_sys::first_program!(main);
l4k_sys::panic_handler!(report);

fn main(information: BootInformation<'static>) {
    let status = match runner::run(&information, cases::ALL) {
        Ok(()) => 0,
        Err(failure) => {
            machine::tell(&words::line(format_args!("the benchmark failed: {failure}\n")));
            1
        }
    };
    machine::end(status);
}
