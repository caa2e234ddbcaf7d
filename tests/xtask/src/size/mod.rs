//! `cargo xtask size`: how large the kernel is, in bytes, in lines, in lines that hold `unsafe`, and how deep its stack gets.
//!
//! [`print()`] is the command, [`lines`] counts lines; the other figures come from the crate `l4k-size`.

pub mod lines;
pub mod print;

pub use l4k_size::{Bytes, Stacks, Use};
pub use print::print;
