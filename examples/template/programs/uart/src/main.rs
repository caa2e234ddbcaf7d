//! The UART driver. It has the registers and the interrupt of the board's console, and serves the bytes to other programs.
//!
// The files of this program that may contain `unsafe`:
// trusted-files-begin
// src/registers.rs
// trusted-files-end
#![no_std]
#![no_main]

mod registers;

use core::array;
use core::convert::Infallible;

use l4k_drivers::console::ConsoleServer;
use l4k_drivers::pl011::{LineSpeed, Pl011};
use l4k_sys::startup::{Arguments, THREAD};
use l4k_sys::{Endpoint, Error, Irq, Notification, Reply};
use uart::slots;

l4k_sys::entry!(main);
l4k_sys::panic_handler!(report);

/// Speed of the line, in bits per second.
const BAUD_RATE: u32 = 115_200;

/// The first argument is the rate of the UART's clock, in hertz; 0 if the board does not know it. Then the line stays as it is.
fn main(arguments: Arguments) -> Result<Infallible, Error> {
    let [clock_hertz, _, _] = arguments.words();
    let mut uart = Pl011::new(registers::take().ok_or(Error::Busy)?);
    if clock_hertz != 0 {
        let clock_hertz = u32::try_from(clock_hertz).map_err(|_| Error::InvalidArgument)?;
        uart.set_line(LineSpeed { baud_rate: BAUD_RATE, clock_hertz }).map_err(|_| Error::InvalidArgument)?;
    }
    let irq = Irq::from_slot(slots::IRQ);
    THREAD.bind_notification(Notification::from_slot(slots::NOTIFICATION))?;
    irq.bind(Notification::from_slot(slots::SIGNAL))?;
    let replies = array::from_fn::<_, { slots::REPLIES }, _>(|n| Reply::from_slot(slots::FIRST_REPLY + n as u64));
    ConsoleServer::new(uart, Endpoint::from_slot(slots::SERVER), irq, replies).run()
}
