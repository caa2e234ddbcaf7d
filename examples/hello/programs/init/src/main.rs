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

use l4k_init::{Failure, ResourceProblem, Resources, boot};
use l4k_sys::abi::boot::BootInformation;
use l4k_sys::entry::package_bytes;
use l4k_sys::package::{Package, PackageError};
use l4k_sys::{Error, info};

use crate::objects::Objects;
use crate::service::Service;

l4k_sys::first_program!(main);
l4k_sys::panic_handler!(report);

/// Why the system could not be started.
enum Problem {
    Resources(ResourceProblem),
    Package(PackageError<'static>),
    Missing(&'static str),
    Program(Failure<'static>),
    Kernel(&'static str, Error),
    NoConsole,
    UnknownConsole,
}

impl fmt::Debug for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Resources(problem) => write!(formatter, "{problem}"),
            Self::Package(error) => write!(formatter, "the package of programs: {error}"),
            Self::Missing(name) => write!(formatter, "the package has no program {name}"),
            Self::Program(failure) => write!(formatter, "{failure}"),
            Self::Kernel(what, error) => write!(formatter, "cannot {what}: {error}"),
            Self::NoConsole => write!(formatter, "the board names no device for the role console, with an interrupt"),
            Self::UnknownConsole => write!(formatter, "there is no driver for the board's console"),
        }
    }
}

fn main(information: BootInformation<'static>) -> Result<Infallible, Problem> {
    info!("init on {}", boot::board_name(&information));
    let mut resources = Resources::new(&information).map_err(Problem::Resources)?;
    let package = Package::parse(package_bytes()).map_err(Problem::Package)?;
    let objects = Objects::new(&mut resources, &information)?;
    let supplies = programs::Supplies::new(&objects);
    let programs = programs::all(&mut resources, &package, &objects, &supplies)?;
    let mut service = Service::new(resources, &objects, programs);
    service.start_all()?;
    service.run().map_err(|error| Problem::Kernel("serve", error))
}
