//! The first program. The kernel gives it everything: all memory, all devices, all processor time. It starts the other programs and gives each of
//! them what it needs, and no more. It starts a server again that has crashed or panicked.
#![no_std]
#![no_main]

mod system;

use l4k_init::{Problem, Program, Resources};
use l4k_sys::abi::boot::BootInformation;
use l4k_sys::exit::Status;
use l4k_sys::startup::label;
use l4k_sys::{Badge, Received, println};

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
            // A program has crashed. It is started again.
            Received::Fault { message, badge } => {
                if let Some(program) = program_of(&programs, badge) {
                    message
                        .fault()
                        .inspect(|fault| println!("{} has crashed: {}", program.name(), program.explain(*fault)));
                    program.start(&mut resources, arguments)?;
                }
            }
            // A program has ended. A server that has panicked is started again. After any other end the machine ends, with the program's status.
            Received::Message { message, badge } if message.label() == label::EXIT => {
                let status = Status::new(message.words[0] as u8);
                match program_of(&programs, badge) {
                    Some(server) if server.name() != "shell" => {
                        println!("{} has ended with status {}", server.name(), status.code());
                        if status != Status::PANIC {
                            return Ok(status);
                        }
                        server.start(&mut resources, arguments)?;
                    }
                    _ => return Ok(status),
                }
            }
            Received::Message { .. } | Received::Notification { .. } => {}
        }
    }
}

/// The program that a badge stands for: they count from 1.
fn program_of<'a, 'b>(programs: &'a [Program<'b>], badge: Badge) -> Option<&'a Program<'b>> {
    let index = usize::try_from(badge.value()).ok()?.checked_sub(1)?;
    programs.get(index)
}
