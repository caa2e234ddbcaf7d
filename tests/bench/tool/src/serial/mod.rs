//! `cargo xtask bench --serial` and `--image`: the benchmark without a plugin, whose programs measure by the counter that they see and tell it on
//! the board's serial port.
//!
//! `request` is what is asked for, `build` builds it, `emulate` runs it in QEMU, `card` writes what a board boots from, `report` reads
//! the lines, `check` is what the test holds against all of it.

mod build;
mod card;
pub mod check;
mod emulate;
mod report;
mod request;

pub use request::{Purpose, Request, run};
