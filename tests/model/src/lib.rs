//! The kernel's core on the simulated machine: a world to make system calls in, and the invariants that hold after each.

pub mod invariants;
pub mod objects;
pub mod reference;
pub mod world;

pub use world::{Outcome, Results, World};
