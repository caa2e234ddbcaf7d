//! The benchmark: the first program, where a plugin counts. It lets every case run once, and ends the machine.
#![no_std]
#![no_main]

use bench_support::machine;
use l4k_init::Resources;
use l4k_sys::abi::boot::BootInformation;
use lead::cases;
use lead::harness::{Failure, Outcome, System, runner, words};

l4k_sys::first_program!(main);
l4k_sys::panic_handler!(report);

fn main(information: BootInformation<'static>) {
    let status = match run(&information) {
        Ok(()) => 0,
        Err(failure) => {
            machine::tell(&words::line(format_args!("the benchmark failed: {failure}\n")));
            1
        }
    };
    machine::end(status);
}

/// The plugin tells what was measured.
fn run(information: &BootInformation<'_>) -> Outcome {
    let mut resources = Resources::new(information).map_err(|_| Failure::missing("boot information"))?;
    let system = System::new(&mut resources, information)?;
    runner::run(&system, cases::ALL, 1, |_| Ok(()))
}
