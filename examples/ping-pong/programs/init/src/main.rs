//! The first program: starts a server and a client that share an endpoint and nothing else, and ends the machine when the client ends.
#![no_std]
#![no_main]

use l4k_init::{Description, Home, Image, Problem, Resources, Supply};
use l4k_sys::abi::Rights;
use l4k_sys::abi::boot::BootInformation;
use l4k_sys::entry::package_bytes;
use l4k_sys::exit::Status;
use l4k_sys::handle::NewObject;
use l4k_sys::package::Package;
use l4k_sys::startup::{FIRST_FREE_SLOT, label};
use l4k_sys::{Badge, Endpoint, Nanoseconds, Received, Reply, println};

l4k_sys::first_program!(main);
l4k_sys::panic_handler!(report);

/// Every program's priority and time slice, and the bits of its capability table.
const PRIORITY: u8 = 100;
const TIME_SLICE: Nanoseconds = Nanoseconds::from_milliseconds(10);
const CNODE_BITS: u8 = 4;

/// By which the supervisor tells them apart.
const PONG: Badge = Badge::new(1);
const PING: Badge = Badge::new(2);

fn main(information: BootInformation<'static>) -> Result<Status, Problem> {
    let mut resources = Resources::new(&information).map_err(Problem::Resources)?;
    let supervisor = Endpoint::from_slot(resources.make(NewObject::Endpoint)?);
    let reply = Reply::from_slot(resources.make(NewObject::Reply)?);
    let service = resources.make(NewObject::Endpoint)?;
    let serve = [Supply::copy(FIRST_FREE_SLOT, service, Rights::RECEIVE)];
    let call = [Supply::copy(FIRST_FREE_SLOT, service, Rights::CALL)];
    start(&mut resources, "pong", description(supervisor, PONG, &serve))?;
    start(&mut resources, "ping", description(supervisor, PING, &call))?;
    match supervisor.receive(reply)? {
        Received::Message { message, badge: PING } if message.label() == label::EXIT => {
            Ok(Status::new(message.words[0] as u8))
        }
        Received::Fault { message, .. } => {
            message.fault().inspect(|fault| println!("a program crashed: {fault}"));
            Ok(Status::FAILURE)
        }
        _ => Ok(Status::FAILURE),
    }
}

fn description(supervisor: Endpoint, badge: Badge, supplies: &[Supply]) -> Description<'_> {
    Description {
        supervisor,
        badge,
        priority: PRIORITY,
        maximum_priority: PRIORITY,
        time_slice: TIME_SLICE,
        cnode_bits: CNODE_BITS,
        supplies,
        devices: &[],
    }
}

fn start(resources: &mut Resources, name: &'static str, description: Description<'_>) -> Result<(), Problem> {
    let package = Package::parse(package_bytes()).map_err(Problem::Package)?;
    let image = Image::find(&package, name).ok_or(Problem::NoProgram(name))?.map_err(Problem::Program)?;
    let home = Home::reserve(resources, &image, &description).map_err(Problem::Program)?;
    home.start(resources, &image, &description, [0; 3]).map_err(Problem::Program)
}
