//! `cargo xtask planted`: faults that are planted in a copy of the repository, each of a kind that only some machine or some long test seems to find.
//! The usual test finds each of them.
//!
//! [`faults`] lists them, [`tree`] makes the copy and plants, [`hunt`] runs the jobs that have to fail.

mod faults;
mod hunt;
mod tree;

pub use hunt::{Request, run};
