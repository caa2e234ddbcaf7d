//! What a first program needs: it finds memory and slots in the boot information, and starts the programs of the package, each in an
//! address space of its own.
//!
//! [`Resources`] is what the first program has to give. An [`Image`] is a program of the package, a [`Description`] says what it is
//! given, and a [`Home`] is the memory that everything of it is made of: destroying the program is one revoke of that
//! memory, and starting it again begins with all of it whole. A [`Program`] is the three of them together. A
//! [`PassiveServer`] is a program that works on its callers' time, and is looked after when that ends.
//!
//! # Re-exports
//!
//! [`l4k_sys`]: its handles and its boot information appear in the interface. [`heapless`]: an [`Image`] has its list of segments.
//!
//! # Features
//!
//! This crate has no features.
//!
// The files of this crate that may contain `unsafe` (checked by tests/house):
// trusted-files-begin
// src/window.rs
// trusted-files-end
#![no_std]

mod address_text;
pub mod boot;
pub mod description;
pub mod device_error;
pub mod device_memory;
pub mod explanation;
pub mod failure;
pub mod home;
pub mod image;
pub mod image_error;
pub mod layout;
pub mod memory;
pub mod passive_server;
pub mod plan;
pub mod problem;
pub mod program;
pub mod resources;
pub mod slots;
pub mod solo;
pub mod window;

mod build;
#[cfg(test)]
mod testing;

pub use {heapless, l4k_sys};

pub use description::{Description, DeviceMapping, Supply, SupplySource};
pub use device_error::DeviceError;
pub use explanation::Explanation;
pub use failure::{Cause, Failure, Step};
pub use home::Home;
pub use image::Image;
pub use image_error::ImageError;
pub use passive_server::{PassiveServer, Standing};
pub use problem::Problem;
pub use program::Program;
pub use resources::{ResourceProblem, Resources};
