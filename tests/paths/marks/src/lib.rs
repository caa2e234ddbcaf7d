//! Marks: how a program on the target tells the plugin which of the kernel's entries belong together.
//!
//! A mark is the system call `Probe` with words in `x1`–`x7`, which the kernel ignores. The plugin reads them; what is between two marks
//! is not touched by either. Where there is no plugin, [`line`](mod@line) is how a program tells what it has measured by itself, and [`rounds`] names the rows.
#![no_std]

pub mod line;
#[cfg(test)]
mod line_tests;
pub mod mark;
pub mod measure;
pub mod name;
pub mod rounds;

pub use mark::Mark;
pub use measure::{Measured, measure};
pub use name::Name;
