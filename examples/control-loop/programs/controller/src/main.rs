//! The control loop: a step in every period, at whose end it gives up the rest of its budget. The next refill wakes it.
#![no_std]
#![no_main]

use l4k_sys::{Error, Nanoseconds, println, system};

l4k_sys::entry!(main);
l4k_sys::panic_handler!(report);

/// The period that `init` gave to its scheduling context.
const PERIOD: Nanoseconds = Nanoseconds::from_milliseconds(10);

/// What a more urgent program can take of a period, and a tenth of a millisecond.
const TOLERANCE: Nanoseconds = Nanoseconds::new(2_100_000);

/// Steps of the loop.
const STEPS: u64 = 200;

/// Where the controlled value is to be, in thousandths.
const TARGET: i64 = 20_000;

fn main() -> Result<(), Error> {
    let (mut value, mut kept, mut longest) = (0, 0, 0);
    system::yield_now();
    let mut last = system::ticks();
    for _ in 0..STEPS {
        system::yield_now();
        let now = system::ticks();
        let passed = system::elapsed(last, now).count();
        last = now;
        longest = passed.max(longest);
        kept += u64::from(passed <= PERIOD.count() + TOLERANCE.count());
        value = step(value);
    }
    println!("controller: {kept} of {STEPS} periods kept");
    println!("controller: the longest took {longest} ns; the value is {}.{:03}", value / 1000, value % 1000);
    if kept == STEPS { Ok(()) } else { Err(Error::InvalidTime) }
}

/// What a heater would do to a temperature, with an eighth of the distance from the target as its power.
fn step(value: i64) -> i64 {
    value + (TARGET - value) / 8
}
