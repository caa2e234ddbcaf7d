//! The first program: starts a server and a client that share an endpoint and nothing else, and ends the machine when the client ends.
#![no_std]
#![no_main]

use l4k_init::{Description, Problem, Program, Resources, Supply};
use l4k_sys::abi::Rights;
use l4k_sys::abi::boot::BootInformation;
use l4k_sys::exit::Status;
use l4k_sys::handle::NewObject;
use l4k_sys::startup::{FIRST_FREE_SLOT, label};
use l4k_sys::{Badge, Endpoint, Received, Reply, println};

l4k_sys::first_program!(main);
l4k_sys::panic_handler!(report);

/// By which the supervisor tells them apart.
const PONG: Badge = Badge::new(1);
const PING: Badge = Badge::new(2);

fn main(information: BootInformation<'static>) -> Result<Status, Problem> {
    let mut resources = Resources::new(&information)?;
    let supervisor = Endpoint::from_slot(resources.make(NewObject::Endpoint)?);
    let reply = Reply::from_slot(resources.make(NewObject::Reply)?);
    let service = resources.make(NewObject::Endpoint)?;
    let serve = [Supply::copy(FIRST_FREE_SLOT, service, Rights::RECEIVE)];
    let call = [Supply::copy(FIRST_FREE_SLOT, service, Rights::CALL)];
    let programs = [
        Program::new(&mut resources, "pong", Description::new(supervisor, PONG, &serve))?,
        Program::new(&mut resources, "ping", Description::new(supervisor, PING, &call))?,
    ];
    programs.iter().try_for_each(|program| program.start(&mut resources, [0; 3]))?;
    match supervisor.receive(reply)? {
        Received::Message { message, badge: PING } if message.label() == label::EXIT => {
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
