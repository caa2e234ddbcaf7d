//! The first program: starts the others, hears of their faults and their ends, and does what the shell asks.
//!
//! It never calls a program that it supervises, since such a call could wait for ever. What it has to say itself goes to the debug
//! console.
#![no_std]
#![no_main]

mod objects;
mod program;
mod programs;
mod requests;
mod service;

use core::convert::Infallible;
use core::fmt;

use l4k_init::{Resources, boot};
use l4k_sys::abi::boot::BootInformation;
use l4k_sys::{Error, info};

use crate::objects::Objects;
use crate::service::Service;

l4k_sys::first_program!(main);
l4k_sys::panic_handler!(report);

/// Why the system could not be started.
enum Problem {
    Init(l4k_init::Problem),
    Kernel(&'static str, Error),
    NoConsole,
    UnknownConsole,
}

impl fmt::Debug for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Init(problem) => write!(formatter, "{problem:?}"),
            Self::Kernel(what, error) => write!(formatter, "cannot {what}: {error}"),
            Self::NoConsole => write!(formatter, "the board names no device for the role console, with an interrupt"),
            Self::UnknownConsole => write!(formatter, "there is no driver for the board's console"),
        }
    }
}

impl From<l4k_init::Problem> for Problem {
    fn from(problem: l4k_init::Problem) -> Problem {
        Problem::Init(problem)
    }
}

fn main(information: BootInformation<'static>) -> Result<Infallible, Problem> {
    info!("init on {}", boot::board_name(&information));
    let mut resources = Resources::new(&information).map_err(l4k_init::Problem::from)?;
    let objects = Objects::new(&mut resources, &information)?;
    let supplies = programs::Supplies::new(&objects);
    let programs = programs::all(&mut resources, &objects, &supplies)?;
    let mut service = Service::new(resources, &objects, programs);
    service.start_all()?;
    service.run().map_err(|error| Problem::Kernel("serve", error))
}
