//! The first program: starts a server and a client, starts the server anew whenever it has crashed, and ends the machine when the client
//! ends.
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
const SERVER: Badge = Badge::new(1);
const CLIENT: Badge = Badge::new(2);

fn main(information: BootInformation<'static>) -> Result<Status, Problem> {
    let mut resources = Resources::new(&information)?;
    let supervisor = Endpoint::from_slot(resources.make(NewObject::Endpoint)?);
    let reply = Reply::from_slot(resources.make(NewObject::Reply)?);
    // It outlives the servers: who calls while there is none waits for the next.
    let service = resources.make(NewObject::Endpoint)?;
    let serve = [Supply::copy(FIRST_FREE_SLOT, service, Rights::RECEIVE)];
    let call = [Supply::copy(FIRST_FREE_SLOT, service, Rights::CALL)];
    let server = Program::new(&mut resources, "server", Description::new(supervisor, SERVER, &serve))?;
    let client = Program::new(&mut resources, "client", Description::new(supervisor, CLIENT, &call))?;
    server.start(&mut resources, [0; 3])?;
    client.start(&mut resources, [0; 3])?;
    loop {
        match supervisor.receive(reply)? {
            Received::Fault { message, badge: SERVER } => {
                let explained = message.fault().map(|fault| server.explain(fault));
                explained.inspect(|fault| println!("server crashed: {fault}; it is started anew"));
                server.start(&mut resources, [0; 3])?;
            }
            Received::Message { message, badge: CLIENT } if message.label() == label::EXIT => {
                return Ok(Status::new(message.words[0] as u8));
            }
            _ => return Ok(Status::FAILURE),
        }
    }
}
