//! The UART driver: owns the registers and the interrupt of the board's console, and serves its bytes to the others.
//! Arguments: address of the registers, clock of the UART in hertz (0: leave the line as it is), bits per second.
//!
// The files of this program that may contain `unsafe`:
// trusted-files-begin
// src/registers.rs
// trusted-files-end
#![no_std]
#![no_main]

mod registers;

use core::convert::Infallible;

use hello_interface::slots::uart as slots;
use l4k_drivers::console::ConsoleServer;
use l4k_drivers::pl011::{LineSpeed, Pl011};
use l4k_sys::startup::{Arguments, REPLY, THREAD};
use l4k_sys::{Endpoint, Error, Irq, Notification, Reply};

l4k_sys::entry!(main);
l4k_sys::panic_handler!(report);

fn main(arguments: Arguments) -> Result<Infallible, Error> {
    let [address, clock_hertz, baud_rate] = arguments.words();
    let mut uart = Pl011::new(registers::at(address).ok_or(Error::InvalidArgument)?);
    if clock_hertz != 0 {
        let speed = LineSpeed { baud_rate: baud_rate as u32, clock_hertz: clock_hertz as u32 };
        uart.set_line(speed).map_err(|_| Error::InvalidArgument)?;
    }
    let irq = Irq::from_slot(slots::IRQ);
    THREAD.bind_notification(Notification::from_slot(slots::NOTIFICATION))?;
    irq.bind(Notification::from_slot(slots::SIGNAL))?;
    let more = core::array::from_fn::<Reply, 5, _>(|index| Reply::from_slot(slots::FIRST_REPLY + index as u64));
    let [a, b, c, d, e] = more;
    ConsoleServer::new(uart, Endpoint::from_slot(slots::ENDPOINT), irq, [REPLY, a, b, c, d, e]).run()
}
