//! `cargo xtask coverage`: which lines of the kernel's core the host tests pass through.
//!
//! [`measure`] builds and runs the tests and has LLVM count, [`lines`] sorts out which counts are about the core's own code, [`report`]
//! judges and prints.

mod lines;
mod measure;
mod report;

pub use report::run;
