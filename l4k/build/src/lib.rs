//! Builds, checks and packs the programs of an l4k firmware. [`Firmware`] is what a `build.rs` uses:
//!
//! ```no_run
//! l4k_build::Firmware::new()
//!     .program("init", "programs/init") // the first one is the program that the kernel starts
//!     .program("uart", "programs/uart")
//!     .stack_size("uart", 32 * 1024) // default: 16 KiB
//!     .build();
//! ```
//!
//! [`Packed`] takes programs that were packed before, [`link_tests`] links tests that run on the target. Below them are two functions over bytes, for other tools and for tests: [`convert`] checks an ELF file and takes out what is
//! needed to run it, [`write()`] packs programs in the format that [`l4k_sys::package`] reads.
//!
//! # Re-exports
//!
//! [`l4k_sys`]: its access rights and its package format appear in the interface.
//!
//! # Features
//!
//! This crate has no features.

mod dep_info;
mod directives;
mod elf_check;
mod elf_fault;
mod elf_segments;
mod environment;
mod error;
mod firmware;
mod image;
mod link_tests;
mod metadata;
mod nested;
mod pack;
mod packed;
mod plan;
mod profile;
mod room;
mod unlisted;
mod variables;
mod workshop;

#[cfg(test)]
mod elf_tests;
#[cfg(test)]
mod handmade;

pub use elf_check::{ABI_SECTION, convert};
pub use elf_fault::{ElfError, ElfFault, Span};
pub use error::BuildError;
pub use firmware::Firmware;
pub use image::{AbiVersion, DEFAULT_STACK_SIZE, ImageSegment, ProgramImage};
pub use l4k_sys;
pub use link_tests::link_tests;
pub use pack::{PackError, write};
pub use packed::Packed;
pub use room::VARIABLE as ROOM_VARIABLE;
