//! The kernel's core on the simulated machine: a world to make system calls in, the invariants that hold after each, and what programs may meet
//! meanwhile.

pub mod invariants;
pub mod maintenance;
pub mod objects;
pub mod reference;
pub mod world;

pub use world::{Outcome, Results, World};
