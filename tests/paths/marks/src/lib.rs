//! Marks: how a program on the target tells the plugin which of the kernel's entries belong together.
//!
//! A mark is the system call `Probe` with words in `x1`–`x7`, which the kernel ignores. The plugin reads them; what is between two marks
//! is not touched by either.
#![no_std]

pub mod mark;
pub mod measure;
pub mod name;

pub use mark::Mark;
pub use measure::measure;
pub use name::Name;
