//! The benchmark on a board: the first program, where nobody counts. It lets every case run many times, tells a line for each row on the serial
//! port, and then waits for ever, since a board does not end.
//!
// The files of this program that may contain `unsafe`:
// trusted-files-begin
// src/registers.rs
// trusted-files-end
#![no_std]
#![no_main]

mod clocks;
mod port;
mod registers;
mod table;

use core::convert::Infallible;
use core::fmt::Write;

use l4k_init::{Problem, Resources, boot};
use l4k_marks::line::Closing;
use l4k_sys::Notification;
use l4k_sys::abi::boot::BootInformation;
use l4k_sys::handle::NewObject;
use lead::cases;
use lead::harness::{Outcome, System, runner};

use crate::port::Port;
use crate::table::Table;

l4k_sys::first_program!(main);
l4k_sys::panic_handler!(report);

/// How often each case runs: a tick of the counter is long, and the mean of many rounds is finer.
const TIMES: u32 = 16;

fn main(information: BootInformation<'static>) -> Result<Infallible, Problem> {
    let mut resources = Resources::new(&information)?;
    let silence = Notification::from_slot(resources.make(NewObject::Notification)?);
    let mut port = Port::open(&mut resources, &information)?;
    // Nobody could hear of a port that does not work; the program's own port takes every byte.
    let _ = writeln!(port, "l4k benchmark on {}, {}", boot::board_name(&information), clocks::told());
    let mut table = Table::new(&mut port);
    let closing = match run(&mut resources, &information, &mut table) {
        Ok(()) => Closing::Done(table.rows()),
        Err(failure) => Closing::Failed(failure),
    };
    let _ = writeln!(port, "{closing}");
    loop {
        // Nobody signals.
        silence.wait()?;
    }
}

fn run(resources: &mut Resources, information: &BootInformation<'_>, table: &mut Table<'_>) -> Outcome {
    let system = System::new(resources, information)?;
    runner::run(&system, cases::ALL, TIMES, |sheet| table.tell(sheet))
}
