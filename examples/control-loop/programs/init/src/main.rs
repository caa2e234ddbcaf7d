//! The first program: starts a control loop and two programs that burn time, and ends the machine when the loop ends.
#![no_std]
#![no_main]

use l4k_init::{Description, Problem, Program, Resources};
use l4k_sys::abi::boot::BootInformation;
use l4k_sys::exit::Status;
use l4k_sys::handle::NewObject;
use l4k_sys::startup::label;
use l4k_sys::{Badge, Endpoint, Nanoseconds, Received, Reply, println};

l4k_sys::first_program!(main);
l4k_sys::panic_handler!(report);

/// By which the supervisor tells them apart.
const CONTROLLER: Badge = Badge::new(1);
const BURNER: Badge = Badge::new(2);

const fn milliseconds(count: u64) -> Nanoseconds {
    Nanoseconds::from_milliseconds(count)
}

fn main(information: BootInformation<'static>) -> Result<Status, Problem> {
    let mut resources = Resources::new(&information)?;
    let supervisor = Endpoint::from_slot(resources.make(NewObject::Endpoint)?);
    let reply = Reply::from_slot(resources.make(NewObject::Reply)?);
    let burner = Description::new(supervisor, BURNER, &[]);
    // Less urgent than the loop, without a limit.
    // More urgent than the loop, with 2 ms in every 7.
    let urgent = Description { priority: 200, time_slice: milliseconds(2), period: Some(milliseconds(7)), ..burner };
    let controller = Description {
        badge: CONTROLLER,
        priority: 150,
        time_slice: milliseconds(1),
        period: Some(milliseconds(10)),
        ..burner
    };
    let programs = [
        Program::new(&mut resources, "burner", burner)?,
        Program::new(&mut resources, "burner", urgent)?,
        Program::new(&mut resources, "controller", controller)?,
    ];
    programs.iter().try_for_each(|program| program.start(&mut resources, [0; 3]))?;
    match supervisor.receive(reply)? {
        Received::Message { message, badge: CONTROLLER } if message.label() == label::EXIT => {
            Ok(Status::new(message.words[0] as u8))
        }
        Received::Fault { message, badge } => {
            if let Some(program) = programs.iter().find(|program| program.description().badge == badge) {
                message.fault().inspect(|fault| println!("{} crashed: {}", program.name(), program.explain(*fault)));
            }
            Ok(Status::FAILURE)
        }
        _ => Ok(Status::FAILURE),
    }
}
