//! `cargo xtask bench`: what system calls cost, in instructions, beside the marks that are to be beaten.

mod measure;

pub use measure::{Request, run};
