//! The first program, with 20 MiB of zeros of its own and a package of more than 16 MiB: starts the child, and ends as the child ends.
#![no_std]
#![no_main]

use core::sync::atomic::{AtomicU64, Ordering};
use l4k_init::{Description, Problem, Program, Resources};
use l4k_sys::abi::boot::BootInformation;
use l4k_sys::exit::Status;
use l4k_sys::handle::NewObject;
use l4k_sys::startup::label;
use l4k_sys::{Badge, Endpoint, Received, Reply, println};

l4k_sys::first_program!(main);
l4k_sys::panic_handler!(report);

/// Zeros, and writable.
static ZEROS: [AtomicU64; 20 << 17] = [const { AtomicU64::new(0) }; 20 << 17];

const CHILD: Badge = Badge::new(1);

fn main(information: BootInformation<'static>) -> Result<Status, Problem> {
    let zeros = ZEROS.iter().step_by(512).filter(|word| word.fetch_add(1, Ordering::Relaxed) == 0).count();
    println!("init: {zeros} pages of zeros");
    let mut resources = Resources::new(&information)?;
    let supervisor = Endpoint::from_slot(resources.make(NewObject::Endpoint)?);
    let reply = Reply::from_slot(resources.make(NewObject::Reply)?);
    Program::new(&mut resources, "child", Description::new(supervisor, CHILD, &[]))?.start(&mut resources, [0; 3])?;
    match supervisor.receive(reply)? {
        Received::Message { message, .. } if message.label() == label::EXIT => Ok(Status::new(message.words[0] as u8)),
        Received::Fault { message, .. } => {
            message.fault().inspect(|fault| println!("the child crashed: {fault}"));
            Ok(Status::FAILURE)
        }
        _ => Ok(Status::FAILURE),
    }
}
