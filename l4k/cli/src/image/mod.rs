//! What a board boots from, as a directory and as an SD card.
//!
//! [`make`] does it for a firmware project, [`card`] writes the files, [`configuration`] writes what the board's loader reads, [`vendor`] is about the files that cannot be shipped.

pub mod card;
pub mod configuration;
pub mod make;
pub mod vendor;
pub mod written;

pub use make::{Format, Request, run};
pub use written::Written;
