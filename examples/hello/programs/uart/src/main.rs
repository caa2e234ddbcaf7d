//! The UART driver: owns the registers and the interrupt of the board's console, and serves its bytes to the others. Its arguments are
//! [`UartArguments`].
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
use hello_interface::{UartArguments, UartModel};
use l4k_drivers::bcm2711::mini_uart::{Enabling, MiniUart};
use l4k_drivers::console::ConsoleServer;
use l4k_drivers::pl011::{LineSpeed, Pl011};
use l4k_drivers::registers::Mapped;
use l4k_drivers::serial::SerialHardware;
use l4k_sys::startup::{Arguments, REPLY, THREAD};
use l4k_sys::{Endpoint, Error, Irq, Notification, Reply};

l4k_sys::entry!(main);
l4k_sys::panic_handler!(report);

fn main(arguments: Arguments) -> Result<Infallible, Error> {
    let arguments = UartArguments::from_words(arguments.words()).ok_or(Error::InvalidArgument)?;
    match arguments.model {
        UartModel::Pl011 => serve(pl011(arguments)?),
        UartModel::MiniUart => serve(mini_uart(arguments)?),
    }
}

fn pl011(arguments: UartArguments) -> Result<Pl011<'static>, Error> {
    let mut uart = Pl011::new(registers::pl011(arguments.address).ok_or(Error::InvalidArgument)?);
    if arguments.clock_hertz != 0 {
        let clock_hertz = u32::try_from(arguments.clock_hertz).map_err(|_| Error::InvalidArgument)?;
        let speed = LineSpeed { baud_rate: arguments.baud_rate, clock_hertz };
        uart.set_line(speed).map_err(|_| Error::InvalidArgument)?;
    }
    Ok(uart)
}

/// The loader has set its line, with the clock that it has chosen.
fn mini_uart(arguments: UartArguments) -> Result<MiniUart<Mapped>, Error> {
    let registers = registers::mini_uart(arguments.address).ok_or(Error::InvalidArgument)?;
    Ok(MiniUart::new(registers, Enabling::Here))
}

fn serve(uart: impl SerialHardware) -> Result<Infallible, Error> {
    let irq = Irq::from_slot(slots::IRQ);
    THREAD.bind_notification(Notification::from_slot(slots::NOTIFICATION))?;
    irq.bind(Notification::from_slot(slots::SIGNAL))?;
    let more = core::array::from_fn::<Reply, 5, _>(|index| Reply::from_slot(slots::FIRST_REPLY + index as u64));
    let [a, b, c, d, e] = more;
    ConsoleServer::new(uart, Endpoint::from_slot(slots::ENDPOINT), irq, [REPLY, a, b, c, d, e]).run()
}
