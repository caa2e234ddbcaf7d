//! The first program. The kernel gives it everything: all memory, all devices, all processor time. It starts the other programs and gives each of
//! them what it needs, and no more. It starts a server again that has crashed.
#![no_std]
#![no_main]

mod system;

use l4k_init::{Problem, Resources};
use l4k_sys::abi::boot::BootInformation;
use l4k_sys::exit::Status;
use l4k_sys::startup::label;
use l4k_sys::{Received, println};

use crate::system::{Objects, Supplies, programs};

l4k_sys::first_program!(main);
l4k_sys::panic_handler!(report);

fn main(information: BootInformation<'static>) -> Result<Status, Problem> {
    let mut resources = Resources::new(&information)?;
    let objects = Objects::new(&mut resources, &information)?;
    let supplies = Supplies::new(&objects);
    let programs = programs(&mut resources, &objects, &supplies)?;
    // Every program gets the same argument. Only the UART driver looks at it.
    let arguments = [objects.uart_clock_hertz, 0, 0];
    for program in &programs {
        program.start(&mut resources, arguments)?;
    }
    // From here on init only waits. It never calls a program that it has started: such a call could wait for ever.
    loop {
        match objects.supervisor.receive(objects.reply)? {
            // A program has crashed. Its badge says which one: they count from 1.
            Received::Fault { message, badge } => {
                let index = badge.value().checked_sub(1).and_then(|index| usize::try_from(index).ok());
                if let Some(program) = index.and_then(|index| programs.get(index)) {
                    message.fault().inspect(|fault| println!("{} has crashed: {fault}", program.name()));
                    program.start(&mut resources, arguments)?;
                }
            }
            // The shell has ended; the other programs never end. So does the machine, with the shell's status.
            Received::Message { message, .. } if message.label() == label::EXIT => {
                return Ok(Status::new(message.words[0] as u8));
            }
            Received::Message { .. } | Received::Notification { .. } => {}
        }
    }
}
