//! `cargo xtask paths`: the kernel's instructions from each entry to its exit, counted in QEMU.

pub mod counter;
pub mod functions;
pub mod kernel;
mod measure;
mod plugin;
mod report;

pub use measure::{Request, SUITE, Software, run};
