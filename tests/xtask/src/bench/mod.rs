//! `cargo xtask bench`: what system calls cost, in instructions, beside the marks that are to be beaten.

mod command;
mod figure;
mod json;
mod marks;
mod measure;
mod rows;
mod table;

pub use command::{Request, run};
